import { event, IDS } from './model-events.js';
import type { Probe, Recorder } from './probe.js';
import { spreadPhaseMs, UTTERANCE_MS } from './schedule.js';
import { askWords } from './tool-ask.js';
import type { ToolRecorder } from './tool-recorder.js';

/** How the model of every call uses tools. */
export interface ToolLoad {
  /** From one call of a tool to the next, in ms; never before the result of the one before. */
  everyMs: number;
  /** How long the agent takes over each, in ms. */
  tookMs: number;
  /** How much it says at least, in bytes; left out: two sentences. */
  answerBytes?: number;
  /**
   * When the caller is to hear that work goes on, in ms after the call. Where it is given the model speaks only when a
   * result has come: nobody hears that sound beside the model's voice.
   */
  soundAfterMs?: number;
}

/** How long after the model has fallen silent the first tool is called, in ms: nothing of it sounds any more. */
const SPEECH_OVER_MS = UTTERANCE_MS + 500;

/** How long it takes until every call has used a tool in that way, in ms. */
export function settleMs(load: ToolLoad): number {
  return load.everyMs + (load.soundAfterMs === undefined ? 0 : SPEECH_OVER_MS);
}

/** The agent's two tools: the same work, without and with a sound of waiting. */
export const TOOLS = { quiet: 'ask_agent', sounding: 'ask_agent_with_sound' } as const;

export interface ToolUserOptions {
  write: (bytes: Buffer) => void;
  recorder: Recorder;
  toolRecorder: ToolRecorder;
  now: () => number;
}

type EventBody = Record<string, unknown>;

/** The tool calls of one stream of the model stand-in: one at a time, and what comes back. */
export class ToolUser {
  readonly #options: ToolUserOptions;
  #load: ToolLoad | undefined;
  #probe: Probe | undefined;
  #nextMs = Number.POSITIVE_INFINITY;
  #openId: string | undefined;
  #count = 0;
  /** The block in which a result is being told, and whose. */
  #block: { name: unknown; id: unknown } | undefined;

  constructor(options: ToolUserOptions) {
    this.#options = options;
  }

  /** Whether the model keeps silent but for what it says on results. */
  get isQuiet(): boolean {
    return this.#load?.soundAfterMs !== undefined;
  }

  /** From now on tools are used like this, or not at all; a call that is open is not given up. */
  use(load: ToolLoad | undefined, probe: Probe, calls: number): void {
    this.#load = load;
    this.#probe = probe;
    const leadMs = this.isQuiet ? SPEECH_OVER_MS : 0;
    this.#nextMs = load
      ? this.#options.now() + leadMs + spreadPhaseMs(probe.index, calls, load.everyMs)
      : Number.POSITIVE_INFINITY;
  }

  tick(nowMs: number): void {
    if (nowMs >= this.#nextMs && this.#openId === undefined) this.#call();
  }

  /** Takes an event of the bridge; true when a result is complete with it. */
  take(name: string, body: EventBody): boolean {
    if (name === 'contentStart' && body.type === 'TOOL') {
      const { toolUseId } = (body.toolResultInputConfiguration ?? {}) as EventBody;
      this.#block = { name: body.contentName, id: toolUseId };
    }
    if (name !== 'toolResult') return false;
    const { now, recorder, toolRecorder } = this.#options;
    const id = this.#openId;
    if (id === undefined || this.#block?.name !== body.contentName || this.#block?.id !== id) return false;
    toolRecorder.resulted(id, String(body.content).includes(id), now());
    if (this.#probe) recorder.soundOver(this.#probe);
    this.#openId = undefined;
    return true;
  }

  #call(): void {
    const { write, toolRecorder, now } = this.#options;
    const load = this.#load;
    const probe = this.#probe;
    if (!load || !probe) return;
    const id = `bench-${probe.index}-${++this.#count}`;
    this.#openId = id;
    const fields = { ...IDS, contentId: `tool-${id}` };
    const bytes = Buffer.concat([
      event('contentStart', {
        ...fields,
        type: 'TOOL',
        role: 'TOOL',
        toolUseOutputConfiguration: { mediaType: 'application/json' },
      }),
      event('toolUse', {
        ...fields,
        role: 'TOOL',
        toolName: load.soundAfterMs === undefined ? TOOLS.quiet : TOOLS.sounding,
        toolUseId: id,
        content: JSON.stringify({ prompt: askWords({ id, ...load }) }),
      }),
      event('contentEnd', { ...fields, type: 'TOOL', stopReason: 'TOOL_USE' }),
    ]);
    const nowMs = now();
    this.#nextMs = Math.max(this.#nextMs + load.everyMs, nowMs);
    toolRecorder.called(id, nowMs);
    if (load.soundAfterMs !== undefined) probe.soundDueMs = nowMs + load.soundAfterMs;
    write(bytes);
  }
}
