import { Button, SegmentedControl, Stack, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { AgentTurn, Turn } from '../../api/types.ts';
import { shownDuration, shownMs, speedOf } from '../../parts/format.ts';
import { List } from '../../parts/list.tsx';
import { DELAY_PARTS } from './delay-parts.tsx';

/** So many rows at once. */
const STEP = 100;
const COLUMNS = ['Turn', 'Gap', ...DELAY_PARTS.map(({ name }) => name)];

/** The response gaps of all turns, as they came or the slowest first. */
export function DelayList({ turns, choose }: { turns: readonly Turn[]; choose: (index: number) => void }) {
  const [order, setOrder] = useState('time');
  const [count, setCount] = useState(STEP);
  const rows = useMemo(() => {
    const answered = turns.flatMap((turn, index) =>
      turn.role === 'agent' && turn.responseGapMs !== undefined ? [{ turn, index, gapMs: turn.responseGapMs }] : [],
    );
    return order === 'time' ? answered : answered.sort((a, b) => b.gapMs - a.gapMs);
  }, [turns, order]);
  if (rows.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        No turn has answered anybody yet: there are no response gaps.
      </Text>
    );
  }
  return (
    <Stack gap="xs" align="flex-start">
      <SegmentedControl
        size="xs"
        aria-label="Order"
        value={order}
        onChange={setOrder}
        data={[
          { value: 'time', label: 'In order' },
          { value: 'slowest', label: 'Slowest first' },
        ]}
        transitionDuration={0}
      />
      <div className="delay-list">
        <List label="Response gaps" columns={COLUMNS}>
          {rows.slice(0, count).map(({ turn, index, gapMs }) => (
            <Row key={index} turn={turn} index={index} gapMs={gapMs} choose={choose} />
          ))}
        </List>
      </div>
      {rows.length > count && (
        <Button size="xs" variant="default" onClick={() => setCount(count + STEP)}>
          Show {Math.min(STEP, rows.length - count)} more of {rows.length}
        </Button>
      )}
    </Stack>
  );
}

function Row(props: { turn: AgentTurn; index: number; gapMs: number; choose: (index: number) => void }) {
  const { turn, index, gapMs, choose } = props;
  const speed = speedOf(gapMs);
  return (
    <tr>
      <td>
        <Button size="compact-xs" variant="subtle" className="tabular" onClick={() => choose(index)}>
          {index + 1}, {shownDuration(turn.startMs)}
        </Button>
      </td>
      <td className="figure">
        {shownMs(gapMs)}
        {speed !== 'plain' && ` ${speed}`}
      </td>
      {DELAY_PARTS.map(({ key }) => (
        <td key={key} className="figure">
          {turn.responseGapParts ? shownMs(turn.responseGapParts[key]) : ''}
        </td>
      ))}
    </tr>
  );
}
