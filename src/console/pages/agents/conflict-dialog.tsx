import { Button, Group, Modal, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { request } from '../../api/client.ts';
import type { Agent, AuditEntry, Page } from '../../api/types.ts';
import { shownMoment } from '../../parts/format.ts';
import { labelOf, shownValue } from './differences.ts';
import { type Draft, draftOf, isObject } from './draft.ts';
import { type Clash, clashesOf, mergedDraft, type Side } from './merge.ts';
import { ScrollBox } from './scroll-box.tsx';
import type { Conflict } from './use-editor.ts';
import { WordDiff } from './word-diff.tsx';

/** Somebody has saved meanwhile: shows both, and writes nothing until it is chosen what is to be. */
export function ConflictDialog(props: {
  agentId: string;
  conflict: Conflict;
  isSaving: boolean;
  settle: (theirs: Agent, merged: Draft) => Promise<void>;
  keepEditing: () => void;
}) {
  const { agentId, isSaving, settle, keepEditing } = props;
  const { base, yours, theirs } = props.conflict;
  const isSmall = useMediaQuery('(max-width: 48em)') ?? false;
  const who = useSaver(agentId, theirs.version);
  const clashes = clashesOf(base, yours, draftOf(theirs));
  const [chosen, setChosen] = useState<ReadonlyMap<string, Side>>(new Map());
  const choices = new Map(
    clashes.flatMap(({ key, onlyBy }) => {
      const side = chosen.get(key) ?? onlyBy;
      return side ? [[key, side] as const] : [];
    }),
  );
  const open = clashes.length - choices.size;
  const takesYours = [...choices.values()].includes('yours');
  return (
    <Modal
      opened
      onClose={keepEditing}
      size="min(1100px, 95vw)"
      fullScreen={isSmall}
      closeOnClickOutside={false}
      title={`${who ?? 'Somebody'} saved v${theirs.version}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack gap="md">
        <Text size="sm">
          {`Saved ${shownMoment(theirs.createdAt)}, while you were editing the version before. Nothing of yours is written until you have chosen, field by field; what only one of you has changed is chosen already.`}
        </Text>
        {clashes.map((clash) => (
          <ClashChoice
            key={clash.key}
            clash={clash}
            side={choices.get(clash.key)}
            choose={(side) => setChosen((now) => new Map(now).set(clash.key, side))}
          />
        ))}
        {clashes.length === 0 && <Text size="sm">Both of you have made the same changes.</Text>}
        <Group justify="flex-end">
          {open > 0 && (
            <Text size="sm" c="dimmed" role="status">
              {open === 1 ? 'One field is left to choose.' : `${open} fields are left to choose.`}
            </Text>
          )}
          <Button variant="default" onClick={keepEditing} data-autofocus>
            Keep editing
          </Button>
          <Button
            disabled={open > 0}
            loading={isSaving}
            onClick={() => void settle(theirs, mergedDraft(draftOf(theirs), clashes, choices))}
          >
            {takesYours ? `Save as v${theirs.version + 1}` : `Go on with v${theirs.version}`}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function ClashChoice(props: { clash: Clash; side: Side | undefined; choose: (side: Side) => void }) {
  const { clash, side, choose } = props;
  const label = labelOf(clash.key);
  return (
    <section aria-label={label} className="agent-clash">
      <Group justify="space-between" mb="xs">
        <Title order={3}>{label}</Title>
        <SegmentedControl
          aria-label={`Which ${label}`}
          size="xs"
          data={[
            { value: 'yours', label: 'Yours' },
            { value: 'theirs', label: 'Theirs' },
          ]}
          value={side ?? ''}
          onChange={(next) => choose(next as Side)}
        />
      </Group>
      <div className="agent-sides">
        <SideText title="Yours" before={clash.base} after={clash.yours} />
        <SideText title="Theirs" before={clash.base} after={clash.theirs} />
        <SideText title="Before both" before={clash.base} after={clash.base} />
      </div>
    </section>
  );
}

function SideText({ title, before, after }: { title: string; before: unknown; after: unknown }) {
  const isText = !isObject(before) && !isObject(after) && before !== undefined && after !== undefined;
  return (
    <div>
      <Text size="xs" c="dimmed">
        {title}
      </Text>
      <ScrollBox label={title}>
        {isText ? (
          <WordDiff before={String(before)} after={String(after)} />
        ) : (
          <p className="agent-text mono">{shownValue(after)}</p>
        )}
      </ScrollBox>
    </div>
  );
}

/** Who saved that version, for those who may read the audit trail. */
function useSaver(agentId: string, version: number): string | undefined {
  const subject = encodeURIComponent(`agent/${agentId}`);
  const { data } = useQuery({
    queryKey: ['saver', agentId, version],
    queryFn: ({ signal }) => request<Page<AuditEntry>>(`/audit?subject=${subject}&limit=20`, { signal }),
    retry: false,
  });
  return data?.items.find(({ after }) => isObject(after) && after.version === version)?.actor.name;
}
