import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { request } from '../../api/client.ts';
import { ApiProblem } from '../../api/problem.ts';
import type { PhoneNumber } from '../../api/types.ts';
import { shownMoment, shownNumber } from '../../parts/format.ts';
import { isSame } from '../agents/draft.ts';
import { dropKept, findKept, keepNumber } from './kept-number.ts';
import { bodyOf, bodyOfNumber, emptyForm, formOf, type NumberBody, type NumberForm } from './number-form.ts';
import { loadPhones } from './phones.ts';

type Written = PhoneNumber & { readonly webhookSecret?: string | undefined };

/** Two people have changed a number at the same time: what it was before, and what each has made of it. */
export interface Conflict {
  readonly base: PhoneNumber;
  readonly yours: NumberBody;
  readonly theirs: PhoneNumber;
}

/** One number being edited: what is typed is kept in the browser until it is saved or discarded. */
export function useEditor(number: PhoneNumber | null, setCovered: (isCovered: boolean) => void, close: () => void) {
  const queries = useQueryClient();
  const e164 = number?.number ?? null;
  const [kept] = useState(() => findKept(e164));
  const [isRestored, setRestored] = useState(kept !== undefined);
  const [base, setBase] = useState(kept?.base ?? number);
  const [typed, setTyped] = useState(kept?.typed ?? '');
  const [form, setForm] = useState<NumberForm>(kept?.form ?? startOf(number));
  const [error, setError] = useState<unknown>();
  const [numberError, setNumberError] = useState<string>();
  const [conflict, setConflict] = useState<Conflict>();
  const [secret, setSecret] = useState<string>();
  const [isSaving, setSaving] = useState(false);

  const change = (next: NumberForm, nextTyped: string) => {
    setForm(next);
    setTyped(nextTyped);
    if (nextTyped === '' && isSame(next, startOf(base))) dropKept(e164);
    else keepNumber(e164, { base, typed: nextTyped, form: next });
  };
  const startFrom = (now: PhoneNumber | null) => {
    dropKept(e164);
    setBase(now);
    setTyped('');
    setForm(startOf(now));
    setRestored(false);
    setError(undefined);
    setNumberError(undefined);
  };
  const left = (words: string) => {
    dropKept(e164);
    notifications.show({ message: words });
    void queries.invalidateQueries({ queryKey: ['numbers'] });
    close();
  };

  /** Writes it onto the version that was looked at; a number without one is only created. */
  const write = async (to: string, body: NumberBody, on: PhoneNumber | null) => {
    setSaving(true);
    setError(undefined);
    setNumberError(undefined);
    const path = `/numbers/${encodeURIComponent(to)}`;
    try {
      const guard = on === null ? { headers: { 'If-None-Match': '*' } } : { ifMatch: on.version };
      const written = await request<Written>(path, { method: 'PUT', body, ...guard });
      setConflict(undefined);
      if (written.webhookSecret === undefined) {
        setCovered(false);
        left(`${shownNumber(to)} is saved.`);
      } else {
        dropKept(e164);
        setSecret(written.webhookSecret);
        setCovered(true);
        void queries.invalidateQueries({ queryKey: ['numbers'] });
      }
    } catch (reason) {
      const isConflict = reason instanceof ApiProblem && reason.status === 412;
      if (isConflict && on === null) {
        setNumberError('This number is assigned already: open it in the list.');
      } else if (isConflict && on !== null) {
        await showTheirs(path, body, on, reason);
      } else {
        setConflict(undefined);
        setCovered(false);
        setError(reason);
      }
    } finally {
      setSaving(false);
    }
  };
  const showTheirs = async (path: string, yours: NumberBody, on: PhoneNumber, reason: unknown) => {
    try {
      setConflict({ base: on, yours, theirs: await request<PhoneNumber>(path) });
      setCovered(true);
    } catch {
      // It has been unassigned meanwhile: there is nothing to lay beside it.
      setError(reason);
    }
  };

  const errors: Record<string, string> = {
    ...(error instanceof ApiProblem ? error.fields : {}),
    ...(numberError !== undefined && { number: numberError }),
  };
  return {
    base,
    typed,
    form,
    error,
    errors,
    conflict,
    secret,
    isSaving,
    /** When that was typed which is back; undefined when nothing was. */
    restoredAt: isRestored && kept ? shownMoment(kept.keptAt) : undefined,
    isDirty: !isSame(form, startOf(base)) || typed !== '',
    set: (fields: Partial<NumberForm>) => change({ ...form, ...fields }, typed),
    type: (text: string) => change(form, text),
    discard: () => startFrom(number),
    async save() {
      const phones = await loadPhones();
      const to = base?.number ?? phones.e164(typed);
      if (to === undefined) setNumberError('Not a telephone number such as +14155550100.');
      else await write(to, bodyOf(form, phones.e164), base);
    },
    keepEditing() {
      setConflict(undefined);
      setCovered(false);
    },
    /** Goes on with theirs, or writes what was chosen onto it. */
    async settle(theirs: PhoneNumber, chosen: NumberBody) {
      if (!isSame(chosen, bodyOfNumber(theirs))) return write(theirs.number, chosen, theirs);
      startFrom(theirs);
      setConflict(undefined);
      setCovered(false);
    },
    secretStored() {
      setSecret(undefined);
      setCovered(false);
      close();
    },
    unassigned() {
      if (e164 !== null) left(`${shownNumber(e164)} is unassigned.`);
    },
  };
}

function startOf(number: PhoneNumber | null): NumberForm {
  return number ? formOf(number) : emptyForm(Intl.DateTimeFormat().resolvedOptions().timeZone);
}
