import { request } from '../../api/client.ts';
import type { TestCall } from '../../api/types.ts';
import { type AudioFile, decoded } from '../../audio/audio-file.ts';
import { openMicrophone, processingOf } from '../../audio/microphone.ts';
import { type OpenWorklet, openWorklet } from '../../audio/open-worklet.ts';
import type { FromWorklet, Levels } from '../../audio/worklet-messages.ts';
import { type MediaLine, openMediaLine } from './media-line.ts';
import type { BridgeMessage } from './media-messages.ts';
import { type Trouble, troubleOf, troubleOfEnd } from './trouble.ts';

export interface Order {
  readonly agentId: string;
  readonly agentVersion?: number;
  readonly from?: string;
  /** Speaks in place of the microphone, from the first moment of the call on. */
  readonly file?: AudioFile | undefined;
  readonly deviceId?: string;
  readonly cancelsEcho: boolean;
}

export interface SoftphoneState {
  readonly at: 'ready' | 'starting' | 'calling' | 'over';
  /** The call that goes on, or the last one. */
  readonly callSid: string | undefined;
  /** What the browser does to the microphone; undefined when a file speaks. */
  readonly processing: string | undefined;
  readonly isMuted: boolean;
  readonly isFilePlaying: boolean;
  /** The system has taken the sound away: a click gives it back. */
  readonly isPaused: boolean;
  /** The agent's sound came so far ahead of the ear that some of it was dropped. */
  readonly hasDropped: boolean;
  readonly keys: string;
  readonly trouble: Trouble | undefined;
}

const READY: SoftphoneState = {
  at: 'ready',
  callSid: undefined,
  processing: undefined,
  isMuted: false,
  isFilePlaying: false,
  isPaused: false,
  hasDropped: false,
  keys: '',
  trouble: undefined,
};
const SILENT: Levels = { kind: 'levels', caller: 0, agent: 0, queuedMs: 0, starvedCount: 0 };

/** All that one call holds open. */
interface Held {
  microphone: MediaStream | undefined;
  sound: OpenWorklet | undefined;
  line: MediaLine | undefined;
  speaking: AudioBufferSourceNode | undefined;
}

/** A telephone in the page: speaks Twilio's protocol to the media door. One call at a time; what it opens it releases. */
export class Softphone {
  #state = READY;
  #levels = SILENT;
  #counts = { marks: 0, clears: 0 };
  #held: Held | undefined;
  readonly #followers = new Set<() => void>();
  readonly #levelFollowers = new Set<() => void>();

  readonly get = (): SoftphoneState => this.#state;
  readonly levels = (): Levels => this.#levels;
  /** Marks that came back and clears of the call so far. Nobody is told when they change: they do so several times a second. */
  readonly counts = (): { readonly marks: number; readonly clears: number } => this.#counts;
  readonly follow = (listener: () => void): (() => void) => {
    this.#followers.add(listener);
    return () => this.#followers.delete(listener);
  };
  /** Told twenty times a second. */
  readonly followLevels = (listener: () => void): (() => void) => {
    this.#levelFollowers.add(listener);
    return () => this.#levelFollowers.delete(listener);
  };

  /** Places a call. To be called while a click is answered. */
  async call(order: Order): Promise<void> {
    if (this.#held) return;
    const held: Held = { microphone: undefined, sound: undefined, line: undefined, speaking: undefined };
    this.#held = held;
    this.#counts = { marks: 0, clears: 0 };
    this.#set({ ...READY, at: 'starting' });
    try {
      const opening = openWorklet('softphone', {
        message: (message) => this.#fromWorklet(held, message),
        paused: (isPaused) => this.#held === held && this.#set({ isPaused }),
      });
      const { file, deviceId, cancelsEcho } = order;
      const choice = { cancelsEcho, ...(deviceId !== undefined && { deviceId }) };
      const [sound, microphone] = await bothOf(opening, file ? undefined : openMicrophone(choice));
      Object.assign(held, { sound, microphone });
      if (this.#held !== held) return;
      const speech = file && (await decoded(sound.context, file));
      if (microphone) {
        sound.context.createMediaStreamSource(microphone).connect(sound.node);
        this.#set({ processing: processingOf(microphone) });
      }
      const { agentId, agentVersion, from } = order;
      const body = {
        agentId,
        ...(agentVersion !== undefined && { agentVersion }),
        ...(from !== undefined && { from }),
      };
      const placed = await request<TestCall>('/test-calls', { method: 'POST', body });
      // Hung up meanwhile.
      if (this.#held !== held) return;
      held.line = openMediaLine(placed, {
        opened: () => {
          this.#set({ at: 'calling', isPaused: sound.context.state !== 'running' });
          if (speech) this.#speak(held, speech);
        },
        message: (message) => this.#fromBridge(held, message),
        ended: (end) => this.#end(held, troubleOfEnd(end)),
      });
      this.#set({ callSid: placed.callSid });
    } catch (error) {
      this.#end(held, troubleOf(error));
    } finally {
      // Devices that came after the call was given up.
      if (this.#held !== held) release(held);
    }
  }

  /** What went wrong has been seen to. */
  dismiss(): void {
    if (this.#state.trouble) this.#set({ trouble: undefined });
  }

  hangUp(): void {
    if (!this.#held) return;
    this.#held.line?.hangUp();
    this.#end(this.#held, undefined);
  }

  press(digit: string): void {
    if (this.#state.at !== 'calling') return;
    this.#held?.line?.dtmf(digit);
    this.#set({ keys: `${this.#state.keys}${digit}` });
  }

  mute(isMuted: boolean): void {
    this.#held?.sound?.tell({ kind: 'mute', isMuted });
    this.#set({ isMuted });
  }

  /** Says a recording now, in place of one that is being said. Rejects with words. */
  async say(file: AudioFile): Promise<void> {
    const held = this.#held;
    if (!held?.sound) return;
    const speech = await decoded(held.sound.context, file);
    if (this.#held === held) this.#speak(held, speech);
  }

  /** Gives the sound back that the system has taken away. To be called while a click is answered. */
  resume(): void {
    void this.#held?.sound?.context.resume();
  }

  #speak(held: Held, speech: AudioBuffer): void {
    if (!held.sound) return;
    held.speaking?.stop();
    const source = new AudioBufferSourceNode(held.sound.context, { buffer: speech });
    held.speaking = source;
    source.onended = () => {
      source.disconnect();
      if (held.speaking === source && this.#held === held) this.#set({ isFilePlaying: false });
    };
    source.connect(held.sound.node);
    source.start();
    this.#set({ isFilePlaying: true });
  }

  #fromBridge(held: Held, message: BridgeMessage): void {
    if (message.event === 'media') {
      held.sound?.tell({ kind: 'play', mulaw: message.mulaw });
    } else if (message.event === 'mark') {
      held.sound?.tell({ kind: 'mark', name: message.name });
    } else {
      held.sound?.tell({ kind: 'clear' });
      this.#counts.clears += 1;
    }
  }

  #fromWorklet(held: Held, message: FromWorklet): void {
    if (message.kind === 'frame') held.line?.media(message.mulaw);
    if (message.kind === 'marksReturned') {
      for (const name of message.names) held.line?.mark(name);
      this.#counts.marks += message.names.length;
    }
    if (message.kind === 'overflowed' && this.#held === held && !this.#state.hasDropped)
      this.#set({ hasDropped: true });
    if (message.kind === 'levels' && this.#held === held) {
      this.#levels = message;
      for (const follower of this.#levelFollowers) follower();
    }
  }

  #end(held: Held, trouble: Trouble | undefined): void {
    release(held);
    if (this.#held !== held) return;
    this.#held = undefined;
    this.#levels = SILENT;
    for (const follower of this.#levelFollowers) follower();
    const at = this.#state.callSid === undefined ? 'ready' : 'over';
    this.#set({ at, trouble, isMuted: false, isFilePlaying: false, isPaused: false });
  }

  #set(change: Partial<SoftphoneState>): void {
    this.#state = { ...this.#state, ...change };
    for (const follower of this.#followers) follower();
  }
}

/** Both, or neither: what came of one is released when the other fails. */
async function bothOf(
  opening: Promise<OpenWorklet>,
  asking: Promise<MediaStream> | undefined,
): Promise<[OpenWorklet, MediaStream | undefined]> {
  const [sound, microphone] = await Promise.allSettled([opening, asking]);
  if (sound.status === 'fulfilled' && microphone.status === 'fulfilled') return [sound.value, microphone.value];
  if (sound.status === 'fulfilled') sound.value.close();
  if (microphone.status === 'fulfilled') stop(microphone.value);
  throw sound.status === 'rejected' ? sound.reason : (microphone as PromiseRejectedResult).reason;
}

function release(held: Held): void {
  held.speaking?.stop();
  held.speaking = undefined;
  stop(held.microphone);
  held.microphone = undefined;
  held.sound?.close();
  held.sound = undefined;
}

function stop(microphone: MediaStream | undefined): void {
  for (const track of microphone?.getTracks() ?? []) track.stop();
}
