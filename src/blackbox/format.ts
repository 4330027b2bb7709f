import { crc32 } from 'node:zlib';
import { MULAW_SILENCE } from '../audio/mulaw.js';
import type { EndReason } from '../call/record.js';
import type { CallOutput } from '../call/tape.js';
import { BridgeError } from '../errors.js';
import { BOX_FORMAT, type Box, type BoxHead, type KeptInput, type Tick } from './box.js';
import { ByteSink, ByteSource } from './bytes.js';

/**
 * A box is a file of records, each a batch of entries as it was written: length and CRC-32 of the batch (both 32 bits,
 * little-endian), then the batch. What a crash has torn off at the end is found by that, and left out.
 */
const RECORD_HEAD_BYTES = 8;

/** Kinds of entries. A number is never given another meaning. Times of inputs are µs since the input before. */
const HEAD = 1;
const END = 2;
/** The input lies in a sensitive span. */
const BLANKED = 3;
const CALLER_AUDIO = 16;
/** Only silence. */
const CALLER_SILENCE = 17;
const MODEL_AUDIO = 18;
/** The same, of the block before. */
const MORE_MODEL_AUDIO = 19;
const TIMER_FIRED = 20;
const MARK_RETURNED = 21;
/** Any other input, as JSON. */
const INPUT = 22;
const PLAY = 32;
const PLAY_SILENCE = 33;
const MARK = 34;
const CLEAR = 35;
/** Any other output, as JSON. */
const OUTPUT = 36;

/** How a timestamp of the carrier is written. */
const STAMP_NONE = 0;
const STAMP_WHOLE = 1;
const STAMP_DOUBLE = 2;

const FIRST_CAPACITY = 65_536;
const SILENCE = new Uint8Array(8000).fill(MULAW_SILENCE);

/** Writes entries, and makes records of them. */
export class BoxEncoder {
  #sink = newRecord();
  #lastUs = 0;
  #blockId: string | undefined;

  head(head: BoxHead): void {
    this.#sink.byte(HEAD);
    this.#sink.text(JSON.stringify(head));
  }

  tick({ atMs, input, outputs, isBlanked }: Tick): void {
    this.#input(input, atMs);
    if (isBlanked) this.#sink.byte(BLANKED);
    for (const output of outputs) this.#output(output);
  }

  end(reason: EndReason): void {
    this.#sink.byte(END);
    this.#sink.text(reason);
  }

  /** What was written since the last record, as a record; undefined when that is nothing. */
  takeRecord(): Buffer | undefined {
    const record = this.#sink.bytes;
    if (record.length === RECORD_HEAD_BYTES) return undefined;
    record.writeUInt32LE(record.length - RECORD_HEAD_BYTES, 0);
    record.writeUInt32LE(crc32(record.subarray(RECORD_HEAD_BYTES)), 4);
    this.#sink = newRecord();
    return record;
  }

  #input(input: KeptInput, atMs: number): void {
    const sink = this.#sink;
    switch (input.kind) {
      case 'callerAudio': {
        const { mulaw, timestampMs } = input;
        const isSilence = isSilent(mulaw);
        this.#begin(isSilence ? CALLER_SILENCE : CALLER_AUDIO, atMs);
        this.#stamp(timestampMs);
        if (isSilence) sink.varint(mulaw.length);
        else sink.block(mulaw);
        return;
      }
      case 'modelAudio': {
        const isNew = input.blockId !== this.#blockId;
        this.#begin(isNew ? MODEL_AUDIO : MORE_MODEL_AUDIO, atMs);
        if (isNew) sink.text(input.blockId);
        this.#blockId = input.blockId;
        sink.varint(input.byteLength);
        return;
      }
      case 'timerFired':
        this.#begin(TIMER_FIRED, atMs);
        sink.varint(input.timer);
        return;
      case 'phone':
        if (input.event.kind !== 'markReturned') break;
        this.#begin(MARK_RETURNED, atMs);
        sink.text(input.event.name);
        return;
    }
    this.#begin(INPUT, atMs);
    sink.text(JSON.stringify(input));
  }

  #begin(entry: number, atMs: number): void {
    const us = Math.max(this.#lastUs, Math.round(atMs * 1000));
    this.#sink.byte(entry);
    this.#sink.varint(us - this.#lastUs);
    this.#lastUs = us;
  }

  #stamp(timestampMs: number | undefined): void {
    if (timestampMs === undefined) {
      this.#sink.byte(STAMP_NONE);
    } else if (Number.isSafeInteger(timestampMs) && timestampMs >= 0) {
      this.#sink.byte(STAMP_WHOLE);
      this.#sink.varint(timestampMs);
    } else {
      this.#sink.byte(STAMP_DOUBLE);
      this.#sink.double(timestampMs);
    }
  }

  #output(output: CallOutput): void {
    const sink = this.#sink;
    switch (output.kind) {
      case 'play':
        if (isSilent(output.mulaw)) {
          sink.byte(PLAY_SILENCE);
          sink.varint(output.mulaw.length);
        } else {
          sink.byte(PLAY);
          sink.block(output.mulaw);
        }
        break;
      case 'mark':
        sink.byte(MARK);
        sink.text(output.name);
        break;
      case 'clear':
        sink.byte(CLEAR);
        break;
      default:
        sink.byte(OUTPUT);
        sink.text(JSON.stringify(output));
    }
  }
}

function newRecord(): ByteSink {
  const sink = new ByteSink(FIRST_CAPACITY);
  for (let i = 0; i < RECORD_HEAD_BYTES; i++) sink.byte(0);
  return sink;
}

function isSilent(mulaw: Uint8Array): boolean {
  if (mulaw.length > SILENCE.length || mulaw[0] !== MULAW_SILENCE) return false;
  return Buffer.compare(mulaw, SILENCE.subarray(0, mulaw.length)) === 0;
}

/**
 * Reads a box up to where it was torn off, if it was. Throws `FIXTURE_INVALID` when not even its head can be read, and
 * `STORE_INCOMPATIBLE` for a box of another format.
 */
export function decodeBox(bytes: Buffer): Box {
  const decoder = new BoxDecoder();
  for (const record of recordsOf(bytes)) decoder.read(record);
  const { head, ticks, endReason } = decoder;
  if (!head) throw new BridgeError('FIXTURE_INVALID', 'this is no black box of a call, or nothing of it was written');
  return { head, ticks, endReason };
}

function* recordsOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at + RECORD_HEAD_BYTES <= bytes.length; ) {
    const end = at + RECORD_HEAD_BYTES + bytes.readUInt32LE(at);
    if (end > bytes.length) return;
    const record = bytes.subarray(at + RECORD_HEAD_BYTES, end);
    if (crc32(record) !== bytes.readUInt32LE(at + 4)) return;
    yield record;
    at = end;
  }
}

class BoxDecoder {
  head: BoxHead | undefined;
  endReason: EndReason | undefined;
  readonly ticks: Tick[] = [];
  #us = 0;
  #blockId = '';

  read(record: Buffer): void {
    const source = new ByteSource(record);
    while (!source.isAtEnd) this.#entry(source);
  }

  #entry(source: ByteSource): void {
    const entry = source.byte();
    if (entry === HEAD) {
      this.head = checkedHead(JSON.parse(source.text()));
    } else if (entry === END) {
      this.endReason = source.text() as EndReason;
    } else if (entry === BLANKED) {
      this.ticks.at(-1)!.isBlanked = true;
    } else if (entry < PLAY) {
      this.#us += source.varint();
      this.ticks.push({ atMs: this.#us / 1000, input: this.#input(entry, source), outputs: [], isBlanked: false });
    } else {
      this.ticks.at(-1)!.outputs.push(readOutput(entry, source));
    }
  }

  #input(entry: number, source: ByteSource): KeptInput {
    switch (entry) {
      case CALLER_AUDIO:
      case CALLER_SILENCE: {
        const timestampMs = readStamp(source);
        return { kind: 'callerAudio', mulaw: entry === CALLER_AUDIO ? source.block() : silence(source), timestampMs };
      }
      case MODEL_AUDIO:
      case MORE_MODEL_AUDIO:
        if (entry === MODEL_AUDIO) this.#blockId = source.text();
        return { kind: 'modelAudio', blockId: this.#blockId, byteLength: source.varint() };
      case TIMER_FIRED:
        return { kind: 'timerFired', timer: source.varint() };
      case MARK_RETURNED:
        return { kind: 'phone', event: { kind: 'markReturned', name: source.text() } };
      case INPUT:
        return JSON.parse(source.text()) as KeptInput;
      default:
        throw unknownEntry(entry);
    }
  }
}

function readStamp(source: ByteSource): number | undefined {
  const stamp = source.byte();
  if (stamp === STAMP_NONE) return undefined;
  return stamp === STAMP_WHOLE ? source.varint() : source.double();
}

function readOutput(entry: number, source: ByteSource): CallOutput {
  switch (entry) {
    case PLAY:
      return { kind: 'play', mulaw: source.block() };
    case PLAY_SILENCE:
      return { kind: 'play', mulaw: silence(source) };
    case MARK:
      return { kind: 'mark', name: source.text() };
    case CLEAR:
      return { kind: 'clear' };
    case OUTPUT:
      return JSON.parse(source.text()) as CallOutput;
    default:
      throw unknownEntry(entry);
  }
}

function silence(source: ByteSource): Buffer {
  return Buffer.alloc(source.varint(), MULAW_SILENCE);
}

function checkedHead(head: unknown): BoxHead {
  const { format } = head as Partial<BoxHead>;
  if (format !== BOX_FORMAT) {
    throw new BridgeError('STORE_INCOMPATIBLE', `the box has format ${format}, this bridge reads ${BOX_FORMAT}`);
  }
  return head as BoxHead;
}

function unknownEntry(entry: number): BridgeError {
  return new BridgeError(
    'STORE_INCOMPATIBLE',
    `the box holds an entry of kind ${entry}, which this bridge does not know`,
  );
}
