import { crc32 } from 'node:zlib';

const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;
const MIN_FRAME_BYTES = PRELUDE_BYTES + CRC_BYTES;
/** Source: Smithy event stream encoding, payload limit. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/** One received frame; all three are views on the received bytes. */
export interface ReceivedFrame {
  whole: Buffer;
  headers: Buffer;
  payload: Buffer;
}

/**
 * Cuts a byte stream into event-stream frames and checks both checksums. A frame that came in one piece is not copied.
 * Keeps at most one unfinished frame, and only bytes that were really received.
 */
export class FrameReader {
  readonly #onFrame: (frame: ReceivedFrame) => void;
  #parts: Buffer[] = [];
  #partBytes = 0;
  #neededBytes = 0;
  #isStopped = false;

  constructor(onFrame: (frame: ReceivedFrame) => void) {
    this.#onFrame = onFrame;
  }

  /** Whether bytes of an unfinished frame wait: at the end of a response that means it was cut. */
  get isPartial(): boolean {
    return this.#partBytes > 0;
  }

  /** No more frames, even from bytes that `push` is just working on. */
  stop(): void {
    this.#isStopped = true;
    this.#keep(undefined, 0);
  }

  /** Throws an Error when the bytes are not a sound frame; nothing more can be read then. */
  push(chunk: Buffer): void {
    if (this.#isStopped) return;
    let bytes = chunk;
    if (this.#partBytes > 0) {
      this.#parts.push(chunk);
      this.#partBytes += chunk.byteLength;
      if (this.#partBytes < this.#neededBytes) return;
      bytes = Buffer.concat(this.#parts, this.#partBytes);
      this.#keep(undefined, 0);
    }
    let at = 0;
    while (!this.#isStopped && at < bytes.byteLength) {
      const left = bytes.byteLength - at;
      const totalBytes = left < PRELUDE_BYTES ? PRELUDE_BYTES : checkPrelude(bytes, at);
      if (left < totalBytes) {
        this.#keep(bytes.subarray(at), totalBytes);
        return;
      }
      const whole = bytes.subarray(at, at + totalBytes);
      at += totalBytes;
      this.#onFrame(split(whole));
    }
  }

  #keep(rest: Buffer | undefined, neededBytes: number): void {
    this.#parts = rest ? [rest] : [];
    this.#partBytes = rest?.byteLength ?? 0;
    this.#neededBytes = neededBytes;
  }
}

function checkPrelude(bytes: Buffer, at: number): number {
  const totalBytes = bytes.readUInt32BE(at);
  const headerBytes = bytes.readUInt32BE(at + 4);
  if (crc32(bytes.subarray(at, at + 8)) !== bytes.readUInt32BE(at + 8)) {
    throw new Error('response frame: wrong prelude checksum');
  }
  if (totalBytes > MAX_FRAME_BYTES || totalBytes < MIN_FRAME_BYTES || headerBytes > totalBytes - MIN_FRAME_BYTES) {
    throw new Error(`response frame: impossible lengths ${totalBytes} and ${headerBytes}`);
  }
  return totalBytes;
}

function split(whole: Buffer): ReceivedFrame {
  const crcAt = whole.byteLength - CRC_BYTES;
  if (crc32(whole.subarray(0, crcAt)) !== whole.readUInt32BE(crcAt)) {
    throw new Error('response frame: wrong checksum');
  }
  const payloadAt = PRELUDE_BYTES + whole.readUInt32BE(4);
  return { whole, headers: whole.subarray(PRELUDE_BYTES, payloadAt), payload: whole.subarray(payloadAt, crcAt) };
}

const STRING_TYPE = 7;
/** Bytes of a header value by its type; -1: a 16-bit length follows. */
const VALUE_BYTES = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16];

/** The string headers of a frame by name. Throws an Error when the headers do not add up. */
export function readStringHeaders(headers: Buffer): Map<string, string> {
  const found = new Map<string, string>();
  let at = 0;
  while (at < headers.byteLength) {
    const nameAt = at + 1;
    const typeAt = nameAt + headers.readUInt8(at);
    const type = headers.readUInt8(typeAt);
    const fixedBytes = VALUE_BYTES[type];
    if (fixedBytes === undefined) throw new Error(`response frame: unknown header type ${type}`);
    const valueAt = fixedBytes < 0 ? typeAt + 3 : typeAt + 1;
    const valueEnd = valueAt + (fixedBytes < 0 ? headers.readUInt16BE(typeAt + 1) : fixedBytes);
    if (valueEnd > headers.byteLength) throw new Error('response frame: header is cut');
    if (type === STRING_TYPE)
      found.set(headers.toString('utf8', nameAt, typeAt), headers.toString('utf8', valueAt, valueEnd));
    at = valueEnd;
  }
  return found;
}

const BODY_HEAD = Buffer.from('{"bytes":"');
const QUOTE = 0x22;

/**
 * The event inside the body `{"bytes":"…"}` of a chunk; undefined when it has none, as for the SDK.
 * Other members (the real service pads with `p`) are passed over. Throws an Error on a broken body.
 */
export function readChunk(payload: Buffer): Buffer | undefined {
  if (payload.subarray(0, BODY_HEAD.byteLength).equals(BODY_HEAD)) {
    const end = payload.indexOf(QUOTE, BODY_HEAD.byteLength);
    const event = end < 0 ? undefined : decodeBase64(payload.toString('latin1', BODY_HEAD.byteLength, end));
    if (event) return event;
  }
  const body: unknown = payload.byteLength === 0 ? {} : JSON.parse(payload.toString());
  const base64 = typeof body === 'object' && body !== null && 'bytes' in body ? body.bytes : undefined;
  if (base64 === undefined || base64 === null) return undefined;
  const event = typeof base64 === 'string' ? decodeBase64(base64) : undefined;
  if (!event) throw new Error('response frame: bytes are not base64');
  return event;
}

/** Node passes over what is not base64; a wrong length betrays it. */
function decodeBase64(text: string): Buffer | undefined {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = Buffer.from(text, 'base64');
  return text.length % 4 === 0 && bytes.byteLength === (text.length / 4) * 3 - padding ? bytes : undefined;
}
