import type { Clock } from '../clock.js';

/** Lets time pass on the clock of a run. */
export function wait({ clock }: { readonly clock: Clock }, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}
