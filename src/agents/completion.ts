import type {
  Citation as CitedPart,
  ResponseStream,
  ReturnControlPayload,
  Trace,
  TracePart,
} from '@aws-sdk/client-bedrock-agent-runtime';
import { MAX_BODY_BYTES } from './body.js';
import type { Citation } from './runtime-answer.js';

const MAX_CITED_LENGTH = 500;
/** Characters of the words that are kept: several times what can be spoken. */
const KEPT_LENGTH = 16_384;

/** Gathers an agent's answer from the events of a completion. */
export class Completion {
  readonly #decoder = new TextDecoder();
  readonly #citations = new Map<string, Citation>();
  readonly #files: string[] = [];
  readonly #traceKinds = new Set<string>();
  #text = '';
  #byteLength = 0;
  #eventCount = 0;
  #failure: string | undefined;
  #returned: ReturnControlPayload | undefined;

  /** False once more has come than anyone will hear: the rest is not wanted. */
  add(event: ResponseStream): boolean {
    this.#eventCount++;
    const { chunk, files, returnControl, trace } = event;
    if (chunk) this.#addChunk(chunk.bytes ?? new Uint8Array(), chunk.attribution?.citations ?? []);
    if (files) this.#files.push(...(files.files ?? []).map(({ name }) => name ?? 'without a name'));
    if (returnControl) this.#returned = returnControl;
    if (trace) this.#addTrace(trace);
    return !this.isCut;
  }

  /** The stream is over: what is left of a character that never came becomes U+FFFD. */
  end(): void {
    const rest = this.#decoder.decode();
    if (this.#text.length < KEPT_LENGTH) this.#text += rest;
  }

  /** The words, of many their beginning. */
  get text(): string {
    return this.#text.trim();
  }

  get citations(): readonly Citation[] {
    return [...this.#citations.values()];
  }

  get files(): readonly string[] {
    return this.#files;
  }

  /** What the agent wants done first; undefined when it has answered. */
  get returned(): ReturnControlPayload | undefined {
    return this.#returned;
  }

  /** Why the agent failed, as its trace says. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Which kinds of trace came, in order of their first. Their content repeats what the caller said. */
  get traceKinds(): readonly string[] {
    return [...this.#traceKinds];
  }

  get isCut(): boolean {
    return this.#byteLength > MAX_BODY_BYTES;
  }

  get isEmpty(): boolean {
    return this.#eventCount === 0;
  }

  #addTrace({ trace = {} as Trace }: TracePart): void {
    for (const kind of Object.keys(trace)) this.#traceKinds.add(kind);
    this.#failure ??= trace.failureTrace?.failureReason;
  }

  #addChunk(bytes: Uint8Array, citations: readonly CitedPart[]): void {
    const left = Math.max(0, MAX_BODY_BYTES - this.#byteLength);
    this.#byteLength += bytes.byteLength;
    // A character may be cut in two by the border of chunks.
    const words = this.#decoder.decode(bytes.subarray(0, left), { stream: true });
    if (this.#text.length < KEPT_LENGTH) this.#text = (this.#text + words).slice(0, KEPT_LENGTH);
    for (const { retrievedReferences = [] } of citations) {
      for (const { content, location, metadata } of retrievedReferences) {
        const source = sourceOf(location) ?? stringIn(metadata?.['x-amz-bedrock-kb-source-uri']);
        const text = (content?.text ?? '').slice(0, MAX_CITED_LENGTH);
        this.#citations.set(`${source}\n${text}`, { source, text });
      }
    }
  }
}

function sourceOf(location: object | undefined): string | null {
  if (!location) return null;
  for (const place of Object.values(location) as unknown[]) {
    if (typeof place !== 'object' || place === null) continue;
    const { uri, url, id } = place as { uri?: unknown; url?: unknown; id?: unknown };
    const found = [uri, url, id].map(stringIn).find((each) => each !== null);
    if (found) return found;
  }
  return null;
}

function stringIn(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
