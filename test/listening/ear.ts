import type { ListenerSocket } from '../../src/call/listening.js';

const SILENCE = 0xff;

/** What a listener was told, put together as the API's document says: nothing of the bridge is used to read it. */
export class Heard {
  /** Text messages, in order. */
  readonly told: { event: string; atMs: number; [field: string]: unknown }[] = [];
  /** Sound messages, in order. */
  readonly sounds: { side: 'caller' | 'agent'; atMs: number; mulaw: Uint8Array }[] = [];

  took(message: string | Uint8Array): void {
    if (typeof message === 'string') {
      this.told.push(JSON.parse(message));
      return;
    }
    const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
    const side = (['caller', 'agent'] as const)[view.getUint8(0)]!;
    this.sounds.push({ side, atMs: view.getUint32(1), mulaw: Uint8Array.from(message.subarray(5)) });
  }

  /** One side from the call's start on: mu-law, silence where nothing was sent. Sound that overlaps ends the test. */
  sideMulaw(side: 'caller' | 'agent'): Uint8Array {
    const sounds = this.sounds.filter((sound) => sound.side === side);
    const last = sounds.at(-1);
    const mulaw = new Uint8Array(last ? last.atMs * 8 + last.mulaw.length : 0).fill(SILENCE);
    let endMs = 0;
    for (const sound of sounds) {
      if (sound.atMs < endMs) throw new Error(`${side}: ${sound.atMs} ms was sent before`);
      endMs = sound.atMs + sound.mulaw.length / 8;
      mulaw.set(sound.mulaw, sound.atMs * 8);
    }
    return mulaw;
  }

  /** For each 20 ms from `fromMs` to `toMs` whether something sounds. */
  pattern(side: 'caller' | 'agent', fromMs: number, toMs: number): string {
    const mulaw = this.sideMulaw(side);
    return Array.from({ length: (toMs - fromMs) / 20 }, (_, index) => {
      const start = (fromMs + index * 20) * 8;
      return mulaw.subarray(start, start + 160).some((code) => code !== SILENCE) ? 'x' : '.';
    }).join('');
  }
}

/** A listener in memory. */
export class MemoryEar extends Heard implements ListenerSocket {
  bufferedAmount = 0;
  closed: { code: number; reason: string } | undefined;

  send(message: string | Uint8Array): void {
    this.took(message);
  }

  close(code: number, reason: string): void {
    this.closed = { code, reason };
  }
}
