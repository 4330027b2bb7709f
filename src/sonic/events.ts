import { decodeBase64 } from '../audio/base64.js';
import type { TokenUsage } from '../call/ports.js';

/**
 * The model's output events in our words. Source: Nova Sonic user guide, output events; fields that only real traffic
 * shows are taken when they are there and never required.
 */
export type SonicEvent =
  | { kind: 'contentStarted'; contentId: string; type: 'TEXT'; role: 'caller' | 'agent'; isFinal: boolean }
  | { kind: 'contentStarted'; contentId: string; type: 'AUDIO' | 'TOOL' }
  | { kind: 'text'; contentId: string; role: 'caller' | 'agent' | undefined; text: string }
  | { kind: 'interruption' }
  | { kind: 'audio'; contentId: string; s16le: Uint8Array }
  | {
      kind: 'toolUse';
      toolUseId: string;
      name: string;
      input: Readonly<Record<string, unknown>> | undefined;
      /** What came in place of an input, cut. */
      rawInput?: string;
    }
  | { kind: 'contentEnded'; contentId: string; type: string; stopReason: string }
  | { kind: 'completionStarted' }
  | { kind: 'completionEnded' }
  | { kind: 'usage'; usage: TokenUsage }
  | { kind: 'unknown'; name: string }
  | { kind: 'invalid'; reason: string };

const AUDIO_KEY = Buffer.from('"audioOutput"');
const CONTENT_KEY = Buffer.from('"content":"');
const CONTENT_ID_KEY = Buffer.from('"contentId":"');
/** The event's name stands at the front; it is not looked for in megabytes of base64. */
const NAME_WITHIN_BYTES = 64;
/** Of a tool's input that is none: enough to see what the model made of it, in characters. */
const MAX_RAW_INPUT = 1000;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const CLOSING_BRACE = 0x7d;

/** Parses one event. Never throws: what makes no sense is `invalid`, what is new is `unknown`. */
export function parseSonicEvent(json: Buffer): SonicEvent {
  return scanAudio(json) ?? parseStrictly(json);
}

/** The one event that comes fifty times a second, found without parsing; anything unusual is left to the parser. */
function scanAudio(json: Buffer): SonicEvent | undefined {
  const name = json.subarray(0, NAME_WITHIN_BYTES).indexOf(AUDIO_KEY);
  if (name < 0) return undefined;
  const contentId = scanString(json, CONTENT_ID_KEY, name);
  const content = scanString(json, CONTENT_KEY, name);
  if (contentId === undefined || content === undefined) return undefined;
  const s16le = decodeBase64(content);
  return s16le && json[json.length - 1] === CLOSING_BRACE ? { kind: 'audio', contentId, s16le } : undefined;
}

function scanString(json: Buffer, key: Buffer, from: number): string | undefined {
  const keyAt = json.indexOf(key, from);
  if (keyAt < 0) return undefined;
  const start = keyAt + key.length;
  const end = json.indexOf(QUOTE, start);
  if (end < 0) return undefined;
  const backslash = json.indexOf(BACKSLASH, start);
  if (backslash >= 0 && backslash < end) return undefined;
  return json.toString('latin1', start, end);
}

function parseStrictly(json: Buffer): SonicEvent {
  let envelope: unknown;
  try {
    envelope = JSON.parse(json.toString('utf8'));
  } catch {
    return { kind: 'invalid', reason: 'not JSON' };
  }
  const event = isObject(envelope) ? envelope.event : undefined;
  const name = isObject(event) ? Object.keys(event)[0] : undefined;
  if (!isObject(event) || name === undefined) return { kind: 'invalid', reason: 'no event in the envelope' };
  const body = event[name];
  if (!isObject(body)) return { kind: 'invalid', reason: `${name} is not an object` };
  const parser = Object.hasOwn(PARSERS, name) ? PARSERS[name] : undefined;
  return parser ? parser(body) : { kind: 'unknown', name };
}

type Body = Record<string, unknown>;

const PARSERS: Readonly<Record<string, (body: Body) => SonicEvent>> = {
  completionStart: () => ({ kind: 'completionStarted' }),
  completionEnd: () => ({ kind: 'completionEnded' }),
  contentStart: parseContentStart,
  textOutput: parseText,
  audioOutput: (body) => {
    const contentId = text(body.contentId);
    const s16le = decodeBase64(text(body.content) ?? '-');
    if (contentId === undefined || s16le === undefined) {
      return { kind: 'invalid', reason: 'audioOutput without contentId or base64 content' };
    }
    return { kind: 'audio', contentId, s16le };
  },
  toolUse: parseToolUse,
  contentEnd: (body) => {
    const contentId = text(body.contentId);
    if (contentId === undefined) return { kind: 'invalid', reason: 'contentEnd without contentId' };
    return { kind: 'contentEnded', contentId, type: text(body.type) ?? '', stopReason: text(body.stopReason) ?? '' };
  },
  usageEvent: parseUsage,
};

function parseContentStart(body: Body): SonicEvent {
  const contentId = text(body.contentId);
  if (contentId === undefined) return { kind: 'invalid', reason: 'contentStart without contentId' };
  if (body.type === 'AUDIO' || body.type === 'TOOL') return { kind: 'contentStarted', contentId, type: body.type };
  if (body.type !== 'TEXT') return { kind: 'unknown', name: `contentStart of ${String(body.type)}` };
  const role = roleOf(body.role);
  if (role === undefined) return { kind: 'unknown', name: `text of ${String(body.role)}` };
  return {
    kind: 'contentStarted',
    contentId,
    type: 'TEXT',
    role,
    isFinal: role === 'caller' || generationStage(body) === 'FINAL',
  };
}

function parseText(body: Body): SonicEvent {
  const contentId = text(body.contentId);
  const content = text(body.content);
  if (contentId === undefined || content === undefined) {
    return { kind: 'invalid', reason: 'textOutput without contentId or content' };
  }
  if (isInterruption(content)) return { kind: 'interruption' };
  return { kind: 'text', contentId, role: roleOf(body.role), text: content };
}

/** A tool's input is JSON in a string, seen encoded twice as well; undefined when it is no JSON object. */
function parseToolUse(body: Body): SonicEvent {
  const toolUseId = text(body.toolUseId);
  const name = text(body.toolName);
  if (!toolUseId || !name) return { kind: 'invalid', reason: 'toolUse without toolUseId or toolName' };
  let input: unknown = body.content;
  for (let depth = 0; depth < 2 && typeof input === 'string'; depth++) input = parsed(input);
  if (isObject(input)) return { kind: 'toolUse', toolUseId, name, input };
  const rawInput = (text(body.content) ?? JSON.stringify(body.content) ?? '').slice(0, MAX_RAW_INPUT);
  return { kind: 'toolUse', toolUseId, name, input: undefined, rawInput };
}

/** Usage is cumulative in the session; only what was added since the last event is taken. */
function parseUsage(body: Body): SonicEvent {
  const details = isObject(body.details) ? body.details : {};
  const delta = isObject(details.delta) ? details.delta : {};
  const side = (value: unknown) => {
    const counts = isObject(value) ? value : {};
    return { speechTokens: count(counts.speechTokens), textTokens: count(counts.textTokens) };
  };
  return { kind: 'usage', usage: { input: side(delta.input), output: side(delta.output) } };
}

/** `{ "interrupted" : true }` as text of the agent is a signal, not words. */
function isInterruption(content: string): boolean {
  if (!content.includes('interrupted')) return false;
  const value = parsed(content);
  return isObject(value) && value.interrupted === true;
}

function generationStage(body: Body): string | undefined {
  const fields = parsed(text(body.additionalModelFields) ?? '');
  return isObject(fields) ? text(fields.generationStage) : undefined;
}

function roleOf(role: unknown): 'caller' | 'agent' | undefined {
  return role === 'USER' ? 'caller' : role === 'ASSISTANT' ? 'agent' : undefined;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
