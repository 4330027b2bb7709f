import { createHmac, hash } from 'node:crypto';

/** What a chain of frame signatures starts from: the signed request and the credentials it was signed with. */
export interface SignatureSeed {
  secretAccessKey: string;
  region: string;
  service: string;
  /** Hex signature of the request. */
  signature: string;
}

/** The `:date` header of a frame in every form it is needed in. Whole seconds, so it is made once a second for all calls. */
export interface FrameDate {
  /** `YYYYMMDD`, the day of the signing key. */
  readonly day: string;
  /** `YYYYMMDDTHHMMSSZ` as in the string to sign. */
  readonly text: string;
  /** The encoded header, which is hashed for the signature and written to the frame. */
  readonly header: Buffer;
  readonly headerHash: string;
}

const BLOCK_BYTES = 64;
const HASH_HEX_LENGTH = 64;
const PREFIX = 'AWS4-HMAC-SHA256-PAYLOAD\n';
const TEXT_LENGTH = 16;
const DATE_HEADER_NAME = Buffer.from('\x05:date\x08', 'latin1');

/**
 * Signs event-stream frames, each with the signature of the frame before. Synchronous, without allocating buffers:
 * the string to sign has a fixed shape, and HMAC is two hashes over prepared blocks.
 * Source: AWS Signature Version 4, event stream signing (`AWS4-HMAC-SHA256-PAYLOAD`).
 */
export class FrameSigner {
  readonly #seed: SignatureSeed;
  #day = '';
  /** Inner pad, then the string to sign. */
  #inner = Buffer.alloc(0);
  /** Outer pad, then the inner hash. */
  readonly #outer = Buffer.alloc(BLOCK_BYTES + 32);
  #priorSignature: string;
  #priorAt = 0;

  constructor(seed: SignatureSeed) {
    this.#seed = seed;
    this.#priorSignature = seed.signature;
  }

  /** Hex signature of the next frame with this date and payload. */
  sign(date: FrameDate, payload: Uint8Array): string {
    // As in AWS's own signers, the key belongs to the day of the frame: calls go on over midnight UTC.
    if (date.day !== this.#day) this.#prepare(date.day);
    const text = this.#inner;
    text.write(date.text, BLOCK_BYTES + PREFIX.length, 'latin1');
    const dateHashAt = this.#priorAt + HASH_HEX_LENGTH + 1;
    text.write(this.#priorSignature, this.#priorAt, 'latin1');
    text.write(date.headerHash, dateHashAt, 'latin1');
    text.write(hash('sha256', payload), dateHashAt + HASH_HEX_LENGTH + 1, 'latin1');
    this.#outer.write(hash('sha256', text), BLOCK_BYTES, 'hex');
    this.#priorSignature = hash('sha256', this.#outer);
    return this.#priorSignature;
  }

  #prepare(day: string): void {
    this.#day = day;
    const { secretAccessKey, region, service } = this.#seed;
    const zeros = '0'.repeat(HASH_HEX_LENGTH);
    const head = `${PREFIX}${'0'.repeat(TEXT_LENGTH)}\n${day}/${region}/${service}/aws4_request\n`;
    this.#inner = Buffer.from(`${'\0'.repeat(BLOCK_BYTES)}${head}${zeros}\n${zeros}\n${zeros}`, 'latin1');
    this.#priorAt = BLOCK_BYTES + head.length;
    let key: string | Buffer = `AWS4${secretAccessKey}`;
    for (const part of [day, region, service, 'aws4_request']) key = createHmac('sha256', key).update(part).digest();
    for (let at = 0; at < BLOCK_BYTES; at++) {
      const keyByte = at < key.length ? (key[at] as number) : 0;
      this.#inner[at] = keyByte ^ 0x36;
      this.#outer[at] = keyByte ^ 0x5c;
    }
  }
}

let latest: { second: number; date: FrameDate } | undefined;

/** The frame date of a time in milliseconds since the epoch, cut to whole seconds as AWS's own Rust signer does. */
export function frameDate(timeMs: number): FrameDate {
  const second = Math.floor(timeMs / 1000);
  if (latest?.second !== second) latest = { second, date: makeDate(second * 1000) };
  return latest.date;
}

function makeDate(timeMs: number): FrameDate {
  const text = `${new Date(timeMs).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const header = Buffer.alloc(DATE_HEADER_NAME.length + 8);
  DATE_HEADER_NAME.copy(header);
  header.writeBigInt64BE(BigInt(timeMs), DATE_HEADER_NAME.length);
  return { day: text.slice(0, 8), text, header, headerHash: hash('sha256', header) };
}
