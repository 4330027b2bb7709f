import { crc32 } from 'node:zlib';

/**
 * Event-stream frames for the bench, apart from the bridge's own. Source: Amazon event stream encoding:
 * total length, header length, checksum of both, headers, payload, checksum of all.
 */
const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;
const CHUNK_HEADERS = Buffer.concat([
  stringHeader(':event-type', 'chunk'),
  stringHeader(':content-type', 'application/json'),
  stringHeader(':message-type', 'event'),
]);
const SIGNATURE_BYTES = 32;
const DATE_HEADER = Buffer.concat([Buffer.from('\x05:date\x08', 'latin1'), Buffer.alloc(8)]);
const SIGNATURE_HEADER = Buffer.concat([
  Buffer.from('\x10:chunk-signature\x06\x00\x20', 'latin1'),
  Buffer.alloc(SIGNATURE_BYTES),
]);

function stringHeader(name: string, value: string): Buffer {
  const head = Buffer.from([name.length, ...Buffer.from(name), 7, value.length >> 8, value.length & 0xff]);
  return Buffer.concat([head, Buffer.from(value)]);
}

function frame(headers: Buffer, payload: Buffer): Buffer {
  const whole = Buffer.allocUnsafe(PRELUDE_BYTES + headers.length + payload.length + CRC_BYTES);
  whole.writeUInt32BE(whole.length, 0);
  whole.writeUInt32BE(headers.length, 4);
  whole.writeUInt32BE(crc32(whole.subarray(0, 8)), 8);
  headers.copy(whole, PRELUDE_BYTES);
  payload.copy(whole, PRELUDE_BYTES + headers.length);
  whole.writeUInt32BE(crc32(whole.subarray(0, whole.length - CRC_BYTES)), whole.length - CRC_BYTES);
  return whole;
}

/** A frame as the service sends it, with one event. */
export function outputFrame(eventJson: string): Buffer {
  return frame(CHUNK_HEADERS, Buffer.from(`{"bytes":"${Buffer.from(eventJson, 'latin1').toString('base64')}"}`));
}

/** A frame of the same size and shape as a client sends it, with an empty signature. */
export function inputFrame(eventJson: string): Buffer {
  return frame(Buffer.concat([DATE_HEADER, SIGNATURE_HEADER]), outputFrame(eventJson));
}

/** Cuts a stream of bytes into whole frames. */
export class FrameCutter {
  #rest: Buffer | undefined;

  push(chunk: Buffer, take: (frame: Buffer) => void): void {
    let bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    while (bytes.length >= PRELUDE_BYTES) {
      const totalBytes = bytes.readUInt32BE(0);
      if (bytes.length < totalBytes) break;
      take(bytes.subarray(0, totalBytes));
      bytes = bytes.subarray(totalBytes);
    }
    this.#rest = bytes.length > 0 ? bytes : undefined;
  }
}

/** Whether both checksums of a frame are right. */
export function isSound(whole: Buffer): boolean {
  const crcAt = whole.length - CRC_BYTES;
  return (
    crc32(whole.subarray(0, 8)) === whole.readUInt32BE(8) &&
    crc32(whole.subarray(0, crcAt)) === whole.readUInt32BE(crcAt)
  );
}

export function payloadOf(whole: Buffer): Buffer {
  return whole.subarray(PRELUDE_BYTES + whole.readUInt32BE(4), whole.length - CRC_BYTES);
}

/** Where a client's signature stands in its frame; undefined when its headers are not `:date` and `:chunk-signature`. */
export function signatureOf(whole: Buffer): { date: Buffer; signature: Buffer } | undefined {
  const headers = whole.subarray(PRELUDE_BYTES, PRELUDE_BYTES + whole.readUInt32BE(4));
  if (headers.length !== DATE_HEADER.length + SIGNATURE_HEADER.length) return undefined;
  if (!headers.subarray(0, 7).equals(DATE_HEADER.subarray(0, 7))) return undefined;
  return {
    date: headers.subarray(0, DATE_HEADER.length),
    signature: headers.subarray(headers.length - SIGNATURE_BYTES),
  };
}

const BODY_HEAD = '{"bytes":"';

/** The base64 of the event in a chunk's payload; undefined when it is not of the usual shape. */
export function eventBase64(payload: Buffer): string | undefined {
  if (payload.toString('latin1', 0, BODY_HEAD.length) !== BODY_HEAD) return undefined;
  const end = payload.indexOf(0x22, BODY_HEAD.length);
  return end < 0 ? undefined : payload.toString('latin1', BODY_HEAD.length, end);
}

const AUDIO_INPUT = Buffer.from('{"audioInput"');
const CONTENT = Buffer.from('"content":"');
/** As much of an event as surely holds its name. */
const NAME_CHARACTERS = 64;
/** Samples looked at in the middle of a frame: two periods of the loudest marker. */
const LOOK_BYTES = 96;
const LOUD = 6000;

/** Whether an event is caller audio, judged by its beginning only. */
export function isAudioInput(base64: string): boolean {
  return Buffer.from(base64.slice(0, NAME_CHARACTERS), 'base64').includes(AUDIO_INPUT);
}

/** Whether caller audio is loud in its middle; decodes the whole event, as a model has to. Undefined when it has none. */
export function isLoudAudio(base64: string): boolean | undefined {
  const json = Buffer.from(base64, 'base64');
  const contentAt = json.indexOf(CONTENT);
  if (contentAt < 0) return undefined;
  const start = contentAt + CONTENT.length;
  const samples = Buffer.from(json.toString('latin1', start, json.indexOf(0x22, start)), 'base64');
  const from = Math.max(0, (samples.length >> 2) * 2 - LOOK_BYTES / 2);
  for (let at = from; at + 1 < Math.min(samples.length, from + LOOK_BYTES); at += 2) {
    if (Math.abs(samples.readInt16LE(at)) > LOUD) return true;
  }
  return false;
}
