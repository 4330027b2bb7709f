import { setImmediate as nextTurn } from 'node:timers/promises';

/** Lets the event loop turn until `isSo`; a test that waits for ever fails by its time limit. */
export async function ticks(isSo: () => boolean): Promise<void> {
  while (!isSo()) await nextTurn();
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
