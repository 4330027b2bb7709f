import { type Readable, Transform, type TransformCallback } from 'node:stream';

/** An answer is longer than anybody will read: the rest is not taken off the wire. */
export class AnswerTooLongError extends Error {
  override readonly name = 'AnswerTooLong';

  constructor(maxBytes: number) {
    super(`the answer has more than ${maxBytes} bytes`);
  }
}

/** The body, which fails with AnswerTooLongError behind so many bytes, and closes its connection. */
export function limitedBody(body: Readable, maxBytes: number): Readable {
  let left = maxBytes;
  const limited = new Transform({
    transform(piece: Uint8Array, _encoding, done: TransformCallback) {
      left -= piece.byteLength;
      if (left >= 0) done(null, piece);
      else done(new AnswerTooLongError(maxBytes));
    },
  });
  limited.once('error', () => body.destroy());
  limited.once('close', () => body.destroy());
  body.once('error', (error) => limited.destroy(error));
  // One that breaks off ends with an error of its own, and some do not.
  body.once('close', () => {
    if (!body.readableEnded) limited.destroy(new Error('aborted'));
  });
  return body.pipe(limited);
}
