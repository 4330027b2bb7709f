import './call-transcript.css';
import { Button } from '@mantine/core';
import { IconArrowDown } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Call } from '../api/types.ts';
import { FindBox, useFind } from './find-box.tsx';
import { FinishedTurns, type Line, linesOf, ToolLine, TurnLine } from './transcript.tsx';

/** More turns than this are not all put into the page. */
const MOST_TURNS = 300;
const LINE_PX = 64;
const GAP_PX = 12;
const LOG_STEP = 50;

/** What scrolls must be reached by keys. */
export const REACHED_BY_KEYS = { tabIndex: 0 } as const;

export interface CallTranscriptProps {
  readonly call: Call;
  readonly isLive: boolean;
  /** The turn that is being spoken, or played. */
  readonly nowIndex: number | undefined;
  /** Whether time moves on: the transcript goes with it until somebody scrolls. */
  readonly isMoving: boolean;
  /** Changes when somebody goes to a place: the transcript goes there as well. */
  readonly jumpCount?: number;
  readonly play?: ((startMs: number) => void) | undefined;
  readonly choose?: (index: number) => void;
  /** It lies beside other things that must stay where they are: only it is scrolled, never the page. */
  readonly isBoxed?: boolean;
}

/** What was said, in step with what is heard, to be searched; of a long call only what can be seen is in the page. */
export function CallTranscript(props: CallTranscriptProps) {
  const { call, isLive, nowIndex, isMoving, jumpCount = 0, play, choose, isBoxed = false } = props;
  const { turns, toolCalls } = call;
  const lines = useMemo(() => linesOf(turns, toolCalls), [turns, toolCalls]);
  const find = useFind(lines);
  const isLong = turns.length > MOST_TURNS;
  const scroller = useRef<HTMLElement>(null);
  const rows = useVirtualizer({
    count: isLong ? lines.length : 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_PX,
    gap: GAP_PX,
    overscan: 8,
  });
  const rowsRef = useRef(rows);
  rowsRef.current = rows;

  const show = useCallback(
    (line: number) => {
      if (line < 0) return;
      if (isLong) {
        rowsRef.current.scrollToIndex(line, { align: 'center' });
        return;
      }
      const element = scroller.current?.querySelector(`[data-line="${line}"]`);
      if (!isBoxed) element?.scrollIntoView({ block: 'nearest' });
      else if (element && scroller.current) showWithin(scroller.current, element);
    },
    [isLong, isBoxed],
  );
  const nowLine = useMemo(
    () => lines.findIndex((line) => line.kind === 'turn' && line.index === nowIndex),
    [lines, nowIndex],
  );
  const { isAway, stay, goAlong } = useGoingAlong(nowLine, lines, isMoving, jumpCount, show);
  const foundLine = find.line;
  useEffect(() => {
    if (foundLine === undefined) return;
    stay();
    show(foundLine);
  }, [foundLine, show, stay]);

  const shownLine = (line: Line, index: number): ReactNode =>
    line.kind === 'turn' ? (
      <TurnLine
        turn={line.turn}
        index={line.index}
        isNow={line.index === nowIndex}
        isGrowing={isLive && line.index === turns.length - 1}
        play={play}
        choose={choose && (() => choose(line.index))}
        isFound={index === foundLine}
      />
    ) : (
      <ToolLine toolCall={line.toolCall} isFound={index === foundLine} />
    );
  const finished = isLive ? turns.slice(0, -1) : turns;

  return (
    <div className="call-words" data-boxed={isBoxed}>
      <FindBox {...find} />
      <section
        ref={scroller}
        className="call-scroller"
        data-long={isLong}
        aria-label="Transcript"
        {...REACHED_BY_KEYS}
        onWheel={stay}
        onTouchMove={stay}
        onKeyDown={(event) => {
          if (/^(?:Arrow(?:Up|Down)|Page(?:Up|Down)|Home|End)$/.test(event.key)) stay();
        }}
      >
        {isLong ? (
          <div className="transcript" style={{ height: rows.getTotalSize(), position: 'relative' }}>
            {rows.getVirtualItems().map(({ index, start, key }) => {
              const line = lines[index];
              return (
                line && (
                  <div
                    key={key}
                    ref={rows.measureElement}
                    data-index={index}
                    className="call-row"
                    style={{ transform: `translateY(${start}px)` }}
                  >
                    {shownLine(line, index)}
                  </div>
                )
              );
            })}
          </div>
        ) : (
          <div className="transcript">
            {lines.map((line, index) => (
              <div key={line.kind === 'turn' ? `turn-${line.index}` : line.toolCall.id} data-line={index}>
                {shownLine(line, index)}
              </div>
            ))}
          </div>
        )}
        {turns.length === 0 && <p className="call-quiet">Nothing was said{isLive ? ' yet' : ''}.</p>}
        {isLive && <FinishedTurns turns={finished.slice(finished.length - (finished.length % LOG_STEP))} />}
      </section>
      {isAway && (
        <Button className="call-jump" size="xs" leftSection={<IconArrowDown size={14} />} onClick={goAlong}>
          Jump to now
        </Button>
      )}
    </div>
  );
}

/** Keeps the line of now in sight until somebody scrolls away, and says when that is so. */
function useGoingAlong(
  nowLine: number,
  lines: readonly Line[],
  isMoving: boolean,
  jumpCount: number,
  show: (line: number) => void,
) {
  const [isAlong, setAlong] = useState(true);
  const stay = useCallback(() => setAlong(false), []);
  // Whoever goes to a place wants to see it.
  useEffect(() => setAlong(true), [jumpCount]);
  // Another line moves those before it, and so does one that grows.
  useEffect(() => {
    if (isAlong && (isMoving || jumpCount > 0)) show(nowLine);
  }, [isAlong, isMoving, jumpCount, nowLine, lines, show]);
  return { isAway: isMoving && !isAlong, stay, goAlong: () => setAlong(true) };
}

/** Moves what is within a box as little as needed, and nothing around it. */
function showWithin(box: Element, element: Element): void {
  const outer = box.getBoundingClientRect();
  const inner = element.getBoundingClientRect();
  if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom;
  else if (inner.top < outer.top) box.scrollTop -= outer.top - inner.top;
}
