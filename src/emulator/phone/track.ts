import { MULAW_SILENCE } from './mulaw.js';

/** One voice on the call's timeline: mu-law pieces at byte positions (8 per ms), silence between. Pieces are kept, not copied. */
export class Track {
  readonly #pieces: { atByte: number; bytes: Uint8Array }[] = [];

  /** Adds a piece; positions must not go back. */
  write(atByte: number, bytes: Uint8Array): void {
    this.#pieces.push({ atByte, bytes });
  }

  /** Forgets everything from a position on. */
  cut(atByte: number): void {
    for (;;) {
      const last = this.#pieces.at(-1);
      if (!last || last.atByte + last.bytes.length <= atByte) return;
      this.#pieces.pop();
      if (last.atByte < atByte) {
        this.#pieces.push({ atByte: last.atByte, bytes: last.bytes.subarray(0, atByte - last.atByte) });
        return;
      }
    }
  }

  /** A copy of a short stretch of the timeline. Quick near its end. */
  read(fromByte: number, byteLength: number): Uint8Array {
    const stretch = new Uint8Array(byteLength).fill(MULAW_SILENCE);
    for (let index = this.#pieces.length - 1; index >= 0; index--) {
      const { atByte, bytes } = this.#pieces[index] as { atByte: number; bytes: Uint8Array };
      if (atByte + bytes.length <= fromByte) break;
      const first = Math.max(atByte, fromByte);
      const end = Math.min(atByte + bytes.length, fromByte + byteLength);
      if (first < end) stretch.set(bytes.subarray(first - atByte, end - atByte), first - fromByte);
    }
    return stretch;
  }

  /** A copy of the timeline from its beginning to a position. */
  render(endByte: number): Uint8Array {
    const whole = new Uint8Array(Math.max(0, endByte)).fill(MULAW_SILENCE);
    for (const { atByte, bytes } of this.#pieces) {
      if (atByte >= endByte) break;
      whole.set(bytes.subarray(0, endByte - atByte), atByte);
    }
    return whole;
  }
}
