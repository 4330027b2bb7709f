import { LineCounter, parseDocument } from 'yaml';
import { BridgeError } from '../../errors.js';
import { type Fault, parseFault } from './faults.js';
import { loadVoice, type Voice } from './voice.js';

/** The lines of the local voice model in one session. */
export interface ModelScript {
  turns: readonly ScriptTurn[];
}

/** Input by the name of the tool. */
export type ToolCalls = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** One line. It belongs to a caller's utterance (`hear`, in order) or to a live text (`text`, found anywhere). */
export interface ScriptTurn {
  /** What the caller says: the transcript that the model gives of the next utterance. */
  hear?: string;
  /** Answers an interactive text that contains this, in any case of letters; used turns are taken again last. */
  text?: string;
  /** Tools to call at once, with their input; a list calls the same tool several times. The answer waits for every result. */
  call?: ToolCalls | readonly ToolCalls[];
  say?: string;
  /** A WAV to play in place of clips, with `say` as its words. */
  audio?: string;
  /** Spoken before the tool call. */
  sayFirst?: string;
  /** A WAV to play in place of clips before the tool call, with `sayFirst` as its words. */
  audioFirst?: string;
  /** From the turn's end (or the last tool result) to the first output, in ms; default 300. */
  answerAfterMs?: number;
  /** Speed of delivery as a multiple of real time; 0 is all at once. Default: the server's. */
  burst?: number;
  /** Length of an audio event in ms. Default: the server's. */
  chunkMs?: number;
  /** Audio events of irregular length; `bytes`: also with odd byte counts, which split samples. */
  oddChunks?: boolean | 'bytes';
  /** After an interruption this much of the cut audio still comes, in ms. */
  lateAudioMs?: number;
  /** At an interruption the open audio block ends with `INTERRUPTED` in place of `PARTIAL_TURN`. */
  audioEndInterrupted?: boolean;
  /** The tool's input is encoded twice, as some deployments have seen. */
  doubleEncoded?: boolean;
  /** An event that no documentation names comes before the transcript. */
  unknownEvent?: boolean;
  /** Answered at once although a tool is running; otherwise after the tool's result was spoken. */
  duringTool?: boolean;
  /** What goes wrong in place of the answer, or `failAfterMs` into it. */
  fail?: Fault;
  failAfterMs?: number;
  /** Whether speech of the caller cuts this answer; default true. */
  interruptible?: boolean;
}

export interface ScriptPlace {
  /** Folder of the script, for `audio`. */
  dir: string;
  /** Folder of clips; default: the project's `fixtures/voice`. */
  voiceDir?: string;
}

type FieldKind = 'text' | 'boolean' | 'number' | 'calls' | 'fault' | 'odd';

const FIELDS: Readonly<Record<keyof ScriptTurn, FieldKind>> = {
  hear: 'text',
  text: 'text',
  call: 'calls',
  say: 'text',
  audio: 'text',
  sayFirst: 'text',
  audioFirst: 'text',
  answerAfterMs: 'number',
  burst: 'number',
  chunkMs: 'number',
  oddChunks: 'odd',
  lateAudioMs: 'number',
  audioEndInterrupted: 'boolean',
  doubleEncoded: 'boolean',
  unknownEvent: 'boolean',
  duringTool: 'boolean',
  fail: 'fault',
  failAfterMs: 'number',
  interruptible: 'boolean',
};

/** Reads `model.yaml`. Throws `FIXTURE_INVALID` that names every bad line and field, and words that cannot be spoken. */
export function parseModelScript(yamlText: string, place: ScriptPlace): ModelScript {
  const lines = new LineCounter();
  const document = parseDocument(yamlText, { lineCounter: lines });
  const faults: string[] = [];
  const complain = (path: readonly (string | number)[], reason: string) => {
    const node = document.getIn(path, true) as { range?: [number, number, number] } | undefined;
    const line = node?.range ? lines.linePos(node.range[0]).line : 1;
    faults.push(`line ${line}: ${fieldName(path)} ${reason}`);
  };
  for (const error of document.errors) {
    faults.push(`line ${lines.linePos(error.pos[0]).line}: ${error.message.split('\n')[0]}`);
  }
  const root: unknown = faults.length === 0 ? document.toJS() : undefined;
  const turns: ScriptTurn[] = [];
  if (isRecord(root) && Array.isArray(root.turns)) {
    for (const key of Object.keys(root)) if (key !== 'turns') complain([key], 'is no field of a script');
    const voice = loadVoice(place.voiceDir);
    for (const [index, value] of root.turns.entries()) {
      const path = ['turns', index];
      turns.push(parseTurn(value, { voice, dir: place.dir }, (field, reason) => complain([...path, ...field], reason)));
    }
  } else if (faults.length === 0) {
    complain([], 'must have a list of turns');
  }
  if (faults.length > 0) {
    throw new BridgeError('FIXTURE_INVALID', `bad model script: ${faults.join('; ')}`, { faults });
  }
  return { turns };
}

/** Words and the recording that may sound in their place. */
const SPOKEN = [
  ['say', 'audio'],
  ['sayFirst', 'audioFirst'],
] as const;

/** What the turn's answer could not say for want of clips or files; empty when all is there. */
export function unspeakable(
  turn: ScriptTurn,
  voice: Voice,
  dir?: string,
): { field: keyof ScriptTurn; reason: string }[] {
  const reasons: { field: keyof ScriptTurn; reason: string }[] = [];
  for (const [field, audio] of SPOKEN) {
    const text = turn[field];
    if (text === undefined || turn[audio] !== undefined) continue;
    const missing = voice.missingWords(text);
    if (missing.length > 0) reasons.push({ field, reason: `has words without a clip: ${missing.join(', ')}` });
  }
  for (const [, field] of SPOKEN) {
    const name = turn[field];
    if (name === undefined || voice.find(name, dir) !== undefined) continue;
    reasons.push({ field, reason: `names ${name}, which is neither beside the script nor among the clips` });
  }
  return reasons;
}

/** Throws `FIXTURE_INVALID` for a script that was made in code and has words without clips or recordings not found. */
export function checkScript(script: ModelScript, voice: Voice): void {
  const faults = script.turns.flatMap((turn, index) =>
    unspeakable(turn, voice).map(({ field, reason }) => `turns[${index}].${field} ${reason}`),
  );
  if (faults.length > 0) {
    throw new BridgeError('FIXTURE_INVALID', `bad model script: ${faults.join('; ')}`, { faults });
  }
}

type Complain = (field: readonly (string | number)[], reason: string) => void;

function parseTurn(value: unknown, place: { voice: Voice; dir: string }, complain: Complain): ScriptTurn {
  if (!isRecord(value)) {
    complain([], 'must be an object');
    return {};
  }
  const turn: Record<string, unknown> = {};
  for (const [field, entry] of Object.entries(value)) {
    const kind = Object.hasOwn(FIELDS, field) ? FIELDS[field as keyof ScriptTurn] : undefined;
    const result = kind ? parseField(kind, entry) : { reason: 'is no field of a turn' };
    if ('reason' in result) complain([field], result.reason);
    else turn[field] = result.value;
  }
  const parsed = turn as ScriptTurn;
  if ((parsed.hear === undefined) === (parsed.text === undefined)) complain([], 'must have either hear or text');
  for (const { field, reason } of unspeakable(parsed, place.voice, place.dir)) complain([field], reason);
  return SPOKEN.reduce((filled, [words, audio]) => withRecording(filled, words, audio, place), parsed);
}

/** The turn with the recording's path, and with words for it. */
function withRecording(
  turn: ScriptTurn,
  words: 'say' | 'sayFirst',
  audio: 'audio' | 'audioFirst',
  { voice, dir }: { voice: Voice; dir: string },
): ScriptTurn {
  const name = turn[audio];
  const path = name === undefined ? undefined : voice.find(name, dir);
  if (name === undefined || path === undefined) return turn;
  return { ...turn, [audio]: path, [words]: turn[words] ?? voice.textOf(name) ?? '(a recording)' };
}

function parseField(kind: FieldKind, value: unknown): { value: unknown } | { reason: string } {
  switch (kind) {
    case 'text':
      return typeof value === 'string' && value.trim() !== '' ? { value: value.trim() } : { reason: 'must be a text' };
    case 'number':
      return typeof value === 'number' && value >= 0 ? { value } : { reason: 'must be a number from 0' };
    case 'boolean':
      return typeof value === 'boolean' ? { value } : { reason: 'must be true or false' };
    case 'odd':
      return typeof value === 'boolean' || value === 'bytes' ? { value } : { reason: 'must be true, false or bytes' };
    case 'calls':
      return [value].flat().length > 0 && [value].flat().every(isCalls)
        ? { value }
        : { reason: 'must be an object of tool names, each with an object of input, or a list of such objects' };
    case 'fault': {
      const fault = parseFault(value);
      if (typeof fault === 'string') return { reason: fault };
      if (fault.kind === 'http' || fault.kind === 'refuse' || fault.kind === 'hang') {
        return { reason: 'can only happen while a stream is opened' };
      }
      return { value: fault };
    }
  }
}

function isCalls(value: unknown): boolean {
  return isRecord(value) && Object.keys(value).length > 0 && Object.values(value).every(isRecord);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fieldName(path: readonly (string | number)[]): string {
  if (path.length === 0) return 'the script';
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .slice(1);
}
