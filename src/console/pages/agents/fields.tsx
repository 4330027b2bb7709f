import { NumberInput, Select, Stack, Switch, Textarea, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { useField } from './form.ts';

export interface FieldProps {
  readonly path: string;
  readonly label: string;
  readonly hint?: ReactNode;
  /** Left empty, the field is taken away. */
  readonly isOptional?: boolean;
}

export function TextField({ path, label, hint, isOptional = false }: FieldProps) {
  const { value, error, readOnly, set } = useField(path);
  return (
    <TextInput
      label={label}
      description={hint}
      value={String(value ?? '')}
      error={error}
      readOnly={readOnly}
      onChange={({ currentTarget }) => set(isOptional && currentTarget.value === '' ? undefined : currentTarget.value)}
    />
  );
}

export function AreaField({ path, label, hint, isOptional = false, rows = 2 }: FieldProps & { rows?: number }) {
  const { value, error, readOnly, set } = useField(path);
  return (
    <Textarea
      label={label}
      description={hint}
      value={String(value ?? '')}
      error={error}
      readOnly={readOnly}
      autosize
      minRows={rows}
      onChange={({ currentTarget }) => set(isOptional && currentTarget.value === '' ? undefined : currentTarget.value)}
    />
  );
}

/** `scale`: how many of what the API takes are one of what is shown (1000 for seconds). */
export function NumberField({
  path,
  label,
  hint,
  isOptional = false,
  scale = 1,
  suffix,
  step = 1,
}: FieldProps & { scale?: number; suffix?: string; step?: number }) {
  const { value, error, readOnly, set } = useField(path);
  const shown = typeof value === 'number' ? value / scale : String(value ?? '');
  return (
    <NumberInput
      label={label}
      description={hint}
      value={shown}
      error={error}
      readOnly={readOnly}
      {...(suffix !== undefined && { suffix })}
      step={step}
      hideControls
      onChange={(next) => {
        if (typeof next === 'number') set(scale === 1 ? next : Math.round(next * scale));
        else set(isOptional && next === '' ? undefined : next);
      }}
    />
  );
}

export function SwitchField({ path, label, hint }: FieldProps) {
  const { value, error, readOnly, set } = useField(path);
  return (
    <Switch
      label={label}
      description={hint}
      checked={value === true}
      error={error}
      disabled={readOnly}
      onChange={({ currentTarget }) => set(currentTarget.checked)}
    />
  );
}

export function SelectField({
  path,
  label,
  hint,
  options,
  isOptional = false,
}: FieldProps & { options: readonly (string | number | { value: string; label: string })[] }) {
  const { value, error, readOnly, set } = useField(path);
  const data = options.map((option) => (typeof option === 'object' ? option : String(option)));
  const given = value === undefined ? null : String(value);
  const isKnown =
    given === null || data.some((option) => (typeof option === 'string' ? option : option.value) === given);
  return (
    <Select
      label={label}
      description={hint}
      data={isKnown ? data : [...data, given]}
      value={given}
      error={error}
      readOnly={readOnly}
      allowDeselect={isOptional}
      clearable={isOptional}
      clearButtonProps={{ 'aria-label': `Clear ${label}` }}
      placeholder={isOptional ? 'as the model has it' : undefined}
      searchable={false}
      onChange={(next) => {
        if (next === null) set(undefined);
        else set(options.find((option) => typeof option === 'number' && String(option) === next) ?? next);
      }}
    />
  );
}

/** Fields that are there together or not at all. */
export function OptionalFields({
  path,
  label,
  initial,
  children,
}: {
  path: string;
  label: string;
  initial: unknown;
  children: ReactNode;
}) {
  const { value, readOnly, set } = useField(path);
  const isThere = value !== undefined;
  return (
    <Stack gap="sm">
      <Switch
        label={label}
        checked={isThere}
        disabled={readOnly}
        onChange={({ currentTarget }) => set(currentTarget.checked ? initial : undefined)}
      />
      {isThere && <div className="agent-indented">{children}</div>}
    </Stack>
  );
}
