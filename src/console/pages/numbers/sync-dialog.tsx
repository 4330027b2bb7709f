import { Button, Checkbox, Group, Loader, Modal, Stack, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { request } from '../../api/client.ts';
import { wordsOf } from '../../api/problem.ts';
import type { NumberSync } from '../../api/types.ts';
import { shownNumber } from '../../parts/format.ts';
import { List } from '../../parts/list.tsx';
import { inTurns } from './in-turns.ts';

type Outcome = { readonly number: string } & (
  | { readonly result: NumberSync; readonly refusal?: never }
  | { readonly refusal: string; readonly result?: never }
);

async function syncEach(
  numbers: readonly string[],
  body: { dryRun: boolean; clearOverride: boolean },
): Promise<Outcome[]> {
  return inTurns(numbers, async (number) => {
    try {
      const path = `/numbers/${encodeURIComponent(number)}/sync`;
      return { number, result: await request<NumberSync>(path, { method: 'POST', body }) };
    } catch (error) {
      return { number, refusal: wordsOf(error) };
    }
  });
}

/** Shows what would change at Twilio, and changes it when that is wanted. */
export function SyncDialog({ numbers, close }: { numbers: readonly string[]; close: () => void }) {
  const isSmall = useMediaQuery('(max-width: 48em)') ?? false;
  const [clearOverride, setClearOverride] = useState(false);
  const [applied, setApplied] = useState<readonly Outcome[]>();
  const [isApplying, setApplying] = useState(false);
  const { data: previewed, isFetching } = useQuery({
    queryKey: ['sync', numbers, clearOverride],
    queryFn: () => syncEach(numbers, { dryRun: true, clearOverride }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    placeholderData: (before) => before,
  });
  const outcomes = applied ?? previewed;
  const due = (previewed ?? []).filter(({ result }) => result && result.changes.length > 0).map(({ number }) => number);
  const isOverridden = (previewed ?? []).some(({ result }) => result?.overriddenBy);
  const apply = async () => {
    setApplying(true);
    const done = await syncEach(due, { dryRun: false, clearOverride });
    setApplied((previewed ?? []).map((before) => done.find(({ number }) => number === before.number) ?? before));
    setApplying(false);
  };
  return (
    <Modal
      opened
      onClose={close}
      size="min(960px, 95vw)"
      fullScreen={isSmall}
      title={
        numbers.length === 1
          ? `Sync ${shownNumber(numbers[0]!)} with Twilio`
          : `Sync ${numbers.length} numbers with Twilio`
      }
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack gap="sm">
        <Text size="sm" role="status">
          {applied ? appliedWords(applied) : dueWords(outcomes, due.length)}
        </Text>
        {!outcomes && <Loader size="sm" aria-label="Asking Twilio" />}
        {outcomes && (
          <List
            label="At Twilio"
            columns={['Number', 'Field', applied ? 'Was at Twilio' : 'Now at Twilio', applied ? 'Is now' : 'Will be']}
          >
            {outcomes.map((outcome) => (
              <SyncRows key={outcome.number} outcome={outcome} isApplied={applied !== undefined} />
            ))}
          </List>
        )}
        {isOverridden && !applied && (
          <Checkbox
            label="Also take away the trunk or application that has the calls"
            description="Until then Twilio does not ask this bridge, whatever the voice URL is."
            checked={clearOverride}
            onChange={(event) => setClearOverride(event.currentTarget.checked)}
          />
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={close} data-autofocus>
            {applied ? 'Close' : 'Cancel'}
          </Button>
          {!applied && (
            <Button disabled={due.length === 0 || isFetching} loading={isApplying} onClick={() => void apply()}>
              {due.length === 1 ? 'Apply to 1 number' : `Apply to ${due.length} numbers`}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}

function SyncRows({ outcome, isApplied }: { outcome: Outcome; isApplied: boolean }) {
  const { number, result, refusal } = outcome;
  const head = <td className="number">{shownNumber(number)}</td>;
  if (!result) {
    return (
      <tr>
        {head}
        <td className="wide" colSpan={3}>
          <span className="number-broken">Not possible: </span>
          {refusal}
        </td>
      </tr>
    );
  }
  const override = result.overriddenBy && (
    <tr>
      {head}
      <td className="wide" colSpan={3}>
        <span className="number-warning">Overridden: </span>
        the {result.overriddenBy.kind} <span className="mono">{result.overriddenBy.sid}</span> has its calls
      </td>
    </tr>
  );
  return (
    <>
      {override}
      {result.changes.length === 0 && !override && (
        <tr>
          {head}
          <td colSpan={3}>In step: nothing to change</td>
        </tr>
      )}
      {result.changes.map(({ field, before, after }) => (
        <tr key={field}>
          {head}
          <td>{field}</td>
          <td className="number-url">{before ?? 'nothing'}</td>
          <td className="number-url">
            {after ?? 'nothing'}
            {isApplied && result.applied && ' ✓'}
          </td>
        </tr>
      ))}
    </>
  );
}

function dueWords(outcomes: readonly Outcome[] | undefined, due: number): string {
  if (!outcomes) return 'Asking Twilio. Nothing is changed yet.';
  if (due === 0) return 'Nothing would be changed.';
  return `Nothing is changed yet. ${due === 1 ? '1 number differs' : `${due} numbers differ`} from what this bridge needs.`;
}

function appliedWords(applied: readonly Outcome[]): string {
  const done = applied.filter(({ result }) => result?.applied).length;
  const refused = applied.filter(({ refusal }) => refusal !== undefined).length;
  const words = done === 1 ? '1 number is in step now.' : `${done} numbers are in step now.`;
  return refused === 0 ? words : `${words} ${refused} could not be changed.`;
}
