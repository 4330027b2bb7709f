import type { CallInput, CallOutput, Tape } from '../call/tape.js';
import { BridgeError } from '../errors.js';
import type { BoxHead, KeptInput, Tick } from './box.js';
import { BoxEncoder } from './format.js';
import { HELD_BACK_MS, Secrecy } from './secrecy.js';

/** How often what was noted goes to the file, in ms of the call. With what is held back, a crash loses 2.3 s at most. More often costs more. */
export const WRITE_INTERVAL_MS = 2000;
/** Records that have not reached the file: with more than this the disk is given up. Two minutes of both sides. */
export const BEHIND_LIMIT_BYTES = 2_000_000;

/** Where the records of one box go, in order. */
export interface BoxFile {
  /** Takes the bytes over. */
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
  /** What is not encoded yet, because a sensitive span may begin a little back. */
  #held: Tick[] = [];
  #lastWriteMs: number | undefined;
  #state: 'open' | 'closed' | 'failed' = 'open';
  #behindBytes = 0;
  #settle: () => void = () => undefined;

  constructor(options: BoxWriterOptions) {
    this.#options = options;
    const { head } = options;
    this.#secrecy = new Secrecy([head.agent.dtmf.terminator, head.agent.dtmf.handoffKey]);
    this.#encoder.head(head);
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  took(input: CallInput, atMs: number): void {
    if (this.#state !== 'open') return;
    this.#lastWriteMs ??= atMs;
    if (atMs - this.#lastWriteMs >= WRITE_INTERVAL_MS) {
      this.#lastWriteMs = atMs;
      this.#write(atMs - HELD_BACK_MS);
    }
    this.#held.push({ atMs, input: kept(input), outputs: [], isBlanked: false });
  }

  gave(output: CallOutput): void {
    const tick = this.#held.at(-1);
    if (this.#state !== 'open' || !tick) return;
    tick.outputs.push(output.kind === 'play' ? { kind: 'play', mulaw: Buffer.from(output.mulaw) } : output);
    if (output.kind !== 'fact') return;
    if (output.fact.kind === 'sensitiveChanged') this.#secrecy.changed(output.fact.active, tick.atMs);
    if (output.fact.kind === 'ended') {
      this.#write(Number.POSITIVE_INFINITY);
      this.#encoder.end(output.fact.endReason);
      this.#append();
      void this.close();
    }
  }

  /** Nothing more is noted; what is held goes to the file. May be called twice. */
  close(): Promise<void> {
    if (this.#state === 'open') {
      this.#write(Number.POSITIVE_INFINITY);
      this.#state = 'closed';
      void this.#release();
    }
    return this.ended;
  }

  /** Encodes what came before `beforeMs`, and sends it on its way. */
  #write(beforeMs: number): void {
    const count = this.#held.findIndex(({ atMs }) => atMs >= beforeMs);
    const ready = count < 0 ? this.#held.splice(0) : this.#held.splice(0, count);
    for (const tick of ready) this.#encoder.tick(this.#secrecy.blanked(tick));
    this.#append();
  }

  #append(): void {
    const record = this.#encoder.takeRecord();
    if (!record) return;
    this.#behindBytes += record.length;
    if (this.#behindBytes > BEHIND_LIMIT_BYTES) {
      this.#giveUp(new BridgeError('RECORDING_FAILED', 'the disk is too slow'));
      return;
    }
    this.#options.file.append(record).then(
      () => {
        this.#behindBytes -= record.length;
      },
      (error: unknown) => this.#giveUp(error),
    );
  }

  #giveUp(error: unknown): void {
    if (this.#state === 'failed') return;
    const wasOpen = this.#state === 'open';
    this.#state = 'failed';
    this.#held = [];
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
