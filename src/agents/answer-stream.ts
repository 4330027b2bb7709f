import { errorIn, isObject, type Members, parsedJson, parsedObject, textOf } from './answer-text.js';
import type { SseEvent } from './sse.js';

/**
 * One answer often comes several times over in a stream: as deltas of the model, as the framework's own events, as whole
 * messages, as a result. What is of one origin belongs together; among the origins the answer is told apart from its echo.
 */
type Origin = 'converse' | 'data' | 'piece' | 'whole' | 'message';
const ORIGINS: readonly Origin[] = ['converse', 'data', 'piece', 'whole', 'message'];

type Found =
  | { readonly kind: 'text'; readonly origin: Origin; readonly text: string }
  | { readonly kind: 'paragraph' }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'progress' }
  | { readonly kind: 'data'; readonly value: unknown };

/** Says where the agent's loop is, not what the agent says. Source: Strands Agents, streaming events. */
const PROGRESS = [
  'init_event_loop',
  'start',
  'start_event_loop',
  'current_tool_use',
  'contentBlockStart',
  'contentBlockStop',
  'messageStart',
  'metadata',
];

/** Characters that are kept of one origin's words, and of data: several times what can be spoken. */
const KEPT_LENGTH = 16_384;

/** Gathers the beginning of the words of a streamed answer from its events. */
export class StreamedAnswer {
  readonly #texts = new Map<Origin, string>();
  #data = '';
  #error: string | undefined;

  add(event: SseEvent): void {
    const found = event.type === 'error' ? errorOf(event.data) : foundIn(event.data);
    switch (found.kind) {
      case 'text':
        this.#append(found.origin, found.text);
        return;
      case 'paragraph':
        if (this.#texts.has('converse')) this.#append('converse', '\n');
        return;
      case 'error':
        this.#error ??= found.text;
        return;
      case 'data':
        if (this.#data.length < KEPT_LENGTH) this.#data += `${this.#data && '\n'}${JSON.stringify(found.value)}`;
        return;
      case 'progress':
        return;
    }
  }

  /** What the agent reports as its failure; undefined without one. May be empty. */
  get error(): string | undefined {
    return this.#error;
  }

  /** The words so far; without any the data so far, as JSON. Empty when there was neither. */
  get text(): string {
    const texts = ORIGINS.map((origin) => this.#texts.get(origin)?.trim() ?? '');
    const text = texts.reduce(withoutEcho, '');
    return text === '' ? this.#data : text;
  }

  get isData(): boolean {
    return this.#data !== '' && [...this.#texts.values()].every((text) => text.trim() === '');
  }

  #append(origin: Origin, text: string): void {
    const before = this.#texts.get(origin) ?? '';
    if (before.length === KEPT_LENGTH) return;
    const isSoFar = origin === 'whole' && before !== '' && text.startsWith(before);
    const gap = origin === 'message' && before !== '' ? '\n' : '';
    this.#texts.set(origin, (isSoFar ? text : before + gap + text).slice(0, KEPT_LENGTH));
  }
}

function withoutEcho(text: string, next: string): string {
  if (text === '' || next === '') return text + next;
  const [said, more] = [text, next].map((each) => each.replace(/\s+/g, '')) as [string, string];
  // Of what goes on for longer only the beginnings are here, each with an end of its own.
  const length = Math.min(said.length, more.length);
  if (length > KEPT_LENGTH / 2 && said.slice(0, length) === more.slice(0, length)) return text;
  if (said.includes(more)) return text;
  return more.includes(said) ? next : `${text}\n${next}`;
}

function errorOf(data: string): Found {
  const value = parsedJson(data);
  return { kind: 'error', text: errorIn(value) ?? textOf(value) ?? data };
}

function foundIn(data: string): Found {
  if (data === '' || data === '[DONE]') return { kind: 'progress' };
  const value = parsedJson(data);
  if (value === undefined) {
    // Half an object is no sentence.
    return /^\s*\{/.test(data) ? { kind: 'progress' } : { kind: 'text', origin: 'piece', text: data };
  }
  const error = errorIn(value);
  if (error !== undefined) return { kind: 'error', text: error };
  if (typeof value === 'string') return inString(value);
  return isObject(value) ? inObject(value) : { kind: 'data', value };
}

function inString(value: string): Found {
  const object = parsedObject(value);
  if (object) return inObject(object);
  // An event of a framework that Python could not write as JSON, as its `repr`.
  if (/^\{'.*\}$/s.test(value)) return { kind: 'progress' };
  return { kind: 'text', origin: 'piece', text: value };
}

function inObject(value: Members): Found {
  if (isObject(value.event)) return inConverse(value.event) ?? { kind: 'progress' };
  const converse = inConverse(value);
  if (converse) return converse;
  if (value.force_stop === true) return { kind: 'error', text: String(value.force_stop_reason ?? '') };
  if (value.type === 'error' || value.type === 'RUN_ERROR') return { kind: 'error', text: textOf(value) ?? '' };
  if (typeof value.data === 'string') return { kind: 'text', origin: 'data', text: value.data };
  const piece = pieceIn(value);
  if (piece !== undefined) return { kind: 'text', origin: 'piece', text: piece };
  if (isObject(value.message)) return inMessage(value.message);
  const text = textOf(value);
  if (text !== undefined) return { kind: 'text', origin: 'whole', text };
  const isProgress = PROGRESS.some((key) => value[key] === true || isObject(value[key]));
  return isProgress ? { kind: 'progress' } : { kind: 'data', value };
}

/** An event of Bedrock's ConverseStream. */
function inConverse(event: Members): Found | undefined {
  const { contentBlockDelta } = event;
  if (isObject(contentBlockDelta)) {
    const { delta } = contentBlockDelta;
    const text = isObject(delta) ? delta.text : undefined;
    return typeof text === 'string' ? { kind: 'text', origin: 'converse', text } : { kind: 'progress' };
  }
  if ('messageStop' in event) return { kind: 'paragraph' };
  const exception = Object.keys(event).find((key) => key.endsWith('Exception'));
  return exception === undefined ? undefined : { kind: 'error', text: textOf(event[exception]) ?? exception };
}

/** A token as other frameworks send it: `{ delta }`, `{ token }`, `{ chunk }`, or in `choices` or `delta` as OpenAI's and Anthropic's. */
function pieceIn(value: Members): string | undefined {
  const [choice] = Array.isArray(value.choices) ? (value.choices as unknown[]) : [];
  const delta = isObject(choice) ? choice.delta : value.delta;
  const inDelta = isObject(delta) ? (delta.text ?? delta.content) : delta;
  return [inDelta, value.token, value.chunk, value.text, value.content].find((each) => typeof each === 'string') as
    | string
    | undefined;
}

/** A whole message; those of role `user` carry results of tools. */
function inMessage(message: Members): Found {
  const text = message.role === 'user' ? undefined : textOf(message);
  return text === undefined ? { kind: 'progress' } : { kind: 'text', origin: 'message', text };
}
