/** Longest text of an error that the model is given, in characters. */
export const MAX_WORDS = 300;

/** Of a longer text the rest is a stack trace or a page. Bounds the work of the patterns, too. */
const MAX_READ = 4000;
const HTML = /<\s*(?:!doctype|html|head|body|title|h[1-6]|p|div|center|br|hr)\b/i;
/** What must not leave the bridge even when another system put it into its error. */
const SECRETS: readonly RegExp[] = [
  /(?<=\bauthorization["']? ?[=:] ?["']?)(?:\w+ )?[^\s"',;&}]+/gi,
  /(?<=(?:secret|password|passwd|token|api[_-]?key)["']? ?[=:] ?["']?)[^\s"',;&}]+/gi,
  /(?<=\bbearer )[A-Za-z0-9._~+/=-]{8,}/gi,
  /\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g,
  /\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,2}/g,
  /(?<=:\/\/)[^\s/@]+@/g,
  /[A-Za-z0-9+/_-]{40,}={0,2}/g,
];

/**
 * The text of another system's error as it may be shown to the model: one line without secrets, stack or control
 * characters, at most `limit` characters. Undefined when nothing fit to be said is left (empty, a web page).
 */
export function plainWords(text: string, limit = MAX_WORDS): string | undefined {
  const read = text.slice(0, MAX_READ);
  if (HTML.test(read)) return undefined;
  const line = withoutStack(read)
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
  const words = SECRETS.reduce((each, pattern) => each.replace(pattern, '[hidden]'), line);
  if (words === '') return undefined;
  return words.length <= limit ? words : `${words.slice(0, limit - 1).replace(/\p{Surrogate}$/u, '')}…`;
}

/** Of a Python traceback the last line says what happened, of a JavaScript stack the first. */
function withoutStack(text: string): string {
  if (/^\s*Traceback \(most recent call last\)/.test(text)) return text.trimEnd().split('\n').at(-1)!;
  return text.split(/\n\s+at /)[0]!;
}
