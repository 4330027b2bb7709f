/** More than this is not read of one answer. */
export const MAX_ANSWER_BYTES = 1024 * 1024;

/** Codes of the errors that stand in for an answer which did not come. Source: JSON-RPC 2.0, codes left to implementations. */
export const CUT_OFF = -32061;
export const TOO_LARGE = -32062;

/** The answer is larger than what is read of one. */
export class AnswerTooLarge extends Error {}

export interface BodyRules {
  /** Id of the request that the event stream must answer; undefined for other bodies. */
  readonly answerTo: string | number | undefined;
  /** What is too large ends early instead of failing: enough for the body of a refusal. */
  readonly mayBeCut: boolean;
  /** The body is over, for whatever reason. */
  readonly over: () => void;
}

/**
 * The body of a response, read up to its limit. An event stream that ends without the answer ends in an error in the
 * place of the answer, because the SDK would wait for one on. Behind an answer, that error is one nobody waits for.
 */
export function limitedBody(body: ReadableStream<Uint8Array>, rules: BodyRules): ReadableStream<Uint8Array> {
  const { answerTo, mayBeCut, over } = rules;
  const reader = body.getReader();
  let byteCount = 0;

  const finish = (controller: ReadableStreamDefaultController<Uint8Array>, code: number, problem?: unknown) => {
    over();
    if (answerTo !== undefined) controller.enqueue(errorEvent(answerTo, code));
    if (answerTo === undefined && problem !== undefined && !mayBeCut) controller.error(problem);
    else controller.close();
  };

  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) return finish(controller, CUT_OFF);
        byteCount += value.byteLength;
        if (byteCount <= MAX_ANSWER_BYTES) return controller.enqueue(value);
      } catch (error) {
        return finish(controller, CUT_OFF, error);
      }
      void reader.cancel().catch(() => undefined);
      finish(controller, TOO_LARGE, new AnswerTooLarge());
    },

    async cancel(reason) {
      over();
      await reader.cancel(reason);
    },
  });
}

function errorEvent(id: string | number, code: number): Uint8Array {
  const message = code === TOO_LARGE ? 'the answer is too large' : 'the stream ended without an answer';
  const data = JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } });
  // The blank line first ends an event that was cut in the middle.
  return Buffer.from(`\n\nevent: message\ndata: ${data}\n\n`);
}
