import type { PhoneNumber } from '../../api/types.ts';
import type { NumberForm } from './number-form.ts';

/** What was typed and not saved, with the number as it was then (null: of a new one). */
export interface KeptNumber {
  readonly base: PhoneNumber | null;
  readonly keptAt: string;
  /** The number as it was typed. */
  readonly typed: string;
  readonly form: NumberForm;
}

const keyOf = (e164: string | null) => `oratio.draft.number.${e164 ?? 'new'}`;

/** Keeps what was typed, beyond the page's life. A browser that has no room for it lets the page go on all the same. */
export function keepNumber(e164: string | null, kept: Omit<KeptNumber, 'keptAt'>): void {
  try {
    localStorage.setItem(keyOf(e164), JSON.stringify({ ...kept, keptAt: new Date().toISOString() }));
  } catch {
    // The form itself still holds it.
  }
}

export function findKept(e164: string | null): KeptNumber | undefined {
  try {
    return (JSON.parse(localStorage.getItem(keyOf(e164)) ?? 'null') as KeptNumber | null) ?? undefined;
  } catch {
    return undefined;
  }
}

export function dropKept(e164: string | null): void {
  localStorage.removeItem(keyOf(e164));
}
