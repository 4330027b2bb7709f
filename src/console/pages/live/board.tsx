import './board.css';
import { ActionIcon } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconDotsVertical } from '@tabler/icons-react';
import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import { memo, useCallback, useRef, useState } from 'react';
import { Link } from 'wouter';
import { type LiveCall, lastWordsOf, phaseOf, silentForMs } from '../../api/live-call.ts';
import { shownDuration, shownNumber } from '../../parts/format.ts';
import { PhaseBadge } from '../../parts/phase-badge.tsx';
import { SpokenWords } from '../../parts/transcript.tsx';
import { RowMenu } from './row-menu.tsx';
import { SILENT_MS } from './silence.ts';
import { useRowKeys } from './use-row-keys.ts';
import { useSteadyScroll } from './use-steady-scroll.ts';

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
  const [menu, setMenu] = useState<{ callSid: string; button: HTMLElement }>();
  const openMenu = useCallback((callSid: string, button: HTMLElement) => setMenu({ callSid, button }), []);
  const menuCall = menu && calls.find(({ callSid }) => callSid === menu.callSid);

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
              hasMenu={call === menuCall}
              openMenu={openMenu}
            />
          );
        })}
      </ul>
      {menu && menuCall && menuCall.state !== 'ended' && (
        <RowMenu call={menuCall} button={menu.button} close={() => setMenu(undefined)} open={open} />
      )}
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
  hasMenu: boolean;
  openMenu: (callSid: string, button: HTMLElement) => void;
}) {
  const { call, position, count, startPx, nowMs, agent, hasMenu, openMenu } = props;
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
      <span className="board-words">
        {call.isSensitive ? 'something secret is being said' : <SpokenWords words={lastWordsOf(call)} />}
      </span>
      <span className="tabular" data-narrow="hide">
        {isSilent ? `${(silentMs / 1000).toFixed(0)} s` : ''}
      </span>
      <span className="tabular">{shownDuration((call.endedAtMs ?? nowMs) - call.startedAtMs)}</span>
      <MenuButton callSid={call.callSid} name={name} isOver={isOver} isOpened={hasMenu} open={openMenu} />
    </li>
  );
});

/** Time passes in every row twice a second: what it does not change is not drawn again. */
const Phase = memo(PhaseBadge);

/** One menu serves all rows: one in each of them took longer than the rest of the row. */
const MenuButton = memo(function MenuButton(props: {
  callSid: string;
  name: string;
  isOver: boolean;
  isOpened: boolean;
  open: (callSid: string, button: HTMLElement) => void;
}) {
  const { callSid, name, isOver, isOpened, open } = props;
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={`Actions for the call ${name}`}
      aria-haspopup="menu"
      aria-expanded={isOpened}
      disabled={isOver}
      onClick={({ currentTarget }) => open(callSid, currentTarget)}
    >
      <IconDotsVertical size={16} />
    </ActionIcon>
  );
});
