import { useState } from 'react';

const keyOf = (name: string) => `oratio.draft.knowledge.${name}`;

/** A form whose fields are kept in the browser until it is sent or discarded. */
export function useKeptForm<Form extends object>(name: string, blank: Form) {
  const [form, setForm] = useState<Form>(() => ({ ...blank, ...read(name) }));
  const [isRestored] = useState(() => Object.keys(read(name)).length > 0);
  return {
    form,
    /** Whether something that was typed before has come back. */
    isRestored,
    set(fields: Partial<Form>) {
      const next = { ...form, ...fields };
      setForm(next);
      try {
        localStorage.setItem(keyOf(name), JSON.stringify(next));
      } catch {
        // The form itself still holds it.
      }
    },
    drop() {
      localStorage.removeItem(keyOf(name));
      setForm(blank);
    },
  };
}

function read(name: string): object {
  try {
    return (JSON.parse(localStorage.getItem(keyOf(name)) ?? 'null') as object | null) ?? {};
  } catch {
    return {};
  }
}
