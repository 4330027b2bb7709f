import type { Clock } from '../clock.js';
import { BridgeError } from '../errors.js';

/** What `work` resolves to, or STORE_UNAVAILABLE when that takes longer than `limitMs`: callers wait for no store. */
export function within<Result>(clock: Clock, limitMs: number, work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(limitMs, () =>
      reject(new BridgeError('STORE_UNAVAILABLE', `The store gave no answer within ${limitMs} ms.`, { limitMs })),
    );
    work.then(resolve, reject).finally(cancel);
  });
}
