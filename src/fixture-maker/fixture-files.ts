import { stringify } from 'yaml';
import { agentFile } from './agent-file.js';
import { type AgentLines, linesOf } from './lines.js';
import { isRepeatable, proposedExpectations } from './proposals.js';
import type { RecordedCall, Span } from './recorded-call.js';
import { Redaction, SECRET_KEYS } from './redaction.js';
import { type Said, utterancesOf } from './said.js';
import { mulawWav, silenced } from './sound.js';

/** Invented: nobody's number is in a fixture. */
const FROM = '+14155550100';
const TO = '+14155550110';
/** A pause of the agent's voice up to this long, in ms, belongs to its turn, as a replay counts turns. */
export const TURN_PAUSE_MS = 300;
/** The tone of a key sounds around the time at which the carrier tells of it, in ms. */
const TONE_BEFORE_MS = 700;
const TONE_AFTER_MS = 300;
const SHORTEST_TIMEOUT_MS = 60_000;

export interface FixtureOptions {
  /** Names and other texts that must not be in it. */
  redact: readonly string[];
  /** A file of `fixtures/agents` to use, without `.yaml`; else the call's agent is written beside the call. */
  agent?: string;
  /** Whether the local model has clips of all these words. */
  canSay: (words: string) => boolean;
}

/** The files of a fixture by their names. */
export type FixtureFiles = ReadonlyMap<string, string | Uint8Array>;

/** Makes a fixture of a recorded call; what a person has to know of how it was made stands at the top of `call.yaml`. Pure. */
export function fixtureFiles(call: RecordedCall, { redact, agent, canSay }: FixtureOptions): FixtureFiles {
  const redaction = new Redaction({ texts: [...redact, ...numbersOf(call)], spoken: wordsOf(call) });
  const said = utterancesOf({ ...call, line: lineWithoutKeys(call) }, redaction);
  const lines = linesOf(call, said, redaction, canSay);
  const files = new Map<string, string | Uint8Array>();
  const notes = [
    ...lines.notes,
    ...said.flatMap(({ changes }, index) => changes.map((each) => `caller-${index + 1}.wav: ${each}`)),
  ];
  if (!isRepeatable(call.endReason)) {
    notes.push(
      `the call ended for a reason that no caller can bring about (${call.endReason ?? 'its box was cut'}): here the caller hangs up`,
    );
  }
  const script = {
    description: descriptionOf(call),
    from: FROM,
    to: TO,
    agent: agent ?? 'agent',
    caller: stepsOf(call, said, lines, redaction),
    timeout: `${Math.max(SHORTEST_TIMEOUT_MS, Math.ceil((call.durationMs * 1.5) / 10_000) * 10_000)}ms`,
    expect: proposedExpectations(call, said, lines, redaction),
  };
  files.set('model.yaml', commented(MODEL_HEAD, { turns: lines.turns }));
  if (agent === undefined) {
    const toolCalls = call.exchanges.flatMap(({ tools }) => tools);
    files.set('agent.yaml', commented(AGENT_HEAD, agentFile(call.agent, toolCalls, redaction)));
  }
  const remarks = [`Redacted: ${redaction.count} places.`, ...notes.map((note) => `Note: ${note}.`)];
  files.set('call.yaml', commented([...HEAD, ...remarks], script));
  said.forEach(({ mulaw }, index) => {
    files.set(`caller-${index + 1}.wav`, mulawWav(mulaw));
  });
  for (const [name, bytes] of lines.files) files.set(name, bytes);
  return files;
}

const HEAD = [
  'Made from a recorded call. A person reads it, listens to it and edits it before it is kept:',
  'the expectations are proposed from what happened, which need not be what should have happened.',
];
const MODEL_HEAD = ['What the voice model did in the recorded call, with the sound that was sent to the caller.'];
const AGENT_HEAD = ['The agent of the recorded call. Its tools answer what they answered then.'];

function commented(comment: readonly string[], value: object): string {
  return `${comment.map((line) => `# ${line}\n`).join('')}${stringify(value, { lineWidth: 120 })}`;
}

function descriptionOf({ startedAt, turns, exchanges, endReason }: RecordedCall): string {
  const toolCount = exchanges.reduce((sum, { tools }) => sum + tools.length, 0);
  const end = endReason === undefined ? 'its box was cut' : `ended as ${endReason}`;
  return `Recorded on ${startedAt.slice(0, 10)}: ${turns.length} turns, ${toolCount} tool calls, ${end}.`;
}

/** The caller's number or address, and digits that were keyed in: they must not be said either. */
function numbersOf({ caller, keys }: RecordedCall): string[] {
  const keyed = keys.map(({ digits }) => digits.replace(/\D/g, '')).filter((digits) => digits.length >= SECRET_KEYS);
  const [, user] = /^(?:sips?|client):([^@]+)/.exec(caller) ?? [];
  const isKnown = user !== undefined || /^\+?\d+$/.test(caller);
  return [...(isKnown ? [caller] : []), ...(user ? [user] : []), ...keyed];
}

/** The caller's line without the tones of keys that are secret: who hears them knows the keys. */
function lineWithoutKeys({ line, keys }: RecordedCall): Uint8Array {
  const secret = keys.filter(({ digits }) => digits.replace(/\D/g, '').length >= SECRET_KEYS);
  const spans = secret.flatMap(({ pressedMs }) =>
    pressedMs.map((atMs) => ({ startMs: atMs - TONE_BEFORE_MS, endMs: atMs + TONE_AFTER_MS })),
  );
  return silenced(line, spans);
}

function wordsOf({ exchanges, turns }: RecordedCall): string[][] {
  const agentTurns = turns.flatMap((turn) => (turn.role === 'agent' ? [turn] : []));
  return [
    exchanges.flatMap(({ cause }) => (cause.kind === 'words' ? [cause.text] : [])),
    exchanges.flatMap(({ before, speech }) => [before?.text ?? '', speech?.text ?? '']),
    agentTurns.map(({ heardText }) => heardText),
  ];
}

/** What the caller did, each relative to the agent's turn that came before it. */
function stepsOf(call: RecordedCall, said: readonly Said[], { spoken }: AgentLines, redaction: Redaction): object[] {
  const heard = heardAs(spoken);
  const when = (atMs: number) => {
    const index = heard.findLastIndex(({ startMs }) => startMs <= atMs);
    const line = heard[index];
    if (!line) return { at: duration(atMs) };
    const edge = line.endMs <= atMs ? 'ended' : 'started';
    return {
      after: `agent-turn ${index + 1} ${edge} + ${duration(atMs - (edge === 'ended' ? line.endMs : line.startMs))}`,
    };
  };
  const hungUpMs = isRepeatable(call.endReason) ? call.hungUpMs : call.durationMs;
  const steps = [
    ...said.map(({ startMs, text }, index) => ({
      atMs: startMs,
      step: { say: `caller-${index + 1}.wav`, ...(text && { text }), ...when(startMs) },
    })),
    ...call.keys.map(({ digits, atMs }) => ({ atMs, step: { press: redaction.keys(digits), ...when(atMs) } })),
    ...(hungUpMs === undefined ? [] : [{ atMs: hungUpMs, step: { 'hang-up': true, ...when(hungUpMs) } }]),
  ];
  return steps.sort((a, b) => a.atMs - b.atMs).map(({ step }) => step);
}

/** Turns as the replay counts them: by what is heard, over short pauses. */
function heardAs(spoken: readonly Span[]): Span[] {
  const stretches: Span[] = [];
  for (const { startMs, endMs } of spoken) {
    if (endMs <= startMs) continue;
    const last = stretches.at(-1);
    if (last && startMs - last.endMs <= TURN_PAUSE_MS) last.endMs = endMs;
    else stretches.push({ startMs, endMs });
  }
  return stretches;
}

function duration(ms: number): string {
  return `${Math.max(0, Math.round(ms / 10) * 10)}ms`;
}
