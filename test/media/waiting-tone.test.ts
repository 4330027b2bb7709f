import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { peakDbfs, rmsDbfs } from '../../src/audio/level.js';
import { decodeMulaw } from '../../src/audio/mulaw.js';
import { writeWav } from '../../src/audio/wav.js';
import { createLog } from '../../src/log.js';
import { waitSounds } from '../../src/media/clips.js';
import { waitingTone } from '../../src/media/waiting-tone.js';

function decoded(mulaw: Uint8Array): Int16Array {
  const samples = new Int16Array(mulaw.length);
  decodeMulaw(mulaw, samples);
  return samples;
}

const hum = (rateHz: number, seconds: number) =>
  Int16Array.from({ length: rateHz * seconds }, (_, i) =>
    Math.round(20_000 * Math.sin((2 * Math.PI * 440 * i) / rateHz)),
  );

async function folder(files: Record<string, Uint8Array>): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'clips-'));
  onTestFinished(() => rm(path, { recursive: true }));
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(path, name), bytes);
  return path;
}

it('the waiting tone is discreet, mostly silence, and has no click at its ends', () => {
  const samples = decoded(waitingTone());

  expect(peakDbfs(samples)).toBeGreaterThan(-28);
  expect(peakDbfs(samples)).toBeLessThan(-24);
  expect(samples.filter((sample) => Math.abs(sample) < 8).length / samples.length).toBeGreaterThan(0.75);
  const steps = Array.from(samples.subarray(1), (sample, i) => Math.abs(sample - samples[i]!));
  expect(Math.max(...steps)).toBeLessThan(800);
  expect([samples[0], samples.at(-1)]).toEqual([0, 0]);
});

it('a clip of the operator is brought to the telephone’s rate and a discreet level, whatever it was', async () => {
  const path = await folder({
    'hold.wav': writeWav({ rateHz: 44_100, channels: [hum(44_100, 2), hum(44_100, 2)] }),
  });
  const sounds = await waitSounds(path, createLog('silent'));
  const samples = decoded(sounds('hold'));

  expect(samples.length / 8000).toBeCloseTo(2, 1);
  expect(rmsDbfs(samples)).toBeGreaterThan(-31);
  expect(rmsDbfs(samples)).toBeLessThan(-29);
});

it('a clip that is missing, silent or no sound at all is told, and the tone is heard in its place', async () => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => lines.push(line) });
  const path = await folder({
    'broken.wav': Buffer.from('not a WAV'),
    'silent.wav': writeWav({ rateHz: 8000, channels: [new Int16Array(8000)] }),
  });
  const sounds = await waitSounds(path, log);
  const elsewhere = await waitSounds(join(path, 'nowhere'), log);

  for (const clip of ['broken', 'silent', 'missing', undefined]) expect(sounds(clip)).toEqual(waitingTone());
  expect(elsewhere('hold')).toEqual(waitingTone());
  expect(lines.filter((line) => line.includes('clip cannot be used'))).toHaveLength(2);
});

it('a clip that is asked for and is not there is told once', async () => {
  const lines: string[] = [];
  const sounds = await waitSounds(await folder({}), createLog('info', { write: (line) => lines.push(line) }));
  for (const clip of ['typing', 'typing', undefined, 'paper']) sounds(clip);

  expect(lines.map((line) => JSON.parse(line).clip)).toEqual(['typing', 'paper']);
});
