import type { ToolCallRecord } from '../call/record.js';
import type { Exchange, RecordedCall, Span, Speech } from './recorded-call.js';
import type { Redaction } from './redaction.js';
import type { Said } from './said.js';
import { BYTES_PER_MS, lengthened, mulawWav, placesIn, tone, withTones } from './sound.js';

/** A line that was cut must still be going on when it is cut again: it lasts so much longer than it was heard, in ms. */
const BEYOND_CUT_MS = 3000;
const LONGEST_DELAY_MS = 5000;
/** So much of a text tells it from others. */
const TRIGGER_LETTERS = 60;
const KEYS_TOLD = /keys on the telephone: (\S+)$/;

/** A turn of `model.yaml`. */
export interface ModelLine {
  hear?: string;
  text?: string;
  call?: Record<string, unknown>;
  sayFirst?: string;
  say?: string;
  audio?: string;
  answerAfterMs?: number;
  duringTool?: true;
}

/** What the agent did, for the local model: its lines, their sound by file names, and where the caller heard each. */
export interface AgentLines {
  turns: ModelLine[];
  files: Map<string, Uint8Array>;
  spoken: Speech[];
  notes: string[];
}

interface Making extends AgentLines {
  canSay: (words: string) => boolean;
}

/** `canSay`: whether the local model has clips of all these words. */
export function linesOf(
  call: RecordedCall,
  said: readonly Said[],
  redaction: Redaction,
  canSay: (words: string) => boolean,
): AgentLines {
  const lines: Making = { turns: [], files: new Map(), spoken: [], notes: [], canSay };
  for (const exchange of call.exchanges) {
    const { cause } = exchange;
    if (cause.kind === 'told') {
      addLine(lines, { text: triggerOf(cause.text, call, redaction) }, [exchange], redaction);
    } else {
      const utterance = said.find(({ exchanges }) => exchanges[0] === exchange);
      if (utterance) addLine(lines, { hear: utterance.text || '(inaudible)' }, utterance.exchanges, redaction);
    }
  }
  return lines;
}

function addLine(lines: Making, cause: ModelLine, exchanges: readonly Exchange[], redaction: Redaction): void {
  const last = exchanges.at(-1)!;
  const line: ModelLine = { ...cause };
  if (last.tools.length > 0) line.call = callsOf(last.tools, redaction);
  if (last.tools.length > Object.keys(line.call ?? {}).length) {
    lines.notes.push(`a tool was called more than once in a turn: the line has its last call only`);
  }
  const { before } = last;
  if (before) {
    const words = redaction.text(before.text);
    if (lines.canSay(words)) {
      line.sayFirst = words;
      lines.spoken.push(before);
    } else {
      lines.notes.push(`before its tools the agent said "${words}", for which the local model has no clips: left out`);
    }
  }
  if (last.speech) {
    const { speech } = last;
    lines.spoken.push(speech);
    const name = `agent-${lines.files.size + 1}.wav`;
    lines.files.set(name, mulawWav(soundOf(speech, redaction)));
    line.say = redaction.text(speech.text) || '(a recording)';
    line.audio = name;
  }
  if (last.isDuringTool) line.duringTool = true;
  if (last.delayMs !== undefined) {
    line.answerAfterMs = Math.min(LONGEST_DELAY_MS, Math.round(last.delayMs / 10) * 10);
  }
  lines.turns.push(line);
}

function callsOf(tools: readonly ToolCallRecord[], redaction: Redaction): Record<string, unknown> {
  return Object.fromEntries(tools.map(({ name, input }) => [name, redaction.data(input)]));
}

function soundOf(speech: Speech, redaction: Redaction): Uint8Array {
  const { mulaw, text, isCut, isSecret, startMs, endMs } = speech;
  const durationMs = mulaw.length / BYTES_PER_MS;
  const spans = redaction.spans(text, durationMs, placesIn(mulaw));
  // Of a line that was cut the rest of its words may have no sound: those before lie later than their share of it.
  const kept = isSecret ? tone(durationMs) : withTones(mulaw, isCut ? toTheEnd(spans, durationMs) : spans);
  return isCut ? lengthened(kept, endMs - startMs + BEYOND_CUT_MS) : kept;
}

function toTheEnd(spans: readonly Span[], endMs: number): Span[] {
  return spans.slice(0, 1).map(({ startMs }) => ({ startMs, endMs }));
}

/** Words by which the line is found again: of a greeting those that are the same in every call. */
function triggerOf(text: string, { agent, exchanges }: RecordedCall, redaction: Redaction): string {
  const keys = KEYS_TOLD.exec(text)?.[1];
  if (keys !== undefined) return `keys on the telephone: ${redaction.keys(keys)}`;
  const isGreeting =
    agent.greeting !== undefined && exchanges[0]?.cause.kind === 'told' && exchanges[0].cause.text === text;
  const parts = isGreeting ? (agent.greeting ?? '').split(/\{\{[^{}]*\}\}/) : [text];
  const longest = parts.reduce((best, part) => (part.trim().length > best.length ? part.trim() : best), '');
  // What is left out of a sensitive span can only be what keys were told by.
  return redaction.text(longest).slice(0, TRIGGER_LETTERS).trim() || 'keys on the telephone';
}
