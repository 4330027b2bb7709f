import { request } from '../api/client.ts';
import { wordsOf } from '../api/problem.ts';
import { session } from '../api/session.ts';
import type { Call } from '../api/types.ts';
import { type OpenWorklet, openWorklet } from './open-worklet.ts';
import type { Levels } from './worklet-messages.ts';

export interface ListenerState {
  readonly at: 'off' | 'opening' | 'listening';
  /** Something secret is being said: nothing is sent. */
  readonly isSensitive: boolean;
  readonly isPaused: boolean;
  /** Why it ended, when it was not ended here. */
  readonly words: string | undefined;
}

const OFF: ListenerState = { at: 'off', isSensitive: false, isPaused: false, words: undefined };
const SILENT: Levels = { kind: 'levels', caller: 0, agent: 0, queuedMs: 0, starvedCount: 0 };
const HEADER_BYTES = 5;
/** Roles that the bridge lets listen. */
const MAY_LISTEN: readonly string[] = ['admin', 'operator'];

/** Close codes of RFC 6455, and 1013 of its registry. */
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;

interface Held {
  sound: OpenWorklet | undefined;
  socket: WebSocket | undefined;
}

/** Hears a live call: the caller left, the agent right. */
export class CallListener {
  /** As it stands in addresses. */
  readonly #callSid: string;
  #state = OFF;
  #levels = SILENT;
  #held: Held | undefined;
  readonly #followers = new Set<() => void>();
  readonly #levelFollowers = new Set<() => void>();

  constructor(callSid: string) {
    this.#callSid = encodeURIComponent(callSid);
  }

  readonly get = (): ListenerState => this.#state;
  readonly levels = (): Levels => this.#levels;
  readonly follow = (listener: () => void): (() => void) => {
    this.#followers.add(listener);
    return () => this.#followers.delete(listener);
  };
  readonly followLevels = (listener: () => void): (() => void) => {
    this.#levelFollowers.add(listener);
    return () => this.#levelFollowers.delete(listener);
  };

  /** To be called while a click is answered. */
  async listen(): Promise<void> {
    if (this.#held) return;
    const held: Held = { sound: undefined, socket: undefined };
    this.#held = held;
    this.#set({ ...OFF, at: 'opening' });
    try {
      held.sound = await openWorklet('listener', {
        message: (message) => message.kind === 'levels' && this.#hear(held, message),
        paused: (isPaused) => this.#held === held && this.#set({ isPaused }),
      });
      if (this.#held === held) held.socket = this.#open(held, held.sound);
      else release(held);
    } catch (error) {
      this.#end(held, wordsOf(error));
    }
  }

  stop(): void {
    if (this.#held) this.#end(this.#held, undefined);
  }

  /** Gives the sound back that the system has taken away. To be called while a click is answered. */
  resume(): void {
    void this.#held?.sound?.context.resume();
  }

  #open(held: Held, sound: OpenWorklet): WebSocket {
    const url = new URL(`/api/calls/${this.#callSid}/listen`, location.href);
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    let wasOpen = false;
    socket.onopen = () => {
      wasOpen = true;
      if (this.#held === held) this.#set({ at: 'listening', isPaused: sound.context.state !== 'running' });
    };
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (this.#held !== held) return;
      if (typeof data === 'string') this.#told(held, JSON.parse(data));
      else if (data.byteLength > HEADER_BYTES) sound.tell(soundOf(data));
    };
    socket.onclose = async ({ code, reason }) => {
      if (this.#held === held) this.#end(held, wasOpen ? endWords(code, reason) : await this.#refusal());
    };
    return socket;
  }

  #told(held: Held, message: { event?: string; sensitive?: boolean; active?: boolean }): void {
    if (message.event === 'start') this.#set({ isSensitive: message.sensitive === true });
    if (message.event === 'sensitive') this.#set({ isSensitive: message.active === true });
    if (message.event === 'end') {
      this.#end(held, 'The media stream is over. Where the call goes on with another one, listen in again.');
    }
  }

  /** A browser does not say why a socket was refused: what can be known of it is asked for. */
  async #refusal(): Promise<string> {
    const state = session.get();
    const role = 'session' in state ? state.session.actor.role : undefined;
    if (role !== undefined && !MAY_LISTEN.includes(role)) {
      return `Listening in takes the role ${MAY_LISTEN.join(' or ')}; yours is ${role}.`;
    }
    try {
      const { state: callState } = await request<Call>(`/calls/${this.#callSid}`);
      if (callState === 'ended') return 'The call is over.';
    } catch (error) {
      return wordsOf(error);
    }
    return (
      'The bridge gives no sound of this call now: its media stream has not begun, five people listen already, or the ' +
      'audit trail cannot be written. Try again in a moment.'
    );
  }

  #hear(held: Held, levels: Levels): void {
    if (this.#held !== held) return;
    this.#levels = levels;
    for (const follower of this.#levelFollowers) follower();
  }

  #end(held: Held, words: string | undefined): void {
    if (this.#held !== held) return;
    this.#held = undefined;
    release(held);
    this.#levels = SILENT;
    for (const follower of this.#levelFollowers) follower();
    this.#set({ ...OFF, words });
  }

  #set(change: Partial<ListenerState>): void {
    this.#state = { ...this.#state, ...change };
    for (const follower of this.#followers) follower();
  }
}

/** A side, the ms of the call at which its first sample sounded, and mu-law. */
function soundOf(message: ArrayBuffer) {
  const view = new DataView(message);
  const side = view.getUint8(0) === 0 ? (0 as const) : (1 as const);
  return { kind: 'sound' as const, side, atMs: view.getUint32(1), mulaw: new Uint8Array(message, HEADER_BYTES) };
}

function endWords(code: number, reason: string): string {
  if (code === TRY_AGAIN_LATER)
    return `You were too far behind, or too many listen${reason === '' ? '' : ` (${reason})`}.`;
  if (code === POLICY_VIOLATION) return 'Your session does not hold any more. Log in again, then listen.';
  return 'The connection was lost. Listen in again.';
}

function release(held: Held): void {
  held.socket?.close();
  held.sound?.close();
}
