import { Group, NumberInput, Select, Stack, Switch, Textarea, TextInput, Title } from '@mantine/core';
import { useAgents } from '../../parts/use-agents.ts';
import { HoursFields } from './hours-fields.tsx';
import { type NumberForm, problemAt } from './number-form.ts';
import { TargetField } from './target-field.tsx';

export interface FieldsProps {
  readonly form: NumberForm;
  /** What is wrong, by the path of the field. */
  readonly errors: Readonly<Record<string, string>>;
  readonly set: (change: Partial<NumberForm>) => void;
}

/** Everything that can be said of a number, in the order of a call. */
export function NumberFields(props: FieldsProps) {
  const { form, errors, set } = props;
  return (
    <Stack gap="md">
      <AgentFields {...props} />
      <Title order={3}>Before the agent speaks</Title>
      <Textarea
        label="Notice"
        description="Spoken word for word first: that the call is recorded, that an AI answers."
        autosize
        minRows={2}
        maxLength={1000}
        value={form.notice}
        error={problemAt(errors, 'notice')}
        onChange={(event) => set({ notice: event.currentTarget.value })}
      />
      <Switch
        label="Record calls"
        checked={form.recording}
        onChange={(event) => set({ recording: event.currentTarget.checked })}
      />
      <Title order={3}>When no agent can answer</Title>
      <TargetField
        label="Fallback"
        hint="For callers whom no agent can serve."
        path="fallback"
        target={form.fallback}
        errors={errors}
        change={(fallback) => set({ fallback })}
      />
      <TargetField
        label="Overflow"
        hint="When there is no room at the moment; without it the fallback."
        path="overflow"
        target={form.overflow}
        errors={errors}
        change={(overflow) => set({ overflow })}
      />
      <Title order={3}>Hours</Title>
      <Select
        label="Time zone"
        description="Of the hours, and of the day that minutes are counted by."
        data={timeZones(form.timeZone)}
        value={form.timeZone}
        onChange={(timeZone) => set({ timeZone: timeZone ?? 'UTC' })}
        error={problemAt(errors, 'timeZone')}
        searchable
        limit={60}
      />
      <HoursFields {...props} />
      <Title order={3}>Limits</Title>
      <Figure {...props} name="maxConcurrent" label="Calls at once" hint="On all instances." />
      <Figure {...props} name="maxMinutesPerDay" label="Minutes a day" hint="Of all calls together." />
      <Figure {...props} name="retentionDays" label="Days that calls are kept" hint="Left empty: for ever." />
      <Title order={3}>After the call</Title>
      <TextInput
        label="Webhook address"
        description="Is sent the record of every ended call. Its secret is shown once, when the address is saved."
        placeholder="https://…"
        type="url"
        value={form.webhookUrl}
        error={problemAt(errors, 'webhookUrl')}
        onChange={(event) => set({ webhookUrl: event.currentTarget.value })}
      />
    </Stack>
  );
}

function AgentFields({ form, errors, set }: FieldsProps) {
  const { data: agents = [] } = useAgents();
  const latest = agents.find(({ id }) => id === form.agentId)?.version ?? 0;
  const known = Array.from({ length: latest }, (_, index) => String(latest - index));
  const versions = (chosen: string) =>
    (chosen === '' || known.includes(chosen) ? known : [chosen, ...known]).map((value) => ({
      value,
      label: `v${value}`,
    }));
  const listed = agents.map(({ id, name }) => ({ value: id, label: name }));
  const isListed = form.agentId === '' || listed.some(({ value }) => value === form.agentId);
  return (
    <>
      <Select
        label="Agent"
        placeholder="Who answers"
        data={isListed ? listed : [{ value: form.agentId, label: form.agentId }, ...listed]}
        value={form.agentId === '' ? null : form.agentId}
        onChange={(agentId) => set({ agentId: agentId ?? '', agentVersion: '', canaryVersion: '', canaryPercent: '' })}
        error={problemAt(errors, 'agentId')}
        searchable
      />
      <Select
        label="Version"
        placeholder={latest > 0 ? `latest, now v${latest}` : 'latest'}
        data={versions(form.agentVersion)}
        value={form.agentVersion === '' ? null : form.agentVersion}
        onChange={(agentVersion) => set({ agentVersion: agentVersion ?? '' })}
        error={problemAt(errors, 'agentVersion')}
        allowDeselect
        clearable
        clearButtonProps={{ 'aria-label': 'The latest version' }}
      />
      <Group grow align="start">
        <Select
          label="Canary version"
          placeholder="none"
          data={versions(form.canaryVersion)}
          value={form.canaryVersion === '' ? null : form.canaryVersion}
          onChange={(version) =>
            set(
              version === null
                ? { canaryVersion: '', canaryPercent: '' }
                : { canaryVersion: version, canaryPercent: form.canaryPercent || '10' },
            )
          }
          error={errors['canary.agentVersion'] ?? errors.canary}
          allowDeselect
          clearable
          clearButtonProps={{ 'aria-label': 'No canary' }}
        />
        <NumberInput
          label="Share of callers"
          value={form.canaryPercent}
          onChange={(percent) => set({ canaryPercent: String(percent) })}
          error={errors['canary.percent']}
          disabled={form.canaryVersion === ''}
          min={0}
          max={100}
          suffix=" %"
        />
      </Group>
    </>
  );
}

function Figure({
  form,
  errors,
  set,
  name,
  label,
  hint,
}: FieldsProps & { name: 'maxConcurrent' | 'maxMinutesPerDay' | 'retentionDays'; label: string; hint: string }) {
  return (
    <NumberInput
      label={label}
      description={hint}
      placeholder="no limit"
      value={form[name]}
      onChange={(value) => set({ [name]: String(value) })}
      error={problemAt(errors, name)}
      allowDecimal={false}
      allowNegative={false}
      thousandSeparator=" "
    />
  );
}

function timeZones(chosen: string): string[] {
  const known = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];
  return known.includes(chosen) ? known : [chosen, ...known];
}
