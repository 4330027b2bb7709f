import { Stack, Switch } from '@mantine/core';
import { NumberField, TextField } from './fields.tsx';
import { useField } from './form.ts';

/** What the caller hears while a tool takes its time. */
export function WaitSoundFields({ path }: { path: string }) {
  const { value, readOnly, set } = useField(path);
  const isOn = value !== false;
  return (
    <Stack gap="sm">
      <Switch
        label="The caller hears that work is going on"
        checked={isOn}
        disabled={readOnly}
        onChange={({ currentTarget }) => set(currentTarget.checked ? { afterMs: 1200 } : false)}
      />
      {isOn && (
        <div className="agent-indented">
          <div className="agent-pair">
            <NumberField path={`${path}.afterMs`} label="After" hint="0 to 60,000 ms." suffix=" ms" />
            <TextField path={`${path}.clip`} label="Clip" hint="Its name; left empty, a tone." isOptional />
          </div>
        </div>
      )}
    </Stack>
  );
}
