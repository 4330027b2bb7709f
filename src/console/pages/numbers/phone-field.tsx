import { TextInput } from '@mantine/core';
import { usePhones } from './phones.ts';

/** A telephone number in any writing, with what it is read as below. */
export function PhoneField(props: {
  label: string;
  value: string;
  error: string | undefined;
  change: (value: string) => void;
  isFirst?: boolean;
}) {
  const { label, value, error, change, isFirst = false } = props;
  const phones = usePhones();
  const e164 = phones?.e164(value);
  return (
    <TextInput
      label={label}
      type="tel"
      autoComplete="off"
      placeholder="(415) 555-0100"
      value={value}
      onChange={(event) => change(event.currentTarget.value)}
      error={error}
      description={reading(value, e164, phones !== undefined)}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      descriptionProps={{ className: 'tabular' }}
      {...(isFirst && { 'data-autofocus': true })}
    />
  );
}

function reading(value: string, e164: string | undefined, isReady: boolean): string {
  if (value.trim() === '') return 'Any writing; without a country it is taken for the United States.';
  if (!isReady) return 'Reading…';
  return e164 === undefined ? 'Not a whole telephone number yet.' : `Read as ${e164}`;
}
