/** Bytes that are written one after the other into memory that grows. */
export class ByteSink {
  #bytes: Buffer;
  #length = 0;

  constructor(memory: Buffer) {
    this.#bytes = memory;
  }

  get length(): number {
    return this.#length;
  }

  /** What was written so far; shares the memory. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** The memory that it is written to, to be used again when nobody needs what was written. */
  get memory(): Buffer {
    return this.#bytes;
  }

  /** Forgets what was written. */
  clear(): void {
    this.#length = 0;
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  /** 32 bits that are filled in later. Answers where. */
  gap(): number {
    this.#room(4);
    this.#length += 4;
    return this.#length - 4;
  }

  fill(at: number, value: number): void {
    this.#bytes.writeUInt32LE(value, at);
  }

  /** A whole number from 0 to 2^53, in groups of seven bits, the lowest first. */
  varint(value: number): void {
    this.#room(8);
    let rest = value;
    while (rest >= 0x8000_0000) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    // Nearly all are small, and whole numbers of 32 bits are much cheaper to divide.
    let small = rest | 0;
    while (small >= 0x80) {
      this.#bytes[this.#length++] = (small & 0x7f) | 0x80;
      small >>>= 7;
    }
    this.#bytes[this.#length++] = small;
  }

  /** A whole number of either sign, near zero in few bytes. */
  signed(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  double(value: number): void {
    this.#room(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  /** With its length before it. */
  block(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** As UTF-8, with its length in bytes before it. */
  text(text: string): void {
    const byteLength = Buffer.byteLength(text);
    this.varint(byteLength);
    this.#room(byteLength);
    this.#length += this.#bytes.write(text, this.#length);
  }

  #room(byteCount: number): void {
    if (this.#length + byteCount <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + byteCount));
    larger.set(this.bytes);
    this.#bytes = larger;
  }
}

/** Reads what a `ByteSink` wrote. Throws RangeError past the end. */
export class ByteSource {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) throw new RangeError('no more bytes');
    return value;
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const next = this.byte();
      value += (next & 0x7f) * factor;
      if (next < 0x80) return value;
    }
  }

  signed(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  double(): number {
    const value = this.#bytes.readDoubleLE(this.#at);
    this.#at += 8;
    return value;
  }

  /** Shares the memory. */
  block(): Buffer {
    return this.raw(this.varint());
  }

  /** Shares the memory. */
  raw(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError('no more bytes');
    const block = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return block;
  }

  text(): string {
    return this.block().toString('utf8');
  }
}
