import { EMPTY, type JobForm } from './job-form.ts';

/** What was typed and not sent. */
export interface KeptForm {
  readonly form: JobForm;
  readonly keptAt: string;
  /** Names the request: one that was sent and whose answer was lost begins no second job. */
  readonly requestKey: string;
}

const KEY = 'oratio.draft.creator.new';

/** Keeps what was typed, beyond the page's life. False where the browser has no room for it. */
export function keepForm(form: JobForm, requestKey: string): boolean {
  try {
    const kept: KeptForm = { form, keptAt: new Date().toISOString(), requestKey };
    localStorage.setItem(KEY, JSON.stringify(kept));
    return true;
  } catch {
    return false;
  }
}

export function findKept(): KeptForm | undefined {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? 'null') as KeptForm | null;
    return kept ? { ...kept, form: { ...EMPTY, ...kept.form } } : undefined;
  } catch {
    return undefined;
  }
}

export function dropKept(): void {
  localStorage.removeItem(KEY);
}

/** One that nobody has used. */
export function newRequestKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
