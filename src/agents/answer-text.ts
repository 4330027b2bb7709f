/** Where agents put their answer, in the order of trust. */
const TEXT_KEYS = ['result', 'response', 'output', 'completion', 'text', 'answer', 'message', 'content', 'choices'];
/** Where an answer may hide its error one level further down. */
const WRAPPERS = ['output', 'result', 'response'];
const DEEPEST = 6;

export type Members = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The words in an agent's answer, wherever it put them: a string, `result`, `response`, `output` and the like, or content
 * blocks as Converse and Strands write them. Undefined when there are none; the answer is data then.
 */
export function textOf(value: unknown, depth = 0): string | undefined {
  if (depth > DEEPEST) return undefined;
  if (typeof value === 'string') return textOf(parsedObject(value), depth + 1) ?? value;
  if (Array.isArray(value)) return textOfBlocks(value, depth);
  if (!isObject(value)) return undefined;
  let empty: string | undefined;
  for (const key of TEXT_KEYS) {
    const text = textOf(value[key], depth + 1);
    if (text) return text;
    empty ??= text;
  }
  return empty;
}

/** Blocks without text (a tool's use, an image) say nothing; a list without any text is data. */
function textOfBlocks(blocks: readonly unknown[], depth: number): string | undefined {
  const texts = blocks.map((block) => (isObject(block) ? textOf(block, depth + 1) : undefined));
  const found = texts.filter((text) => text !== undefined);
  return found.length > 0 ? found.join('\n') : undefined;
}

/**
 * The error that an agent reports inside an answer, also one that came with HTTP 200: `{ error }`, at the top or in
 * `output`, `result` or `response`. An empty string when it says nothing about it; undefined without an error.
 */
export function errorIn(value: unknown, depth = 0): string | undefined {
  const object = typeof value === 'string' ? parsedObject(value) : value;
  if (!isObject(object) || depth > 1) return undefined;
  const { error, message } = object;
  if (error === true) return typeof message === 'string' ? message : '';
  if (typeof error === 'string' && error !== '') return error;
  if (isObject(error)) return textOf(error) ?? JSON.stringify(error);
  for (const key of WRAPPERS) {
    const text = errorIn(object[key], depth + 1);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** The JSON object in a text; some agents answer with JSON in a string. Sentences, which most texts are, cost nothing. */
export function parsedObject(text: string): Members | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  const value = parsedJson(text);
  return isObject(value) ? value : undefined;
}

/** The JSON value of a text; undefined when it is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
