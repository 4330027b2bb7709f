import { request } from '../../api/client.ts';
import type { TestCall } from '../../api/types.ts';
import { type OpenWorklet, openWorklet } from '../../audio/open-worklet.ts';
import type { FromWorklet } from '../../audio/worklet-messages.ts';
import { type MediaLine, openMediaLine } from '../test-call/media-line.ts';
import type { BridgeMessage } from '../test-call/media-messages.ts';
import { troubleOf, troubleOfEnd } from '../test-call/trouble.ts';

export interface SampleOrder {
  readonly agentId: string;
  readonly voiceId: string;
  /** What the agent is told to greet with. */
  readonly greeting: string;
}

export interface SampleState {
  readonly at: 'ready' | 'loading' | 'playing';
  /** Why nothing was heard, and what to do. */
  readonly trouble: string | undefined;
}

const READY: SampleState = { at: 'ready', trouble: undefined };
/** A sample is no longer than this, whatever the greeting is. */
const LONGEST_MS = 8000;
/** Nobody has to wait longer for the first word. */
const PATIENCE_MS = 8000;
/** A pause of this length is the end of what is said. */
const PAUSE_MS = 1200;
/** In a window of 50 ms above this the agent speaks. */
const LOUD = 0.005;
const WINDOW_MS = 50;

interface Held {
  sound: OpenWorklet | undefined;
  line: MediaLine | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** Since the agent was heard last; undefined until it was heard at all. */
  quietMs: number | undefined;
  isPaused: boolean;
}

/**
 * Lets a voice be heard: a test call in which nobody speaks but the agent, and that is hung up after its greeting. Voices sound
 * in calls alone, so this is how it will sound on the telephone.
 */
export class VoiceSample {
  #state = READY;
  #held: Held | undefined;
  readonly #followers = new Set<() => void>();

  readonly get = (): SampleState => this.#state;
  readonly follow = (listener: () => void): (() => void) => {
    this.#followers.add(listener);
    return () => this.#followers.delete(listener);
  };

  /** To be called while a click is answered. */
  async play(order: SampleOrder): Promise<void> {
    if (this.#held) return;
    const held: Held = { sound: undefined, line: undefined, timer: undefined, quietMs: undefined, isPaused: false };
    this.#held = held;
    this.#set({ at: 'loading', trouble: undefined });
    try {
      held.sound = await openWorklet('softphone', {
        message: (message) => this.#fromWorklet(held, message),
        paused: (isPaused) => {
          held.isPaused = isPaused;
        },
      });
      if (this.#held !== held) return;
      const placed = await request<TestCall>('/test-calls', { method: 'POST', body: order });
      if (this.#held !== held) return;
      held.line = openMediaLine(placed, {
        opened: () => this.#endAfter(held, PATIENCE_MS),
        message: (message) => this.#fromBridge(held, message),
        ended: (end) => this.#end(held, wordsOf(troubleOfEnd(end))),
      });
    } catch (error) {
      this.#end(held, wordsOf(troubleOf(error)));
    } finally {
      // It was given up meanwhile.
      if (this.#held !== held) release(held);
    }
  }

  stop(): void {
    if (this.#held) this.#end(this.#held, undefined);
  }

  #fromBridge(held: Held, message: BridgeMessage): void {
    if (message.event === 'media') held.sound?.tell({ kind: 'play', mulaw: message.mulaw });
    else if (message.event === 'mark') held.sound?.tell({ kind: 'mark', name: message.name });
    else held.sound?.tell({ kind: 'clear' });
  }

  #fromWorklet(held: Held, message: FromWorklet): void {
    if (message.kind === 'frame') held.line?.media(message.mulaw);
    if (message.kind === 'marksReturned') for (const name of message.names) held.line?.mark(name);
    if (message.kind !== 'levels' || this.#held !== held) return;
    if (message.agent > LOUD) {
      if (held.quietMs === undefined) this.#began(held);
      held.quietMs = 0;
    } else if (held.quietMs !== undefined) {
      held.quietMs += WINDOW_MS;
      if (held.quietMs >= PAUSE_MS) this.#end(held, undefined);
    }
  }

  #began(held: Held): void {
    this.#endAfter(held, LONGEST_MS);
    this.#set({ at: 'playing' });
  }

  #endAfter(held: Held, limitMs: number): void {
    clearTimeout(held.timer);
    held.timer = setTimeout(() => this.#end(held, held.quietMs === undefined ? silence(held) : undefined), limitMs);
  }

  #end(held: Held, trouble: string | undefined): void {
    release(held);
    if (this.#held !== held) return;
    this.#held = undefined;
    this.#set({ at: 'ready', trouble });
  }

  #set(change: Partial<SampleState>): void {
    this.#state = { ...this.#state, ...change };
    for (const follower of this.#followers) follower();
  }
}

function silence({ isPaused }: Held): string {
  if (isPaused) return 'The system has taken the loudspeaker away, or there is none.';
  return 'The agent has said nothing. Its model may be out of reach: a test call tells more.';
}

function wordsOf(trouble: ReturnType<typeof troubleOfEnd>): string | undefined {
  return trouble && [trouble.title, trouble.advice].filter((words) => words !== '').join(' ');
}

function release(held: Held): void {
  clearTimeout(held.timer);
  held.line?.hangUp();
  held.line = undefined;
  held.sound?.close();
  held.sound = undefined;
}
