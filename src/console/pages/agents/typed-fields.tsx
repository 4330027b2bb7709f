import { Textarea } from '@mantine/core';
import { useState } from 'react';
import type { FieldProps } from './fields.tsx';
import { useField } from './form.ts';

/** The text of a field whose value is something else: as it was typed, until the value comes from elsewhere. */
function useTyped(value: unknown, shown: (value: unknown) => string) {
  const [typed, setTyped] = useState(() => ({ value, text: shown(value) }));
  if (typed.value !== value) setTyped({ value, text: shown(value) });
  return { text: typed.text, type: (text: string, next: unknown) => setTyped({ value: next, text }) };
}

const jsonOf = (value: unknown) => {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
};

/** JSON as text. While it is none, the text itself is the value: it is kept, said to be wrong, and refused when saved. */
export function JsonField({ path, label, hint, isOptional = false }: FieldProps) {
  const { value, error, readOnly, set } = useField(path);
  const { text, type } = useTyped(value, jsonOf);
  return (
    <Textarea
      label={label}
      description={hint}
      value={text}
      error={error ?? jsonFault(value)}
      readOnly={readOnly}
      autosize
      minRows={2}
      maxRows={24}
      spellCheck={false}
      classNames={{ input: 'mono' }}
      onChange={({ currentTarget }) => {
        const next = isOptional && currentTarget.value.trim() === '' ? undefined : parsed(currentTarget.value);
        type(currentTarget.value, next);
        set(next);
      }}
    />
  );
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : text;
  } catch {
    return text;
  }
}

/** Why what was typed is not JSON that a field can have; undefined when it is. */
export function jsonFault(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    JSON.parse(value);
    return 'must be a JSON object or list';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const linesOf = (value: unknown) => (Array.isArray(value) ? value.join('\n') : '');

export function ListField({ path, label, hint }: FieldProps) {
  const { value, error, readOnly, set } = useField(path);
  const { text, type } = useTyped(value, linesOf);
  return (
    <Textarea
      label={label}
      description={hint}
      value={text}
      error={error}
      readOnly={readOnly}
      autosize
      minRows={1}
      onChange={({ currentTarget }) => {
        const next = currentTarget.value.split('\n').flatMap((line) => line.trim() || []);
        type(currentTarget.value, next);
        set(next);
      }}
    />
  );
}
