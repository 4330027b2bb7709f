/** More of an answer is not read: nobody listens to it on the telephone, and it would fill the memory. */
export const MAX_BODY_BYTES = 1_048_576;

/** How the reading of a body ended. A body that is too long was cut at the limit, and its connection closed. */
export type BodyEnd =
  | { readonly at: 'complete' }
  | { readonly at: 'too-long' }
  | { readonly at: 'broken'; readonly cause: unknown };

/** Hands over a body piece by piece, at most `maxBytes` of it. Never rejects. */
export async function readBody(
  body: AsyncIterable<Uint8Array>,
  take: (piece: Uint8Array) => void,
  maxBytes = MAX_BODY_BYTES,
): Promise<BodyEnd> {
  let left = maxBytes;
  try {
    for await (const piece of body) {
      take(piece.subarray(0, left));
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
