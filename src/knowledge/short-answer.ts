import { setImmediate } from 'node:timers/promises';
import { JsonHead } from '../json-head.js';

/** Characters that the SDK is given as they are: it takes some 5 ms for the slowest there is, long lists of numbers. */
const LARGE_LENGTH = 32_768;
/** Bytes that are read at one go: audio is due again by then. */
export const SLICE_BYTES = 16_384;
/** Of what is no JSON, for whoever reads why. */
const SHOWN_LENGTH = 1000;

/** Takes JSON piece by piece and keeps little of it; undefined: it was none. */
interface Reader {
  push(piece: string): void;
  end(): string | undefined;
}

/**
 * An answer that may be large, as little of it as the SDK can parse without holding up audio: `reader` says what. Other work
 * has its turn after each slice. What is no JSON is none afterwards either. Rejects when the body breaks off.
 */
export async function shortAnswer(body: AsyncIterable<Uint8Array>, reader: Reader): Promise<Buffer> {
  const decoder = new TextDecoder();
  let text = '';
  let isLarge = false;
  let untilTurn = SLICE_BYTES;
  const take = (piece: string) => {
    if (!isLarge && text.length + piece.length > LARGE_LENGTH) {
      isLarge = true;
      reader.push(text);
    }
    if (isLarge) reader.push(piece);
    else text += piece;
  };
  for await (const piece of body) {
    for (let at = 0; at < piece.byteLength; ) {
      const slice = piece.subarray(at, at + untilTurn);
      take(decoder.decode(slice, { stream: true }));
      at += slice.byteLength;
      untilTurn -= slice.byteLength;
      if (untilTurn > 0) continue;
      untilTurn = SLICE_BYTES;
      await setImmediate();
    }
  }
  take(decoder.decode());
  return Buffer.from(isLarge ? (reader.end() ?? `${text.slice(0, SHOWN_LENGTH)}…`) : text);
}

/** Where the middleware below stands: between the wire and what parses. */
export const BEFORE_PARSING = { step: 'deserialize', priority: 'low', name: 'answeredShortly' } as const;

/** Middleware of a command, whose answers it makes short before the SDK parses them at one go: errors are cut, all else is as `reader` has it. */
export function answeredShortly(reader: () => Reader) {
  return <Args, Answered extends { response: unknown }>(next: (args: Args) => Promise<Answered>) =>
    async (args: Args): Promise<Answered> => {
      const answered = await next(args);
      // An HTTP client has answered.
      const response = answered.response as { statusCode: number; body: AsyncIterable<Uint8Array> | Buffer };
      const body = response.body as AsyncIterable<Uint8Array>;
      response.body = await shortAnswer(body, response.statusCode < 300 ? reader() : new JsonHead());
      return answered;
    };
}
