import type { CallInput, CallOutput, Tape } from '../call/tape.js';
import { BridgeError } from '../errors.js';
import type { BoxHead, KeptInput, Tick } from './box.js';
import { ticksIn } from './decoder.js';
import { BoxEncoder } from './encoder.js';
import { HELD_BACK_MS, Secrecy } from './secrecy.js';

/**
 * For how long notes are gathered before they go to the file together, in ms of the call. They go `HELD_BACK_MS` later: a
 * crash loses 2.3 s at most. More often costs more.
 */
export const WRITE_INTERVAL_MS = 2000;
/** Records that have not reached the file: with more than this the disk is given up. Two minutes of both sides. */
export const BEHIND_LIMIT_BYTES = 2_000_000;

/** Where the records of one box go, in order. */
export interface BoxFile {
  /** The bytes must not be needed any more when this resolves. */
  append(record: Buffer): Promise<void>;
  /** After what was appended. */
  close(): Promise<void>;
}

export interface BoxWriterOptions {
  head: BoxHead;
  file: BoxFile;
  /** Told once, when the box was given up; the call goes on. */
  failed: (error: unknown) => void;
}

/** The tape of one media stream, written to its box. Nothing here waits and nothing throws. */
export class BoxWriter implements Tape {
  /** Resolves when the file is closed: after the end of the call, or when the box was given up. */
  readonly ended: Promise<void>;
  readonly #options: BoxWriterOptions;
  readonly #encoder = new BoxEncoder();
  readonly #secrecy: Secrecy;
  /** Once there are secrets: the input that is worked on, as it is known to be secret or not only at its end. */
  #open: Tick | undefined;
  #lastMs = 0;
  #gatheredFromMs: number | undefined;
  /** Gathered, and kept back from the file because a sensitive span may begin a little back. */
  #ready: { record: Buffer; atMs: number } | undefined;
  #state: 'open' | 'closed' | 'failed' = 'open';
  #behindBytes = 0;
  #settle: () => void = () => undefined;

  constructor(options: BoxWriterOptions) {
    this.#options = options;
    const { head } = options;
    this.#secrecy = new Secrecy([head.agent.dtmf.terminator, head.agent.dtmf.handoffKey]);
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#encoder.head(head);
    this.#append(this.#encoder.takeRecord());
  }

  took(input: CallInput, atMs: number): void {
    if (this.#state !== 'open') return;
    this.#closeTick();
    this.#gatheredFromMs ??= atMs;
    if (atMs - this.#gatheredFromMs >= WRITE_INTERVAL_MS) this.#gather(atMs);
    else if (this.#ready && atMs - this.#ready.atMs >= HELD_BACK_MS) this.#appendReady();
    this.#lastMs = atMs;
    if (this.#secrecy.isNeeded) this.#open = { atMs, input: kept(input), outputs: [], isBlanked: false };
    else this.#encoder.input(input, atMs);
  }

  gave(output: CallOutput): void {
    // Before the first input there is nothing that it could belong to.
    if (this.#state !== 'open' || this.#gatheredFromMs === undefined) return;
    if (this.#open)
      this.#open.outputs.push(output.kind === 'play' ? { ...output, mulaw: Buffer.from(output.mulaw) } : output);
    else this.#encoder.output(output);
    this.#secrecy.follow(output, this.#lastMs);
    if (output.kind !== 'fact') return;
    if (output.fact.kind === 'sensitiveChanged' && output.fact.active) this.#takeBack();
    const { fact } = output;
    if (fact.kind === 'ended' || fact.kind === 'handedOver') {
      this.#closeTick();
      if (fact.kind === 'ended') this.#encoder.end(fact.endReason);
      void this.close();
    }
  }

  /** Nothing more is noted; what is held goes to the file. May be called twice. */
  close(): Promise<void> {
    if (this.#state === 'open') {
      this.#flush();
      this.#state = 'closed';
      void this.#release();
    }
    return this.ended;
  }

  #closeTick(): void {
    if (this.#open) this.#encoder.tick(this.#secrecy.blanked(this.#open));
    this.#open = undefined;
  }

  /** A sensitive span has begun: what came right before it is written anew, and the input that is worked on waits for its end. */
  #takeBack(): void {
    const last = this.#encoder.takeRecord();
    const ticks = ticksIn([this.#ready?.record, last].filter((record) => record !== undefined));
    this.#ready = undefined;
    this.#open ??= ticks.pop();
    for (const tick of ticks) this.#encoder.tick(this.#secrecy.mutedBefore(tick));
  }

  #gather(atMs: number): void {
    this.#appendReady();
    const record = this.#encoder.takeRecord();
    this.#ready = record && { record, atMs };
    this.#gatheredFromMs = atMs;
  }

  #flush(): void {
    this.#closeTick();
    this.#appendReady();
    this.#append(this.#encoder.takeRecord());
  }

  #appendReady(): void {
    const record = this.#ready?.record;
    this.#ready = undefined;
    this.#append(record);
  }

  #append(record: Buffer | undefined): void {
    if (!record || this.#state === 'failed') return;
    this.#behindBytes += record.length;
    if (this.#behindBytes > BEHIND_LIMIT_BYTES) {
      this.#giveUp(new BridgeError('RECORDING_FAILED', 'the disk is too slow'));
      return;
    }
    this.#options.file.append(record).then(
      () => {
        this.#behindBytes -= record.length;
        this.#encoder.giveBack(record);
      },
      (error: unknown) => this.#giveUp(error),
    );
  }

  #giveUp(error: unknown): void {
    if (this.#state === 'failed') return;
    const wasOpen = this.#state === 'open';
    this.#state = 'failed';
    this.#open = undefined;
    this.#ready = undefined;
    this.#options.failed(error);
    if (wasOpen) void this.#release();
  }

  async #release(): Promise<void> {
    await this.#options.file.close().catch((error: unknown) => this.#giveUp(error));
    this.#settle();
  }
}

/** What an input is kept as: the bytes of audio are valid only while it is handed over. */
function kept(input: CallInput): KeptInput {
  if (input.kind === 'callerAudio') return { ...input, mulaw: Buffer.from(input.mulaw) };
  if (input.kind !== 'modelAudio') return input;
  return { kind: 'modelAudio', blockId: input.blockId, byteLength: input.s16le.length };
}
