import { Level } from './level.ts';
import { PlacedSides } from './placed-sides.ts';
import { Playout } from './playout.ts';
import { Resampler } from './resampler.ts';
import { Uplink } from './uplink.ts';
import type { FromWorklet, ToWorklet } from './worklet-messages.ts';

/** What is there in the scope of a worklet. */
declare const sampleRate: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

/** How often levels are told, in ms. */
const LEVELS_MS = 50;
/** What a worklet is given to fill at once. */
const NOTHING = new Float32Array(128);

/** What both have in common: they end when they are told to, and tell how loud it is. */
abstract class Sounding extends AudioWorkletProcessor {
  protected readonly caller = new Level();
  protected readonly agent = new Level();
  #isStopped = false;
  #untold = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<ToWorklet>) => {
      if (data.kind === 'stop') this.#isStopped = true;
      else this.told(data);
    };
  }

  process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const output = outputs[0]!;
    this.sound(inputs[0]?.[0] ?? NOTHING.subarray(0, output[0]!.length), output);
    this.#untold += output[0]!.length;
    if (this.#untold >= (sampleRate * LEVELS_MS) / 1000) {
      this.#untold = 0;
      this.tell({ kind: 'levels', caller: this.caller.take(), agent: this.agent.take(), ...this.state() });
    }
    return !this.#isStopped;
  }

  protected tell(message: FromWorklet, transfer: Transferable[] = []): void {
    this.port.postMessage(message, transfer);
  }

  protected abstract told(message: ToWorklet): void;
  protected abstract sound(input: Float32Array, output: readonly Float32Array[]): void;
  protected abstract state(): { queuedMs: number; starvedCount: number };
}

/** A telephone between microphone and loudspeaker: frames to the line, the agent's sound from it. */
class Softphone extends Sounding {
  readonly #uplink = new Uplink(sampleRate, (mulaw) => this.tell({ kind: 'frame', mulaw }, [mulaw.buffer]));
  readonly #playout = new Playout();
  readonly #up = new Resampler(8000, sampleRate);
  readonly #next = () => this.#playout.next();

  protected told(message: ToWorklet): void {
    if (message.kind === 'play' && !this.#playout.push(message.mulaw)) this.tell({ kind: 'overflowed' });
    if (message.kind === 'mark') this.#playout.mark(message.name);
    if (message.kind === 'clear') this.#playout.clear();
    if (message.kind === 'mute') this.#uplink.isMuted = message.isMuted;
    this.#tellReturned();
  }

  protected sound(input: Float32Array, [speaker]: readonly Float32Array[]): void {
    this.#uplink.hear(input);
    this.caller.add(this.#uplink.isMuted ? NOTHING : input);
    if (!speaker) return;
    this.#up.pull(speaker, this.#next);
    this.agent.add(speaker);
    this.#tellReturned();
  }

  protected state() {
    return { queuedMs: this.#playout.queuedMs, starvedCount: this.#playout.starvedCount };
  }

  #tellReturned(): void {
    const names = this.#playout.takeReturned();
    if (names.length > 0) this.tell({ kind: 'marksReturned', names });
  }
}

/** Both sides of a call that others have: the caller left, the agent right. */
class Listener extends Sounding {
  readonly #sides = new PlacedSides();
  readonly #ups = [new Resampler(8000, sampleRate), new Resampler(8000, sampleRate)] as const;
  readonly #nexts = [() => this.#sides.next(0), () => this.#sides.next(1)] as const;

  protected told(message: ToWorklet): void {
    if (message.kind === 'sound') this.#sides.put(message.side, message.atMs, message.mulaw);
  }

  protected sound(_: Float32Array, [left, right]: readonly Float32Array[]): void {
    if (!left || !right) return;
    this.#ups[0].pull(left, this.#nexts[0]);
    this.#ups[1].pull(right, this.#nexts[1]);
    this.caller.add(left);
    this.agent.add(right);
  }

  protected state() {
    return { queuedMs: this.#sides.queuedMs, starvedCount: 0 };
  }
}

registerProcessor('softphone', Softphone);
registerProcessor('listener', Listener);
