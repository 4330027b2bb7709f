import { setImmediate } from 'node:timers/promises';

/** More of an answer is not read: nobody listens to it on the telephone, and it would fill the memory. */
export const MAX_BODY_BYTES = 1_048_576;

/** Bytes that are read at one go: audio is due again by then, and the rest waits on its connection. */
export const SLICE_BYTES = 16_384;

/** How the reading of a body ended. A body that is too long was cut at the limit, and its connection closed. */
export type BodyEnd =
  | { readonly at: 'complete' }
  | { readonly at: 'too-long' }
  | { readonly at: 'broken'; readonly cause: unknown };

/** Hands over a body in slices, at most `maxBytes` of it; other work has its turn after each. Never rejects. */
export async function readBody(
  body: AsyncIterable<Uint8Array>,
  take: (slice: Uint8Array) => void | Promise<void>,
  maxBytes = MAX_BODY_BYTES,
): Promise<BodyEnd> {
  let left = maxBytes;
  let untilTurn = SLICE_BYTES;
  try {
    for await (const piece of body) {
      const wanted = piece.subarray(0, left);
      for (let at = 0; at < wanted.byteLength; ) {
        const slice = wanted.subarray(at, at + untilTurn);
        await take(slice);
        at += slice.byteLength;
        untilTurn -= slice.byteLength;
        if (untilTurn > 0) continue;
        untilTurn = SLICE_BYTES;
        await setImmediate();
      }
      left -= piece.byteLength;
      // Leaving the loop destroys the response, and with it the connection.
      if (left < 0) return { at: 'too-long' };
    }
    return { at: 'complete' };
  } catch (cause) {
    return { at: 'broken', cause };
  }
}

/** The body as text, with U+FFFD for what is not UTF-8, and how its reading ended. */
export async function readText(
  body: AsyncIterable<Uint8Array>,
  maxBytes = MAX_BODY_BYTES,
): Promise<{ readonly text: string; readonly end: BodyEnd }> {
  const decoder = new TextDecoder();
  let text = '';
  const end = await readBody(
    body,
    (piece) => {
      text += decoder.decode(piece, { stream: true });
    },
    maxBytes,
  );
  return { text: end.at === 'complete' ? text + decoder.decode() : text, end };
}
