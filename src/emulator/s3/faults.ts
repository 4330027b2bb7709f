import type { ServerResponse } from 'node:http';
import type { Clock } from '../../clock.js';
import type { Answer, RequestRecord, S3Fault } from './contract.js';

/** What the next requests meet in place of their answer. */
export class Faults {
  readonly #ordered: { fault: S3Fault; left: number; match: (request: RequestRecord) => boolean }[] = [];

  order(fault: S3Fault, times: number, match: (request: RequestRecord) => boolean): () => void {
    const entry = { fault, left: times, match };
    this.#ordered.push(entry);
    return () => {
      entry.left = 0;
    };
  }

  take(request: RequestRecord): S3Fault | undefined {
    const entry = this.#ordered.find(({ left, match }) => left > 0 && match(request));
    if (!entry) return undefined;
    entry.left--;
    return entry.fault;
  }
}

/** Sends an answer as the fault has it: whole, slowly, or not to its end. Resolves when nothing more is sent. */
export async function sendAnswer(
  response: ServerResponse,
  answer: Answer,
  fault: S3Fault | undefined,
  { clock, isHead }: { clock: Clock; isHead: boolean },
): Promise<void> {
  const body = Buffer.from(answer.body ?? '');
  const isBare = answer.status === 204 || answer.status === 304;
  if (fault?.kind === 'slow') await paused(clock, fault.delayMs, response);
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(!isBare && { 'Content-Length': String(body.length) }),
  });
  if (fault?.kind === 'cut' || fault?.kind === 'hang') {
    const part = isHead ? Buffer.alloc(0) : body.subarray(0, fault.afterBytes);
    response.flushHeaders();
    if (part.length > 0) await new Promise((resolve) => response.write(part, resolve));
    if (fault.kind === 'cut') response.socket?.destroySoon();
    return;
  }
  if (isHead) {
    response.end();
    return;
  }
  if (fault?.kind === 'slow' && fault.pieceBytes !== undefined) {
    for (let at = 0; at < body.length && !response.destroyed; at += fault.pieceBytes) {
      if (at > 0) await paused(clock, fault.delayMs, response);
      response.write(body.subarray(at, at + fault.pieceBytes));
    }
    response.end();
    return;
  }
  response.end(body);
}

/** Ends early when the client goes. */
function paused(clock: Clock, delayMs: number, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      response.off('close', end);
      resolve();
    };
    const cancel = clock.after(delayMs, end);
    response.on('close', end);
  });
}
