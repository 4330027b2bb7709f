import { createContext, useContext } from 'react';
import { type Draft, valueAt } from './draft.ts';

/** What the fields of the editor share. */
export interface Form {
  readonly draft: Draft;
  /** What the API found wrong, by the path of the field. */
  readonly problems: Readonly<Record<string, string>>;
  readonly isReadOnly: boolean;
  readonly set: (path: string, value: unknown) => void;
}

export const FormContext = createContext<Form | undefined>(undefined);

export function useForm(): Form {
  const form = useContext(FormContext);
  if (!form) throw new Error('A field stands outside of its form.');
  return form;
}

/** One field: its value, what is wrong with it or with what is in it. */
export function useField(path: string) {
  const { draft, problems, isReadOnly, set } = useForm();
  const found = problemsBelow(problems, path);
  return {
    value: valueAt(draft, path),
    error: found.length === 0 ? undefined : found.join('; '),
    readOnly: isReadOnly,
    set: (value: unknown) => set(path, value),
  };
}

function problemsBelow(problems: Readonly<Record<string, string>>, path: string): string[] {
  return Object.entries(problems).flatMap(([field, message]) => {
    if (field === path) return [message];
    return field.startsWith(`${path}.`) ? [`${field.slice(path.length + 1)}: ${message}`] : [];
  });
}

/** What is wrong, without what is at that path or below it: it has been changed since. */
export function withoutProblems(problems: Readonly<Record<string, string>>, path: string): Record<string, string> {
  const isMeant = (field: string) => field === path || field.startsWith(`${path}.`) || path.startsWith(`${field}.`);
  return Object.fromEntries(Object.entries(problems).filter(([field]) => !isMeant(field)));
}
