import { crc32 } from 'node:zlib';
import { type FrameSigner, frameDate } from './frame-signer.js';

/** The constant ends of every `audioInput` in both encodings that a frame needs. */
export interface AudioEnvelope {
  /** Base64 of the head; the head is padded with spaces to whole groups, so what follows is encoded apart from it. */
  readonly headBase64: Buffer;
  readonly tail: Buffer;
}

/** Prepares the JSON text before and after the base64 of the audio. */
export function makeAudioEnvelope(head: string, tail: string): AudioEnvelope {
  const padding = (3 - (Buffer.byteLength(head) % 3)) % 3;
  // After the opening brace a space means nothing in JSON, and the text still starts with the brace.
  const padded = `${head.slice(0, 1)}${' '.repeat(padding)}${head.slice(1)}`;
  return {
    headBase64: Buffer.from(Buffer.from(padded).toString('base64'), 'latin1'),
    tail: Buffer.from(tail),
  };
}

const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;
const DATE_BYTES = 15;
const SIGNATURE_BYTES = 32;
const SIGNATURE_HEADER = Buffer.from('\x10:chunk-signature\x06\x00\x20', 'latin1');
const OUTER_HEADER_BYTES = DATE_BYTES + SIGNATURE_HEADER.length + SIGNATURE_BYTES;
const SIGNATURE_AT = PRELUDE_BYTES + DATE_BYTES + SIGNATURE_HEADER.length;
const PAYLOAD_AT = PRELUDE_BYTES + OUTER_HEADER_BYTES;
const INNER_HEADERS = Buffer.concat([
  stringHeader(':event-type', 'chunk'),
  stringHeader(':message-type', 'event'),
  stringHeader(':content-type', 'application/json'),
]);
const BODY_HEAD = Buffer.from('{"bytes":"');
const BODY_TAIL = Buffer.from('"}');
const BASE64_AT = PAYLOAD_AT + PRELUDE_BYTES + INNER_HEADERS.length + BODY_HEAD.length;
const NO_BASE64 = Buffer.alloc(0);

/**
 * Builds signed input frames of one stream, in sending order: each is signed over the one before.
 * A frame is double: `:date` and `:chunk-signature` around a whole frame with the JSON `{"bytes":"…"}`.
 */
export class FrameWriter {
  readonly #signer: FrameSigner;
  readonly #wallMs: () => number;
  /** Everything before the base64, for the base64 length that was last used: audio frames are all alike. */
  #template = Buffer.alloc(0);
  #templateBase64Length = -1;
  #scratch = Buffer.allocUnsafe(2048);

  /** `wallMs` is real time, never the clock of a call: AWS compares the date of a frame with its own. */
  constructor(signer: FrameSigner, wallMs: () => number) {
    this.#signer = signer;
    this.#wallMs = wallMs;
  }

  /** The frame of one event, a whole envelope as JSON text. */
  event(eventJson: string): Buffer {
    return this.#frame(NO_BASE64, Buffer.from(eventJson).toString('base64'));
  }

  /** The frame of one `audioInput`; `s16le` is free for reuse on return. */
  audio(envelope: AudioEnvelope, s16le: Buffer): Buffer {
    const { headBase64, tail } = envelope;
    const content = s16le.toString('base64');
    const byteLength = content.length + tail.byteLength;
    if (byteLength > this.#scratch.byteLength) this.#scratch = Buffer.allocUnsafe(byteLength);
    this.#scratch.write(content, 0, 'latin1');
    this.#scratch.set(tail, content.length);
    return this.#frame(headBase64, this.#scratch.toString('base64', 0, byteLength));
  }

  /** The frame that ends the input: signed, without payload. */
  empty(): Buffer {
    const frame = Buffer.allocUnsafe(PAYLOAD_AT + CRC_BYTES);
    writePrelude(frame, 0, frame.byteLength, OUTER_HEADER_BYTES);
    SIGNATURE_HEADER.copy(frame, PRELUDE_BYTES + DATE_BYTES);
    return this.#seal(frame);
  }

  #frame(base64Head: Buffer, base64: string): Buffer {
    const base64Length = base64Head.byteLength + base64.length;
    if (base64Length !== this.#templateBase64Length) this.#prepare(base64Length);
    const innerEnd = BASE64_AT + base64Length + BODY_TAIL.byteLength;
    const frame = Buffer.allocUnsafe(innerEnd + 2 * CRC_BYTES);
    frame.set(this.#template, 0);
    frame.set(base64Head, BASE64_AT);
    frame.write(base64, BASE64_AT + base64Head.byteLength, 'latin1');
    frame.set(BODY_TAIL, BASE64_AT + base64Length);
    frame.writeUInt32BE(crc32(frame.subarray(PAYLOAD_AT, innerEnd)), innerEnd);
    return this.#seal(frame);
  }

  #seal(frame: Buffer): Buffer {
    const crcAt = frame.byteLength - CRC_BYTES;
    const date = frameDate(this.#wallMs());
    frame.set(date.header, PRELUDE_BYTES);
    frame.write(this.#signer.sign(date, frame.subarray(PAYLOAD_AT, crcAt)), SIGNATURE_AT, 'hex');
    frame.writeUInt32BE(crc32(frame.subarray(0, crcAt)), crcAt);
    return frame;
  }

  #prepare(base64Length: number): void {
    const innerBytes = BASE64_AT - PAYLOAD_AT + base64Length + BODY_TAIL.byteLength + CRC_BYTES;
    const template = Buffer.alloc(BASE64_AT);
    writePrelude(template, 0, PAYLOAD_AT + innerBytes + CRC_BYTES, OUTER_HEADER_BYTES);
    SIGNATURE_HEADER.copy(template, PRELUDE_BYTES + DATE_BYTES);
    writePrelude(template, PAYLOAD_AT, innerBytes, INNER_HEADERS.byteLength);
    INNER_HEADERS.copy(template, PAYLOAD_AT + PRELUDE_BYTES);
    BODY_HEAD.copy(template, BASE64_AT - BODY_HEAD.byteLength);
    this.#template = template;
    this.#templateBase64Length = base64Length;
  }
}

function writePrelude(target: Buffer, at: number, totalBytes: number, headerBytes: number): void {
  target.writeUInt32BE(totalBytes, at);
  target.writeUInt32BE(headerBytes, at + 4);
  target.writeUInt32BE(crc32(target.subarray(at, at + 8)), at + 8);
}

function stringHeader(name: string, value: string): Buffer {
  const header = Buffer.alloc(1 + name.length + 3 + value.length);
  header.writeUInt8(name.length, 0);
  header.write(name, 1, 'latin1');
  header.writeUInt8(7, 1 + name.length);
  header.writeUInt16BE(value.length, 2 + name.length);
  header.write(value, 4 + name.length, 'latin1');
  return header;
}
