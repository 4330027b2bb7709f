import { crc32 } from 'node:zlib';

/** A header's value: a string (type 7), bytes (type 6) or a time in milliseconds (type 8). */
export type HeaderValue =
  | { type: 'string'; value: string }
  | { type: 'bytes'; value: Uint8Array }
  | { type: 'timestamp'; value: number };

/** One message of Amazon's event-stream encoding. `payload` and byte values share memory with what was read. */
export interface EventFrame {
  headers: ReadonlyMap<string, HeaderValue>;
  payload: Uint8Array;
}

/** A frame whose lengths, checksums or headers are wrong. The message says which. */
export class FrameFault extends Error {
  override readonly name = 'FrameFault';
}

/** Largest frame in bytes: 16 MB of payload and 128 KB of headers. Source: Smithy, Amazon event stream specification. */
const MAX_FRAME_BYTES = 16 * 1024 * 1024 + 128 * 1024 + 16;
const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;

/** A complete frame: prelude with its own checksum, headers, payload, checksum over all before it. */
export function encodeFrame(headers: ReadonlyMap<string, HeaderValue>, payload: Uint8Array): Buffer {
  const encoded = encodeHeaders(headers);
  const totalBytes = PRELUDE_BYTES + encoded.length + payload.length + CRC_BYTES;
  const out = Buffer.allocUnsafe(totalBytes);
  out.writeUInt32BE(totalBytes, 0);
  out.writeUInt32BE(encoded.length, 4);
  out.writeUInt32BE(crc32(out.subarray(0, 8)), 8);
  out.set(encoded, PRELUDE_BYTES);
  out.set(payload, PRELUDE_BYTES + encoded.length);
  out.writeUInt32BE(crc32(out.subarray(0, totalBytes - CRC_BYTES)), totalBytes - CRC_BYTES);
  return out;
}

/** The headers alone, as they stand in a frame (a frame's signature covers its date header in this form). */
export function encodeHeaders(headers: ReadonlyMap<string, HeaderValue>): Buffer {
  const parts: Buffer[] = [];
  for (const [name, header] of headers) {
    const nameBytes = Buffer.from(name, 'utf8');
    parts.push(Buffer.of(nameBytes.length), nameBytes);
    if (header.type === 'timestamp') {
      const value = Buffer.alloc(9);
      value.writeUInt8(8, 0);
      value.writeBigInt64BE(BigInt(header.value), 1);
      parts.push(value);
    } else {
      const value = header.type === 'string' ? Buffer.from(header.value, 'utf8') : Buffer.from(header.value);
      const head = Buffer.alloc(3);
      head.writeUInt8(header.type === 'string' ? 7 : 6, 0);
      head.writeUInt16BE(value.length, 1);
      parts.push(head, value);
    }
  }
  return Buffer.concat(parts);
}

/** Reads exactly one frame. Throws `FrameFault` on wrong lengths or checksums, trailing bytes and unknown header types. */
export function decodeFrame(bytes: Uint8Array): EventFrame {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < PRELUDE_BYTES + CRC_BYTES) throw new FrameFault(`frame of ${view.length} bytes is too short`);
  const totalBytes = view.readUInt32BE(0);
  const headerBytes = view.readUInt32BE(4);
  if (view.readUInt32BE(8) !== crc32(view.subarray(0, 8))) throw new FrameFault('prelude checksum does not match');
  if (totalBytes !== view.length) throw new FrameFault(`frame says ${totalBytes} bytes but has ${view.length}`);
  if (headerBytes > totalBytes - PRELUDE_BYTES - CRC_BYTES) throw new FrameFault('headers exceed the frame');
  if (view.readUInt32BE(totalBytes - CRC_BYTES) !== crc32(view.subarray(0, totalBytes - CRC_BYTES))) {
    throw new FrameFault('message checksum does not match');
  }
  const payloadAt = PRELUDE_BYTES + headerBytes;
  return {
    headers: decodeHeaders(view.subarray(PRELUDE_BYTES, payloadAt)),
    payload: view.subarray(payloadAt, totalBytes - CRC_BYTES),
  };
}

/** Cuts a byte stream into frames, wherever the pieces were split. Throws `FrameFault`; it is of no use afterwards. */
export class FrameReader {
  #held: Buffer = Buffer.alloc(0);

  push(bytes: Uint8Array): EventFrame[] {
    this.#held =
      this.#held.length > 0
        ? Buffer.concat([this.#held, bytes])
        : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const frames: EventFrame[] = [];
    while (this.#held.length >= PRELUDE_BYTES) {
      const totalBytes = this.#held.readUInt32BE(0);
      if (this.#held.readUInt32BE(8) !== crc32(this.#held.subarray(0, 8))) {
        throw new FrameFault('prelude checksum does not match');
      }
      if (totalBytes > MAX_FRAME_BYTES) throw new FrameFault(`frame of ${totalBytes} bytes is too long`);
      if (totalBytes < PRELUDE_BYTES + CRC_BYTES) throw new FrameFault(`frame of ${totalBytes} bytes is too short`);
      if (this.#held.length < totalBytes) break;
      frames.push(decodeFrame(this.#held.subarray(0, totalBytes)));
      this.#held = this.#held.subarray(totalBytes);
    }
    return frames;
  }

  /** Bytes of an unfinished frame: must be zero at the end of the stream. */
  get pendingBytes(): number {
    return this.#held.length;
  }
}

function decodeHeaders(bytes: Buffer): Map<string, HeaderValue> {
  const headers = new Map<string, HeaderValue>();
  let at = 0;
  const take = (byteLength: number): Buffer => {
    if (at + byteLength > bytes.length) throw new FrameFault('header is cut off');
    at += byteLength;
    return bytes.subarray(at - byteLength, at);
  };
  while (at < bytes.length) {
    const name = take(take(1).readUInt8()).toString('utf8');
    if (headers.has(name)) throw new FrameFault(`header ${name} appears twice`);
    const type = take(1).readUInt8();
    if (type === 7) headers.set(name, { type: 'string', value: take(take(2).readUInt16BE()).toString('utf8') });
    else if (type === 6) headers.set(name, { type: 'bytes', value: take(take(2).readUInt16BE()) });
    else if (type === 8) headers.set(name, { type: 'timestamp', value: Number(take(8).readBigInt64BE()) });
    else throw new FrameFault(`header ${name} has the unexpected type ${type}`);
  }
  return headers;
}

/** A frame with string headers alone, as services answer them; an object becomes JSON. */
export function frame(headers: Readonly<Record<string, string>>, payload: Uint8Array | string | object): Buffer {
  const typed = Object.entries(headers).map(([name, value]): [string, HeaderValue] => [
    name,
    { type: 'string', value },
  ]);
  const bytes =
    payload instanceof Uint8Array ? payload : typeof payload === 'string' ? payload : JSON.stringify(payload);
  return encodeFrame(new Map(typed), typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes);
}

/** One member of an output union, as JSON; bytes within must be base64 already. */
export function eventFrame(type: string, members: object): Buffer {
  const headers = { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' };
  return frame(headers, members);
}

/** A typed error within the stream; the type as the union names it (`throttlingException`). */
export function exceptionFrame(type: string, message: string, members: object = {}): Buffer {
  const headers = { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' };
  return frame(headers, { message, ...members });
}

/** The generic error of the encoding, without a type. */
export function errorFrame(code: string, message: string): Buffer {
  return frame({ ':error-code': code, ':error-message': message, ':message-type': 'error' }, new Uint8Array());
}
