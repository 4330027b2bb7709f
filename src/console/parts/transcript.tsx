import './transcript.css';
import { Button } from '@mantine/core';
import { IconArrowBack, IconMicrophone, IconPlayerPlay, IconTool, IconVolume } from '@tabler/icons-react';
import { useState } from 'react';
import { isGoingOn, type Words, wordsOfTurn } from '../api/live-call.ts';
import type { AgentTurn, ToolCall, Turn } from '../api/types.ts';
import { shownDuration, shownMs, speedOf } from './format.ts';
import { toolWords } from './tool-words.ts';

export type Line =
  | { readonly atMs: number; readonly kind: 'turn'; readonly turn: Turn; readonly index: number }
  | { readonly atMs: number; readonly kind: 'tool'; readonly toolCall: ToolCall };

/** Turns and tool calls in the order of time. */
export function linesOf(turns: readonly Turn[], toolCalls: readonly ToolCall[]): Line[] {
  const lines: Line[] = [
    ...turns.map((turn, index) => ({ atMs: turn.startMs, kind: 'turn' as const, turn, index })),
    ...toolCalls.map((toolCall) => ({ atMs: toolCall.startMs, kind: 'tool' as const, toolCall })),
  ];
  return lines.sort((a, b) => a.atMs - b.atMs);
}

export function TurnLine(props: {
  turn: Turn;
  index: number;
  isNow: boolean;
  isGrowing: boolean;
  play: ((startMs: number) => void) | undefined;
  choose: (() => void) | undefined;
  /** What is looked for is in it. */
  isFound?: boolean;
}) {
  const { turn, index, isNow, isGrowing, play, choose, isFound = false } = props;
  const gapMs = turn.role === 'agent' ? turn.responseGapMs : undefined;
  return (
    <article
      className="turn"
      data-role={turn.role}
      data-now={isNow}
      data-turn={index + 1}
      data-found={isFound}
      aria-label={`${turn.role} at ${shownDuration(turn.startMs)}`}
    >
      <div className="turn-head tabular">
        {turn.role === 'caller' ? <IconMicrophone size={14} aria-hidden /> : <IconVolume size={14} aria-hidden />}
        <span className="turn-role">{turn.role}</span>
        {choose ? (
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            onClick={choose}
            aria-label={`Details of turn ${index + 1}, at ${shownDuration(turn.startMs)}`}
          >
            {shownDuration(turn.startMs)}
          </Button>
        ) : (
          <span>{shownDuration(turn.startMs)}</span>
        )}
        {play && (
          <Button
            size="compact-xs"
            variant="subtle"
            leftSection={<IconPlayerPlay size={12} />}
            onClick={() => play(turn.startMs)}
            aria-label={`Play from ${shownDuration(turn.startMs)}`}
          >
            <span className="turn-play">play</span>
          </Button>
        )}
        {gapMs !== undefined && <Gap ms={gapMs} choose={choose} />}
      </div>
      <div>{turn.role === 'caller' ? turn.text : <AgentWords turn={turn} isGrowing={isGrowing} />}</div>
    </article>
  );
}

function Gap({ ms, choose }: { ms: number; choose: (() => void) | undefined }) {
  const speed = speedOf(ms);
  const words = `gap ${shownMs(ms)}${speed === 'plain' ? '' : ` (${speed})`}`;
  if (!choose) return <span>{words}</span>;
  return (
    <Button
      size="compact-xs"
      variant="subtle"
      color="gray"
      onClick={choose}
      {...(speed !== 'plain' && {
        styles: { root: { color: speed === 'slow' ? 'var(--warning)' : 'var(--danger)' } },
      })}
    >
      {words}
    </Button>
  );
}

/** What was heard; what the model said beyond it is folded behind a button. */
function AgentWords({ turn, isGrowing }: { turn: AgentTurn; isGrowing: boolean }) {
  const [isShown, setShown] = useState(false);
  const { text, heardText, interrupted } = turn;
  if (isGrowing && isGoingOn(turn)) return <SpokenWords words={wordsOfTurn(turn)} />;
  if (!interrupted && heardText.length >= text.length) return text;
  const unheard = text.startsWith(heardText) ? text.slice(heardText.length).trim() : text;
  if (unheard === '') return heardText;
  return (
    <>
      {heardText}{' '}
      {interrupted && (
        <span className="turn-head">
          <IconArrowBack size={14} aria-hidden /> cut off at {shownDuration(turn.endMs)}
        </span>
      )}
      <Button
        size="compact-xs"
        variant="subtle"
        color="gray"
        onClick={() => setShown(!isShown)}
        aria-expanded={isShown}
      >
        never heard ({unheard.split(/\s+/).length} words)
      </Button>
      {isShown && (
        <span className="unheard">
          <span className="hidden-visually">not heard: </span>
          {unheard}
        </span>
      )}
    </>
  );
}

/** What is heard, and apart from it what the agent means to say after that. */
export function SpokenWords({ words: { heard, ahead } }: { words: Words }) {
  return (
    <>
      {heard}
      {ahead !== '' && (
        <span className="growing">
          {heard !== '' && <span className="hidden-visually"> not spoken yet: </span>}
          {ahead}
        </span>
      )}
    </>
  );
}

export function ToolLine({ toolCall, isFound = false }: { toolCall: ToolCall; isFound?: boolean }) {
  const [isOpen, setOpen] = useState(false);
  const { name } = toolCall;
  return (
    <article className="tool-line" data-found={isFound} aria-label={`tool ${name}`}>
      <Button
        size="compact-sm"
        variant="subtle"
        leftSection={<IconTool size={14} />}
        onClick={() => setOpen(!isOpen)}
        aria-expanded={isOpen}
        styles={{ root: { color: 'var(--tool)' } }}
      >
        {name} · {toolWords(toolCall)}
      </Button>
      {isOpen && (
        <pre className="mono" style={{ whiteSpace: 'pre-wrap', margin: 0 }}>
          {JSON.stringify({ input: toolCall.input, output: toolCall.output, why: toolCall.why }, null, 2)}
        </pre>
      )}
    </article>
  );
}

/** For who listens to the page: one entry for each turn that is finished, never the words as they grow. */
export function FinishedTurns({ turns }: { turns: readonly Turn[] }) {
  return (
    <div role="log" className="hidden-visually">
      {turns.map((turn, index) => (
        <p key={index}>
          {turn.role}: {turn.role === 'agent' ? turn.heardText : turn.text}
        </p>
      ))}
    </div>
  );
}
