import { Button, Group, Modal, SegmentedControl, Stack, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useState } from 'react';
import type { PhoneNumber } from '../../api/types.ts';
import { shownMoment } from '../../parts/format.ts';
import { clashesOf, type Side } from '../agents/merge.ts';
import { bodyOfNumber, type NumberBody } from './number-form.ts';
import { type NumberField, nameOf, shownField } from './shown-fields.ts';
import type { Conflict } from './use-editor.ts';

/** Somebody has saved meanwhile: shows both, and writes nothing until it is chosen what is to be. */
export function ConflictDialog(props: {
  conflict: Conflict;
  isSaving: boolean;
  settle: (theirs: PhoneNumber, chosen: NumberBody) => Promise<void>;
  keepEditing: () => void;
}) {
  const { conflict, isSaving, settle, keepEditing } = props;
  const { yours, theirs } = conflict;
  const isSmall = useMediaQuery('(max-width: 48em)') ?? false;
  const [chosen, setChosen] = useState<ReadonlyMap<string, Side>>(new Map());
  const clashes = clashesOf(bodyOfNumber(conflict.base), yours, bodyOfNumber(theirs));
  const sideOf = (key: string, onlyBy: Side | undefined) => chosen.get(key) ?? onlyBy;
  const open = clashes.filter(({ key, onlyBy }) => sideOf(key, onlyBy) === undefined).length;
  const takesYours = clashes.some(({ key, onlyBy }) => sideOf(key, onlyBy) === 'yours');
  const merged = () => {
    const mine = clashes.filter(({ key, onlyBy }) => sideOf(key, onlyBy) === 'yours');
    const fields = new Map<string, unknown>(Object.entries(bodyOfNumber(theirs)));
    for (const { key, yours: value } of mine) {
      if (value === undefined) fields.delete(key);
      else fields.set(key, value);
    }
    return Object.fromEntries(fields) as NumberBody;
  };
  return (
    <Modal
      opened
      onClose={keepEditing}
      size="min(960px, 95vw)"
      fullScreen={isSmall}
      closeOnClickOutside={false}
      title={`Somebody saved v${theirs.version} of this number`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack gap="md">
        <Text size="sm">
          {`Saved ${shownMoment(theirs.updatedAt)}, while you were editing v${conflict.base.version}. Nothing of yours is written until you have chosen; what only one of you has changed is chosen already.`}
        </Text>
        {clashes.length === 0 && <Text size="sm">Both of you have made the same changes.</Text>}
        {clashes.map(({ key, onlyBy, base, yours: mine, theirs: other }) => {
          const field = key as NumberField;
          return (
            <section key={key} aria-label={nameOf(field)} className="number-clash">
              <Group justify="space-between" mb="xs">
                <Text fw={600}>{nameOf(field)}</Text>
                <SegmentedControl
                  aria-label={`Whose ${nameOf(field)}`}
                  size="xs"
                  data={[
                    { value: 'yours', label: 'Yours' },
                    { value: 'theirs', label: 'Theirs' },
                  ]}
                  value={sideOf(key, onlyBy) ?? ''}
                  onChange={(side) => setChosen(new Map(chosen).set(key, side as Side))}
                />
              </Group>
              <dl className="number-sides">
                <SideText title="Yours" text={shownField(field, mine)} />
                <SideText title="Theirs" text={shownField(field, other)} />
                <SideText title="Before both" text={shownField(field, base)} />
              </dl>
            </section>
          );
        })}
        <Group justify="flex-end">
          {open > 0 && (
            <Text size="sm" c="dimmed" role="status">
              {open === 1 ? 'One field is left to choose.' : `${open} fields are left to choose.`}
            </Text>
          )}
          <Button variant="default" onClick={keepEditing} data-autofocus>
            Keep editing
          </Button>
          <Button disabled={open > 0} loading={isSaving} onClick={() => void settle(theirs, merged())}>
            {takesYours ? `Save as v${theirs.version + 1}` : `Go on with v${theirs.version}`}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function SideText({ title, text }: { title: string; text: string }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{text}</dd>
    </div>
  );
}
