import { Input, SegmentedControl, Stack, Textarea } from '@mantine/core';
import { type NumberForm, problemAt, type TargetForm } from './number-form.ts';
import { PhoneField } from './phone-field.tsx';

const NONE = { value: 'none', label: 'Nothing' };
const WAYS = [
  { value: 'dial', label: 'Dial' },
  { value: 'say', label: 'Say' },
];

/** What a caller gets in place of an agent: another number, or words. */
export function TargetField(props: {
  label: string;
  hint: string;
  path: string;
  target: TargetForm;
  errors: Readonly<Record<string, string>>;
  change: (target: NumberForm['fallback']) => void;
  isNeeded?: boolean;
}) {
  const { label, hint, path, target, errors, change, isNeeded = false } = props;
  return (
    <Stack gap="xs">
      <Input.Wrapper label={label} description={hint} labelElement="div">
        <SegmentedControl
          aria-label={label}
          mt={4}
          fullWidth
          data={isNeeded ? WAYS : [NONE, ...WAYS]}
          value={target.kind}
          onChange={(kind) => change({ ...target, kind: kind as TargetForm['kind'] })}
        />
      </Input.Wrapper>
      {target.kind === 'dial' && (
        <>
          <PhoneField
            label={`${label}: number`}
            value={target.dial}
            error={problemAt(errors, path)}
            change={(dial) => change({ ...target, dial })}
          />
          <Textarea
            label={`${label}: words before it rings`}
            description="Left open, a caller who has lost their agent hears an apology in English."
            autosize
            minRows={1}
            maxLength={1000}
            value={target.sayFirst}
            onChange={(event) => change({ ...target, sayFirst: event.currentTarget.value })}
          />
        </>
      )}
      {target.kind === 'say' && (
        <Textarea
          label={`${label}: words`}
          autosize
          minRows={2}
          maxLength={1000}
          value={target.say}
          error={problemAt(errors, path)}
          onChange={(event) => change({ ...target, say: event.currentTarget.value })}
        />
      )}
    </Stack>
  );
}
