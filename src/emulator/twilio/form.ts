import { RestProblem } from './problem.js';

/** A whole number of seconds as ms. Throws 20001 beyond the limits. */
export function secondsIn(form: URLSearchParams, name: string, limits: readonly [number, number]): number | undefined {
  const text = form.get(name);
  if (!text) return undefined;
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds < limits[0] || seconds > limits[1]) {
    throw new RestProblem(400, 20001, `${name} ${text} is not a whole number from ${limits[0]} to ${limits[1]}`);
  }
  return seconds * 1000;
}

/** An http or https URL; undefined when there is none. Throws the given code for anything else. */
export function urlIn(form: URLSearchParams, name: string, code: number): string | undefined {
  const text = form.get(name);
  if (!text) return undefined;
  if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) {
    throw new RestProblem(400, code, `${name} is not a valid URL: ${text}`);
  }
  return text;
}

/** Default POST. Throws 21209 for anything but GET and POST. */
export function methodIn(form: URLSearchParams, name: string): 'GET' | 'POST' {
  const text = form.get(name)?.toUpperCase() || 'POST';
  if (text !== 'GET' && text !== 'POST') throw new RestProblem(400, 21209, `${name} ${text} is neither GET nor POST`);
  return text;
}

export function isE164(text: string): boolean {
  return /^\+[1-9]\d{6,14}$/.test(text);
}
