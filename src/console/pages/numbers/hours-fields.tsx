import { ActionIcon, Button, Chip, Group, Stack, Switch, Text, Textarea, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import type { FieldsProps } from './number-fields.tsx';
import { DAYS, type Day, OFFICE_HOURS, type OpenForm, problemAt } from './number-form.ts';
import { TargetField } from './target-field.tsx';

const LABELS: Readonly<Record<Day, string>> = {
  mon: 'Mon',
  tue: 'Tue',
  wed: 'Wed',
  thu: 'Thu',
  fri: 'Fri',
  sat: 'Sat',
  sun: 'Sun',
};

/** When calls are answered, and what callers get at other times. */
export function HoursFields({ form, errors, set }: FieldsProps) {
  const change = (index: number, row: OpenForm) => set({ open: form.open.with(index, row) });
  return (
    <Stack gap="sm">
      <Switch
        label="Only at certain hours"
        description="Otherwise calls are answered day and night."
        checked={form.hasHours}
        onChange={(event) => set({ hasHours: event.currentTarget.checked })}
      />
      {form.hasHours && (
        <>
          {form.open.map((row, index) => (
            <OpenRow
              key={index}
              row={row}
              name={`Hours ${index + 1}`}
              errors={errors}
              path={`hours.open.${index}`}
              change={(next) => change(index, next)}
              {...(form.open.length > 1 && { remove: () => set({ open: form.open.toSpliced(index, 1) }) })}
            />
          ))}
          <Group>
            <Button
              variant="default"
              size="xs"
              leftSection={<IconPlus size={14} />}
              onClick={() => set({ open: [...form.open, { ...OFFICE_HOURS, days: ['sat'] }] })}
            >
              More hours
            </Button>
          </Group>
          <Textarea
            label="Closed days"
            description="Dates such as 2026-12-25, apart by spaces."
            autosize
            value={form.closedOn}
            error={problemAt(errors, 'hours.closedOn')}
            onChange={(event) => set({ closedOn: event.currentTarget.value })}
          />
          <TargetField
            label="When closed"
            hint="What callers get outside these hours."
            path="hours.closed"
            target={form.closed}
            errors={errors}
            change={(closed) => set({ closed })}
            isNeeded
          />
        </>
      )}
    </Stack>
  );
}

function OpenRow(props: {
  row: OpenForm;
  name: string;
  path: string;
  errors: Readonly<Record<string, string>>;
  change: (row: OpenForm) => void;
  remove?: () => void;
}) {
  const { row, name, path, errors, change, remove } = props;
  return (
    <fieldset aria-label={name} className="number-hours">
      <Chip.Group multiple value={[...row.days]} onChange={(days) => change({ ...row, days: days as Day[] })}>
        <Group gap={4}>
          {DAYS.map((day) => (
            <Chip key={day} value={day} size="xs">
              {LABELS[day]}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      {problemAt(errors, `${path}.days`) && (
        <Text size="xs" c="red" role="alert">
          {problemAt(errors, `${path}.days`)}
        </Text>
      )}
      <Group gap="xs" align="end" mt="xs" wrap="nowrap">
        <TextInput
          label="From"
          placeholder="09:00"
          value={row.from}
          error={problemAt(errors, `${path}.from`)}
          onChange={(event) => change({ ...row, from: event.currentTarget.value })}
        />
        <TextInput
          label="To"
          placeholder="17:00"
          value={row.to}
          error={problemAt(errors, `${path}.to`)}
          onChange={(event) => change({ ...row, to: event.currentTarget.value })}
        />
        {remove && (
          <ActionIcon variant="default" size={36} aria-label={`Remove ${name}`} onClick={remove}>
            <IconTrash size={16} />
          </ActionIcon>
        )}
      </Group>
    </fieldset>
  );
}
