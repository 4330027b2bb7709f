import './board.css';
import { ActionIcon, Menu } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconDotsVertical, IconHeadphones, IconPhoneOff, IconPhoneOutgoing } from '@tabler/icons-react';
import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import { memo, useRef } from 'react';
import { Link } from 'wouter';
import { heardWordsOf, type LiveCall, phaseOf, silentForMs } from '../../api/live-call.ts';
import { shownDuration, shownNumber } from '../../parts/format.ts';
import { PhaseBadge } from '../../parts/phase-badge.tsx';
import { askHangUp, askTransfer } from './actions.tsx';
import { SILENT_MS } from './silence.ts';
import { useRowKeys } from './use-row-keys.ts';
import { useSteadyScroll } from './use-steady-scroll.ts';
import { useWhyNot } from './use-why-not.ts';

const ROW_PX = 44;
const NARROW_ROW_PX = 56;
/** The names of the columns, which stay above the rows. */
const HEAD_PX = 32;

/** The rows that can be seen, of however many calls there are. */
export function Board(props: {
  calls: readonly LiveCall[];
  nowMs: number;
  agentName: (id: string | null, version: number | null) => string;
  isStale: boolean;
  open: (callSid: string) => void;
}) {
  const { calls, nowMs, agentName, isStale, open } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const isNarrow = useMediaQuery('(max-width: 900px)') ?? false;
  const rowPx = isNarrow ? NARROW_ROW_PX : ROW_PX;
  const scrollTo = useRef<(index: number) => void>(() => undefined);
  const { kept, ...handlers } = useRowKeys({
    list: scroller,
    rows: calls,
    page: () => Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowPx) - 2),
    scrollTo: (index) => scrollTo.current(index),
  });
  const noteScroll = useSteadyScroll(scroller, calls, rowPx);
  const rows = useVirtualizer({
    count: calls.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 6,
    scrollPaddingEnd: isNarrow ? 0 : HEAD_PX,
    getItemKey: (index) => calls[index]?.callSid ?? index,
    rangeExtractor(range) {
      const indexes = defaultRangeExtractor(range);
      if (kept < 0 || indexes.includes(kept)) return indexes;
      return kept < range.startIndex ? [kept, ...indexes] : [...indexes, kept];
    },
  });
  scrollTo.current = (index) => rows.scrollToIndex(index);

  return (
    <section
      ref={scroller}
      className="board"
      data-stale={isStale}
      aria-label="Calls"
      aria-keyshortcuts="ArrowDown ArrowUp PageDown PageUp Home End"
      onScroll={noteScroll}
      {...handlers}
    >
      <div className="board-head" aria-hidden>
        <span>Caller</span>
        <span>Number</span>
        <span>Agent</span>
        <span>Phase</span>
        <span>Heard now</span>
        <span>Silent</span>
        <span>Duration</span>
        <span />
      </div>
      <ul style={{ height: rows.getTotalSize(), position: 'relative', margin: 0, padding: 0, listStyle: 'none' }}>
        {rows.getVirtualItems().map(({ index, start, key }) => {
          const call = calls[index];
          if (!call) return null;
          return (
            <Row
              key={key}
              call={call}
              position={index + 1}
              count={calls.length}
              startPx={start}
              nowMs={nowMs}
              agent={agentName(call.agentId, call.agentVersion)}
              open={open}
            />
          );
        })}
      </ul>
    </section>
  );
}

const Row = memo(function Row(props: {
  call: LiveCall;
  position: number;
  count: number;
  startPx: number;
  nowMs: number;
  agent: string;
  open: (callSid: string) => void;
}) {
  const { call, position, count, startPx, nowMs, agent, open } = props;
  const { phase, sinceMs, tool } = phaseOf(call, nowMs);
  const silentMs = silentForMs(call, nowMs);
  const isSilent = silentMs > SILENT_MS;
  const isOver = call.state === 'ended';
  const name = `${shownNumber(call.from)} to ${shownNumber(call.to)}`;
  return (
    <li
      className="board-row"
      aria-posinset={position}
      aria-setsize={count}
      style={{ transform: `translateY(${startPx}px)` }}
      data-call={call.callSid}
      data-silent={isSilent}
      data-ended={isOver}
    >
      <Link href={`/live?call=${encodeURIComponent(call.callSid)}`} className="number" aria-label={`Call ${name}`}>
        {shownNumber(call.from)}
      </Link>
      <span className="number" data-narrow="hide">
        {shownNumber(call.to)}
      </span>
      <span className="board-words" data-narrow="hide">
        {agent}
      </span>
      <span>
        <Phase
          phase={phase}
          more={
            tool !== undefined
              ? `${tool} ${Math.max(0, (nowMs - sinceMs) / 1000).toFixed(1)} s`
              : (call.endReason ?? undefined)
          }
        />
      </span>
      <span className="board-words">{call.isSensitive ? 'something secret is being said' : heardWordsOf(call)}</span>
      <span className="tabular" data-narrow="hide">
        {isSilent ? `${(silentMs / 1000).toFixed(0)} s` : ''}
      </span>
      <span className="tabular">{shownDuration((call.endedAtMs ?? nowMs) - call.startedAtMs)}</span>
      <RowActions callSid={call.callSid} from={call.from} name={name} isOver={isOver} open={open} />
    </li>
  );
});

/** Time passes in every row twice a second: what it does not change is not drawn again. */
const Phase = memo(PhaseBadge);

const RowActions = memo(function RowActions(props: {
  callSid: string;
  from: string;
  name: string;
  isOver: boolean;
  open: (callSid: string) => void;
}) {
  const { callSid, from, name, isOver, open } = props;
  const whyNot = useWhyNot();
  const isOff = whyNot !== undefined;
  return (
    <Menu position="bottom-end" transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`Actions for the call ${name}`} disabled={isOver}>
          <IconDotsVertical size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {isOff && <Menu.Label>{whyNot}</Menu.Label>}
        <Menu.Item disabled={isOff} leftSection={<IconHeadphones size={14} />} onClick={() => open(callSid)}>
          Listen in
        </Menu.Item>
        <Menu.Item
          disabled={isOff}
          leftSection={<IconPhoneOutgoing size={14} />}
          onClick={() => askTransfer({ callSid, from })}
        >
          Transfer…
        </Menu.Item>
        <Menu.Item
          disabled={isOff}
          leftSection={<IconPhoneOff size={14} />}
          color="red"
          onClick={() => askHangUp({ callSid, from })}
        >
          Hang up…
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
});
