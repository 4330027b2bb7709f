import { setImmediate as nextTurn } from 'node:timers/promises';

/** So long something may take on a busy machine, in ms; a loop that turned on after its test would take from all others. */
const LIMIT_MS = 50_000;

/** Lets the event loop turn until `isSo`. */
export async function ticks(isSo: () => boolean): Promise<void> {
  const untilMs = performance.now() + LIMIT_MS;
  while (!isSo()) {
    if (performance.now() > untilMs) throw new Error('it has not become so');
    await nextTurn();
  }
}

/** Whether a promise is settled after twenty turns of the event loop. */
export async function settled(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  promise.then(settle, settle);
  for (let turn = 0; turn < 20; turn++) await nextTurn();
  return isSettled;
}
