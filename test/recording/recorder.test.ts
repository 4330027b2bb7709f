import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import { CallRecorder } from '../../src/recording/recorder.js';
import type { RecordingSink } from '../../src/recording/store.js';

/** Mu-law bytes that decode to one loud level each: told apart wherever they end up. */
const CALLER = 0x10;
const AGENT = 0x20;
const frame = (byte: number, ms = 20) => new Uint8Array(ms * 8).fill(byte);

/** A file in memory, in pairs of samples. */
function memoryFile(write?: () => Promise<void>) {
  const samples: number[] = [];
  const sink: RecordingSink = {
    async write(atPair, pairs) {
      await write?.();
      const view = new Int16Array(pairs.buffer, pairs.byteOffset, pairs.byteLength / 2);
      view.forEach((sample, index) => {
        samples[atPair * 2 + index] = sample;
      });
    },
    close: async () => ({ byteLength: 44 + samples.length * 2 }),
  };
  const side = (offset: 0 | 1) => samples.filter((_, index) => index % 2 === offset);
  /** For each 20 ms whether something sounds. */
  const sounds = (offset: 0 | 1) => {
    const heard = side(offset);
    const hasSound = (index: number) => heard.slice(index * 160, index * 160 + 160).some((sample) => sample !== 0);
    return Array.from({ length: Math.floor(heard.length / 160) }, (_, index) => (hasSound(index) ? 'x' : '.')).join('');
  };
  return { sink, caller: () => sounds(0), agent: () => sounds(1) };
}

function recording(write?: () => Promise<void>) {
  const clock = new FakeClock(0);
  const file = memoryFile(write);
  const failures: string[] = [];
  const lost: number[] = [];
  const recorder = new CallRecorder({
    ...{ sink: file.sink, clock, startMs: 0, failed: ({ code }) => failures.push(code) },
    lost: (byteLength) => lost.push(byteLength),
  });
  return { clock, file, failures, lost, recorder };
}

/** Caller frames for so long, with time. */
function speak({ clock, recorder }: ReturnType<typeof recording>, ms: number, byte = CALLER): void {
  for (let atMs = 0; atMs < ms; atMs += 20) {
    recorder.caller(frame(byte), undefined, clock.now());
    clock.advance(20);
  }
}

/** The same, while the disk has its turn now and then. */
async function speakOn(call: ReturnType<typeof recording>, ms: number): Promise<void> {
  for (let atMs = 0; atMs < ms; atMs += 100) {
    speak(call, 100);
    await diskTurn();
  }
}

/** Time after the call. */
async function pass({ clock }: ReturnType<typeof recording>, ms: number): Promise<void> {
  for (let atMs = 0; atMs < ms; atMs += 100) {
    clock.advance(100);
    await diskTurn();
  }
}

async function diskTurn(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('a recording', () => {
  it('has the caller left and the agent right, each where it was heard', async () => {
    const call = recording();
    speak(call, 100);
    call.recorder.agent(frame(AGENT, 60), call.clock.now());
    speak(call, 100);
    call.recorder.close();
    await call.recorder.ended;

    expect(call.file.caller()).toBe('xxxxxxxxxx');
    expect(call.file.agent().slice(0, 10)).toBe('.....xxx..');
  });

  it('lacks what the carrier threw away before it was heard', async () => {
    const call = recording();
    call.recorder.agent(frame(AGENT, 1000), call.clock.now());
    speak(call, 200);
    call.recorder.cleared(call.clock.now());
    speak(call, 200);
    call.recorder.agent(frame(AGENT, 40), call.clock.now());
    speak(call, 100);
    call.recorder.close();
    await call.recorder.ended;

    expect(call.file.agent()).toBe(`${'x'.repeat(10)}${'.'.repeat(10)}xx${'.'.repeat(3)}`);
  });

  it('is blank on both sides while something secret is spoken', async () => {
    const call = recording();
    speak(call, 200);
    call.recorder.blank(true, call.clock.now());
    call.recorder.agent(frame(AGENT, 100), call.clock.now());
    speak(call, 200);
    call.recorder.blank(false, call.clock.now());
    speak(call, 200);
    call.recorder.close();
    await call.recorder.ended;

    expect(call.file.caller()).toBe(`${'x'.repeat(10)}${'.'.repeat(10)}${'x'.repeat(10)}`);
    expect(call.file.agent()).not.toContain('x');
  });

  it('goes to the file as the call goes, so that a crash loses a second of it at most', async () => {
    const call = recording();
    call.recorder.agent(frame(AGENT, 5000), call.clock.now());
    for (let atMs = 100; atMs <= 5000; atMs += 100) {
      await speakOn(call, 100);
      const least = Math.floor((atMs - 1000) / 20);
      expect(call.file.caller().length).toBeGreaterThanOrEqual(least);
      expect(call.file.caller()).not.toContain('.');
      expect(call.file.agent()).not.toContain('.');
    }
  });

  it('goes on without a gap when the disk takes it again within half a minute', async () => {
    let isFull = false;
    const call = recording(async () => {
      if (isFull) throw new Error('no space left on device');
    });
    await speakOn(call, 2000);
    isFull = true;
    await speakOn(call, 25_000);
    const durationMs = call.recorder.durationMs;
    isFull = false;
    await speakOn(call, 3000);
    call.recorder.close();
    await call.recorder.ended;

    expect(durationMs).toBeLessThanOrEqual(2000);
    expect(call.failures).toEqual([]);
    expect(call.file.caller()).toBe('x'.repeat(30_000 / 20));
    expect(call.clock.pendingTimers).toBe(0);
  });

  it('is whole also when the disk takes it again only at the end of the call', async () => {
    let isFull = true;
    const call = recording(async () => {
      if (isFull) throw new Error('no space left on device');
    });
    await speakOn(call, 10_000);
    isFull = false;
    call.recorder.close();

    expect(await call.recorder.ended).toEqual({ byteLength: 44 + 10_000 * 32 });
    expect(call.file.caller()).toBe('x'.repeat(500));
    expect(call.lost).toEqual([]);
  });

  it('is given up, and nothing else, when the disk refuses for over half a minute; what it lacks is counted', async () => {
    let isFull = false;
    const call = recording(async () => {
      if (isFull) throw new Error('no space left on device');
    });
    await speakOn(call, 2000);
    isFull = true;
    await speakOn(call, 28_000);
    const before = [...call.failures];
    await speakOn(call, 7000);
    expect(() => call.recorder.close()).not.toThrow();
    call.recorder.close();
    await call.recorder.ended;

    expect([before, call.failures]).toEqual([[], ['RECORDING_FAILED']]);
    expect(call.lost).toEqual([Math.round((37_000 - call.recorder.durationMs) * 8) * 4]);
    expect(call.file.caller()).toMatch(/^x{40,100}$/);
    expect(call.clock.pendingTimers).toBe(0);
  });

  it('is whole also when the disk takes it again within half a minute, the call being over by then', async () => {
    let isFull = false;
    const call = recording(async () => {
      if (isFull) throw new Error('no space left on device');
    });
    await speakOn(call, 2000);
    isFull = true;
    await speakOn(call, 8000);
    call.recorder.close();
    await pass(call, 20_000);
    isFull = false;
    await pass(call, 2000);

    expect(await call.recorder.ended).toEqual({ byteLength: 44 + 10_000 * 32 });
    expect(call.file.caller()).toBe('x'.repeat(500));
    expect([call.failures, call.lost, call.clock.pendingTimers]).toEqual([[], [], 0]);
  });

  it('that the disk still refuses half a minute after it says so, and lacks what came last', async () => {
    const call = recording(() => Promise.reject(new Error('no space left on device')));
    await speakOn(call, 3000);
    call.recorder.close();
    await pass(call, 26_000);
    const before = [...call.failures];
    await pass(call, 4000);
    await call.recorder.ended;

    expect([before, call.failures]).toEqual([[], ['RECORDING_FAILED']]);
    expect(call.lost).toEqual([3000 * 32]);
    expect(call.clock.pendingTimers).toBe(0);
  });

  it('on a disk that is slow is behind, and whole in the end', async () => {
    const waiting: (() => void)[] = [];
    const call = recording(() => new Promise((resolve) => waiting.push(resolve)));
    for (let second = 0; second < 30; second++) {
      await speakOn(call, 1000);
      if (second % 4 === 3) for (const go of waiting.splice(0)) go();
    }
    call.recorder.close();
    for (let turn = 0; turn < 100; turn++) {
      for (const go of waiting.splice(0)) go();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await call.recorder.ended;

    expect(call.failures).toEqual([]);
    expect(call.file.caller()).toBe('x'.repeat(1500));
  });
});
