import { setImmediate } from 'node:timers/promises';
import { JsonHead } from '../json-head.js';
import { type BodyEnd, readBody, SLICE_BYTES } from './body.js';

/** Characters that are read as they are; of more only what is worth reading is kept. */
export const LARGE_LENGTH = 16_384;

export interface Head {
  /** Its beginning. */
  readonly text: string;
  /** The JSON that it may be, of a large one what is kept; undefined when it is none, or not all of it came. */
  readonly json: string | undefined;
  readonly end: BodyEnd;
}

/** Reads a body to its end, and keeps little of a large one. U+FFFD stands for what is not UTF-8. */
export async function readHead(body: AsyncIterable<Uint8Array>): Promise<Head> {
  const decoder = new TextDecoder();
  let text = '';
  let large: JsonHead | undefined;
  const take = (piece: string) => {
    if (text.length + piece.length > LARGE_LENGTH && !large) {
      large = new JsonHead();
      large.push(text);
    }
    large?.push(piece);
    if (text.length < LARGE_LENGTH) text += piece;
  };
  const end = await readBody(body, (slice) => take(decoder.decode(slice, { stream: true })));
  if (end.at === 'complete') take(decoder.decode());
  return { text, json: large ? large.end() : text, end };
}

/** Large data of an event: as JSON what is kept of it, else its beginning. Other work has its turn meanwhile. */
export async function shortData(data: string): Promise<string> {
  const head = new JsonHead();
  for (let at = 0; at < data.length; at += SLICE_BYTES) {
    head.push(data.slice(at, at + SLICE_BYTES));
    await setImmediate();
  }
  return head.end() ?? data.slice(0, LARGE_LENGTH);
}
