import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { rmsDbfs } from '../audio/level.js';
import { encodeMulaw } from '../audio/mulaw.js';
import { toInt16 } from '../audio/pcm.js';
import { readWav } from '../audio/wav.js';
import { convertWhole } from '../audio/whole-file.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import { waitingTone } from './waiting-tone.js';

const RATE_HZ = 8000;
/** Below the agent's voice, so that it can be spoken over. */
const LEVEL_DBFS = -30;
const LONGEST_MS = 60_000;

/**
 * What callers hear while a tool works: the operator's clips of a folder (`<name>.wav`, any PCM rate and channels, brought to
 * 8 kHz and a discreet level), and a tone for every other name. A clip that cannot be used is logged and left out; one that is
 * asked for and is not there is logged once: every instance has its own folder, so that no agent can be refused for it.
 */
export async function waitSounds(folder: string, log: Logger): Promise<(clip: string | undefined) => Uint8Array> {
  const tone = waitingTone();
  const clips = new Map<string, Uint8Array>();
  const names = await readdir(folder).catch(() => [] as string[]);
  for (const name of names.filter((each) => each.endsWith('.wav'))) {
    try {
      clips.set(basename(name, '.wav'), clipOf(await readFile(join(folder, name))));
    } catch (error) {
      log.warn({ clip: name, reason: messageOf(error) }, 'clip cannot be used');
    }
  }
  const missed = new Set<string>();
  return (clip) => {
    const sound = clip === undefined ? tone : clips.get(clip);
    if (sound) return sound;
    if (clip !== undefined && !missed.has(clip)) {
      missed.add(clip);
      log.warn({ clip, folder }, 'clip is not there: callers hear the tone in its place');
    }
    return tone;
  };
}

/** A WAV as mu-law at 8 kHz, one channel, a minute at most. */
export function clipOf(wav: Uint8Array): Uint8Array {
  const { rateHz, channels, samples } = readWav(wav);
  const mono = new Int16Array(Math.floor(samples.length / channels));
  for (let i = 0; i < mono.length; i++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += samples[i * channels + channel]!;
    mono[i] = Math.round(sum / channels);
  }
  const converted = convertWhole(mono, rateHz, RATE_HZ).subarray(0, (LONGEST_MS * RATE_HZ) / 1000);
  const levelDbfs = rmsDbfs(converted);
  if (!Number.isFinite(levelDbfs)) throw new Error('there is no sound in it');
  const gain = 10 ** ((LEVEL_DBFS - levelDbfs) / 20);
  const mulaw = new Uint8Array(converted.length);
  encodeMulaw(
    converted.map((sample) => toInt16(sample * gain)),
    mulaw,
  );
  return mulaw;
}
