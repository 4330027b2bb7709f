import { crc32, deflateRawSync } from 'node:zlib';
import { FRAME_BYTES, FRAME_MS } from '../audio/framing.js';
import { MULAW_SILENCE } from '../audio/mulaw.js';
import type { EndReason } from '../call/record.js';
import type { CallInput, CallOutput } from '../call/tape.js';
import type { BoxHead, KeptInput, Tick } from './box.js';
import { ByteSink } from './bytes.js';
import * as entry from './entries.js';

/** Room for two seconds of both sides. */
const CAPACITY = 40_960;
const TEXT_CAPACITY = 4096;
/** Texts of a record are few and alike: more effort or memory would save nothing. */
const DEFLATE = { level: 1, memLevel: 4, windowBits: 12, chunkSize: 1024 } as const;
/** Fewer texts than this are not worth the work: they are written as they are, which is a way of deflating, too. */
const DEFLATED_FROM_BYTES = 512;
/** Begins the only block of a deflated whole, which is stored; 16 bits of length and their complement follow. Source: RFC 1951, 3.2.4. */
const STORED_BLOCK = 1;
const SILENCE = new Uint8Array(8000).fill(MULAW_SILENCE);

/** Writes entries, and makes records of them. What is handed over is copied. */
export class BoxEncoder {
  #sink = new ByteSink(Buffer.allocUnsafe(CAPACITY));
  readonly #texts = new ByteSink(Buffer.allocUnsafe(TEXT_CAPACITY));
  /** Memory of a record that nobody needs any more. */
  #spare: Buffer | undefined;
  #lastUs = 0;
  #frameUs = 0;
  #stampMs: number | undefined;
  #blockId: string | undefined;
  #modelBytes = 0;
  #playedBytes = 0;

  constructor() {
    this.restart();
  }

  head(head: BoxHead): void {
    this.#sink.byte(entry.HEAD);
    this.#text(head);
  }

  end(reason: EndReason): void {
    this.#sink.byte(entry.END);
    this.#text(reason);
  }

  tick({ atMs, input, outputs, isBlanked }: Tick): void {
    this.input(input, atMs);
    if (isBlanked) this.#sink.byte(entry.BLANKED);
    for (const output of outputs) this.output(output);
  }

  input(input: CallInput | KeptInput, atMs: number): void {
    const us = Math.max(this.#lastUs, Math.round(atMs * 1000));
    switch (input.kind) {
      case 'callerAudio':
        this.#callerAudio(input.mulaw, input.timestampMs, us);
        return;
      case 'modelAudio':
        this.#modelAudio(input.blockId, 's16le' in input ? input.s16le.length : input.byteLength, us);
        return;
      case 'timerFired':
        this.#begin(entry.TIMER_FIRED, us);
        this.#sink.varint(input.timer);
        return;
      case 'phone':
        if (input.event.kind === 'markReturned') {
          const number = numberIn(input.event.name);
          this.#begin(number === undefined ? entry.MARK_RETURNED : entry.NUMBERED_MARK_RETURNED, us);
          this.#markName(input.event.name, number);
          return;
        }
    }
    this.#begin(entry.INPUT, us);
    this.#text(input);
  }

  output(output: CallOutput): void {
    switch (output.kind) {
      case 'play':
        this.#play(output.mulaw);
        break;
      case 'mark': {
        const number = numberIn(output.name);
        this.#sink.byte(number === undefined ? entry.MARK : entry.NUMBERED_MARK);
        this.#markName(output.name, number);
        break;
      }
      case 'clear':
        this.#sink.byte(entry.CLEAR);
        break;
      default:
        this.#sink.byte(entry.OUTPUT);
        this.#text(output);
    }
  }

  /** What was written since the last record, as a record; undefined when that is nothing. */
  takeRecord(): Buffer | undefined {
    const sink = this.#sink;
    if (sink.length === entry.ENTRIES_FROM) return undefined;
    sink.fill(entry.CHECKED_FROM, sink.length - entry.ENTRIES_FROM);
    this.#deflateTexts();
    const record = sink.bytes;
    const checked = record.subarray(entry.CHECKED_FROM);
    sink.fill(0, checked.length);
    sink.fill(4, crc32(checked));
    this.#sink = new ByteSink(this.#spare ?? Buffer.allocUnsafe(CAPACITY));
    this.#spare = undefined;
    this.restart();
    return record;
  }

  /** Nobody needs the bytes of that record any more. */
  giveBack(record: Buffer): void {
    this.#spare ??= Buffer.from(record.buffer, record.byteOffset);
  }

  /** Forgets what was written since the last record. */
  restart(): void {
    this.#sink.clear();
    while (this.#sink.length < entry.ENTRIES_FROM) this.#sink.gap();
    this.#texts.clear();
    this.#lastUs = 0;
    this.#stampMs = undefined;
    this.#blockId = undefined;
    this.#playedBytes = 0;
  }

  #begin(kind: number, us: number): void {
    this.#sink.byte(kind);
    this.#sink.varint(us - this.#lastUs);
    this.#lastUs = us;
  }

  #callerAudio(mulaw: Uint8Array, timestampMs: number | undefined, us: number): void {
    const sink = this.#sink;
    const isSilence = isSilent(mulaw);
    const isNext =
      mulaw.length === FRAME_BYTES && this.#stampMs !== undefined && timestampMs === this.#stampMs + FRAME_MS;
    if (isNext) {
      sink.byte(isSilence ? entry.NEXT_SILENT_FRAME : entry.NEXT_FRAME);
      sink.signed(us - this.#frameUs - entry.FRAME_US);
      this.#lastUs = us;
      if (!isSilence) sink.raw(mulaw);
    } else {
      this.#begin(isSilence ? entry.CALLER_SILENCE : entry.CALLER_AUDIO, us);
      this.#stamp(timestampMs);
      if (isSilence) sink.varint(mulaw.length);
      else sink.block(mulaw);
    }
    this.#frameUs = us;
    this.#stampMs = timestampMs;
  }

  #stamp(timestampMs: number | undefined): void {
    const sink = this.#sink;
    if (timestampMs === undefined) {
      sink.byte(entry.STAMP_NONE);
    } else if (Number.isSafeInteger(timestampMs) && timestampMs >= 0) {
      sink.byte(entry.STAMP_WHOLE);
      sink.varint(timestampMs);
    } else {
      sink.byte(entry.STAMP_DOUBLE);
      sink.double(timestampMs);
    }
  }

  #modelAudio(blockId: string, byteLength: number, us: number): void {
    const isMore = blockId === this.#blockId;
    const isSame = isMore && byteLength === this.#modelBytes;
    this.#begin(isSame ? entry.SAME_MODEL_AUDIO : isMore ? entry.MORE_MODEL_AUDIO : entry.MODEL_AUDIO, us);
    if (!isMore) this.#sink.text(blockId);
    if (!isSame) this.#sink.varint(byteLength);
    this.#blockId = blockId;
    this.#modelBytes = byteLength;
  }

  #play(mulaw: Uint8Array): void {
    const sink = this.#sink;
    if (isSilent(mulaw)) {
      sink.byte(entry.PLAY_SILENCE);
      sink.varint(mulaw.length);
    } else if (mulaw.length === this.#playedBytes) {
      sink.byte(entry.PLAY_SAME);
      sink.raw(mulaw);
    } else {
      sink.byte(entry.PLAY);
      sink.block(mulaw);
      this.#playedBytes = mulaw.length;
    }
  }

  #markName(name: string, number: number | undefined): void {
    if (number === undefined) this.#sink.text(name);
    else this.#sink.varint(number);
  }

  #deflateTexts(): void {
    const texts = this.#texts.bytes;
    if (texts.length >= DEFLATED_FROM_BYTES) {
      this.#sink.raw(deflateRawSync(texts, DEFLATE));
    } else if (texts.length > 0) {
      this.#sink.byte(STORED_BLOCK);
      this.#sink.fill(this.#sink.gap(), ((~texts.length << 16) | texts.length) >>> 0);
      this.#sink.raw(texts);
    }
  }

  #text(value: unknown): void {
    this.#texts.text(JSON.stringify(value));
  }
}

function isSilent(mulaw: Uint8Array): boolean {
  if (mulaw.length > SILENCE.length || mulaw[0] !== MULAW_SILENCE) return false;
  return Buffer.compare(mulaw, SILENCE.subarray(0, mulaw.length)) === 0;
}

/** The number of a name such as `m12`. */
function numberIn(name: string): number | undefined {
  const number = Number(name.slice(1));
  return Number.isSafeInteger(number) && number >= 0 && name === `m${number}` ? number : undefined;
}
