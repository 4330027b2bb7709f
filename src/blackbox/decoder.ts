import { crc32, inflateRawSync } from 'node:zlib';
import { FRAME_BYTES, FRAME_MS } from '../audio/framing.js';
import { MULAW_SILENCE } from '../audio/mulaw.js';
import type { EndReason } from '../call/record.js';
import type { CallOutput } from '../call/tape.js';
import { BridgeError } from '../errors.js';
import { BOX_FORMAT, type Box, type BoxHead, type KeptInput, type Tick } from './box.js';
import { ByteSource } from './bytes.js';
import * as entry from './entries.js';

/**
 * Reads a box up to where it was torn off, if it was. Throws `FIXTURE_INVALID` when not even its head can be read, and
 * `STORE_INCOMPATIBLE` for a box of another format.
 */
export function decodeBox(bytes: Buffer): Box {
  let head: BoxHead | undefined;
  let endReason: EndReason | undefined;
  const ticks: Tick[] = [];
  for (const record of recordsOf(bytes)) {
    const reading = readingOf(record, ticks);
    head ??= reading.head;
    endReason ??= reading.endReason;
  }
  if (!head) throw new BridgeError('FIXTURE_INVALID', 'this is no black box of a call, or nothing of it was written');
  return { head, ticks, endReason };
}

function readingOf(record: Buffer, ticks: Tick[]): Reading {
  try {
    return new Reading(record, ticks);
  } catch (error) {
    if (error instanceof BridgeError) throw error;
    const message = `the box is written in another way than this bridge reads (format ${BOX_FORMAT})`;
    throw new BridgeError('STORE_INCOMPATIBLE', message, {}, { cause: error });
  }
}

/** The inputs in records of which nothing was torn off. */
export function ticksIn(records: readonly Buffer[]): Tick[] {
  const ticks: Tick[] = [];
  for (const record of records) new Reading(record, ticks);
  return ticks;
}

function* recordsOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at + entry.ENTRIES_FROM <= bytes.length; ) {
    const end = at + entry.CHECKED_FROM + bytes.readUInt32LE(at);
    if (end > bytes.length) return;
    const record = bytes.subarray(at, end);
    if (crc32(record.subarray(entry.CHECKED_FROM)) !== record.readUInt32LE(4)) return;
    yield record;
    at = end;
  }
}

/** One record, read to its end; its inputs follow those that were read before. */
class Reading {
  head: BoxHead | undefined;
  endReason: EndReason | undefined;
  readonly #ticks: Tick[];
  readonly #source: ByteSource;
  readonly #texts: ByteSource;
  #us = 0;
  #frameUs = 0;
  #stampMs = 0;
  #blockId = '';
  #modelBytes = 0;
  #playedBytes = 0;

  constructor(record: Buffer, ticks: Tick[]) {
    this.#ticks = ticks;
    const entriesEnd = entry.ENTRIES_FROM + record.readUInt32LE(entry.CHECKED_FROM);
    const texts = record.subarray(entriesEnd);
    this.#source = new ByteSource(record.subarray(entry.ENTRIES_FROM, entriesEnd));
    this.#texts = new ByteSource(texts.length === 0 ? texts : inflateRawSync(texts));
    while (!this.#source.isAtEnd) this.#entry(this.#source.byte());
  }

  #entry(kind: number): void {
    if (kind === entry.HEAD) {
      this.head = checkedHead(this.#text());
    } else if (kind === entry.END) {
      this.endReason = this.#text() as EndReason;
    } else if (kind === entry.BLANKED) {
      this.#ticks.at(-1)!.isBlanked = true;
    } else if (kind < entry.FIRST_OUTPUT) {
      const input = this.#input(kind);
      this.#ticks.push({ atMs: this.#us / 1000, input, outputs: [], isBlanked: false });
    } else {
      this.#ticks.at(-1)!.outputs.push(this.#output(kind));
    }
  }

  #input(kind: number): KeptInput {
    const source = this.#source;
    if (kind === entry.NEXT_FRAME || kind === entry.NEXT_SILENT_FRAME) {
      this.#us = this.#frameUs + entry.FRAME_US + source.signed();
      const mulaw = kind === entry.NEXT_FRAME ? source.raw(FRAME_BYTES) : silence(FRAME_BYTES);
      return this.#callerAudio(mulaw, this.#stampMs + FRAME_MS);
    }
    this.#us += source.varint();
    switch (kind) {
      case entry.CALLER_AUDIO:
      case entry.CALLER_SILENCE: {
        const timestampMs = this.#stamp();
        const mulaw = kind === entry.CALLER_AUDIO ? source.block() : silence(source.varint());
        return this.#callerAudio(mulaw, timestampMs);
      }
      case entry.MODEL_AUDIO:
      case entry.MORE_MODEL_AUDIO:
      case entry.SAME_MODEL_AUDIO:
        if (kind === entry.MODEL_AUDIO) this.#blockId = source.text();
        if (kind !== entry.SAME_MODEL_AUDIO) this.#modelBytes = source.varint();
        return { kind: 'modelAudio', blockId: this.#blockId, byteLength: this.#modelBytes };
      case entry.TIMER_FIRED:
        return { kind: 'timerFired', timer: source.varint() };
      case entry.MARK_RETURNED:
        return { kind: 'phone', event: { kind: 'markReturned', name: source.text() } };
      case entry.NUMBERED_MARK_RETURNED:
        return { kind: 'phone', event: { kind: 'markReturned', name: `m${source.varint()}` } };
      case entry.INPUT:
        return this.#text() as KeptInput;
      default:
        throw unknownEntry(kind);
    }
  }

  #callerAudio(mulaw: Buffer, timestampMs: number | undefined): KeptInput {
    this.#frameUs = this.#us;
    this.#stampMs = timestampMs ?? 0;
    return { kind: 'callerAudio', mulaw, timestampMs };
  }

  #stamp(): number | undefined {
    const stamp = this.#source.byte();
    if (stamp === entry.STAMP_NONE) return undefined;
    return stamp === entry.STAMP_WHOLE ? this.#source.varint() : this.#source.double();
  }

  #output(kind: number): CallOutput {
    const source = this.#source;
    switch (kind) {
      case entry.PLAY: {
        const mulaw = source.block();
        this.#playedBytes = mulaw.length;
        return { kind: 'play', mulaw };
      }
      case entry.PLAY_SAME:
        return { kind: 'play', mulaw: source.raw(this.#playedBytes) };
      case entry.PLAY_SILENCE:
        return { kind: 'play', mulaw: silence(source.varint()) };
      case entry.MARK:
        return { kind: 'mark', name: source.text() };
      case entry.NUMBERED_MARK:
        return { kind: 'mark', name: `m${source.varint()}` };
      case entry.CLEAR:
        return { kind: 'clear' };
      case entry.OUTPUT:
        return this.#text() as CallOutput;
      default:
        throw unknownEntry(kind);
    }
  }

  #text(): unknown {
    return JSON.parse(this.#texts.text());
  }
}

function silence(byteLength: number): Buffer {
  return Buffer.alloc(byteLength, MULAW_SILENCE);
}

function checkedHead(head: unknown): BoxHead {
  const { format } = head as Partial<BoxHead>;
  if (format !== BOX_FORMAT) {
    throw new BridgeError('STORE_INCOMPATIBLE', `the box has format ${format}, this bridge reads ${BOX_FORMAT}`);
  }
  return head as BoxHead;
}

function unknownEntry(kind: number): BridgeError {
  return new BridgeError(
    'STORE_INCOMPATIBLE',
    `the box holds an entry of kind ${kind}, which this bridge does not know`,
  );
}
