import { SAMPLES_PER_MS_8K } from './pcm.js';

const BLOCK_MS = 10;
const BLOCK_SAMPLES = BLOCK_MS * SAMPLES_PER_MS_8K;

/** Speech begins after this many loud blocks in a row: a click or a pop is shorter. */
const ONSET_BLOCKS = 4;
/** While speech lasts, this many blocks in a row prolong it: a single one is a click in the pause. */
const SUSTAIN_BLOCKS = 2;
/** Pauses up to this length belong to the speech around them. */
const HANGOVER_BLOCKS = 20;

/** How far above the noise floor speech begins and ends, and the levels it must reach on the quietest line. */
const ONSET_ABOVE_FLOOR_DB = 10;
const RELEASE_ABOVE_FLOOR_DB = 8;
const ONSET_DBFS = -45;
const RELEASE_DBFS = -48;

/** The floor is the lowest level of the last three seconds: speech has a gap in that time, noise has none. */
const FLOOR_SPANS = 3;
const FLOOR_SPAN_BLOCKS = 100;
/** Taken for the floor while nothing but digital silence was heard. */
const UNKNOWN_FLOOR_DBFS = -60;
/** A caller who talks without a gap must not be taken for noise. */
const HIGHEST_FLOOR_DBFS = -42;
/** Power of one unit in 16 bits. Less is digital silence, which says nothing about the noise of the line. */
const SILENT_POWER = 1;

/** Second-order Butterworth high-pass at 180 Hz: hum and handling noise lie below, the voice above. */
const HIGH_PASS = (() => {
  const warped = Math.tan((Math.PI * 180) / (1000 * SAMPLES_PER_MS_8K));
  const gain = 1 / (1 + Math.SQRT2 * warped + warped * warped);
  return { gain, a1: 2 * (warped * warped - 1) * gain, a2: (1 - Math.SQRT2 * warped + warped * warped) * gain };
})();

function dbfs(power: number): number {
  return 10 * Math.log10(power / 32_768 ** 2);
}

/**
 * Is the caller speaking? Energy above an adaptive noise floor, with hysteresis, on 8 kHz telephone audio.
 * All times are audio time: samples pushed so far, in ms. It hears energy, so tones and music count as speech.
 */
export class SpeechDetector {
  #x1 = 0;
  #x2 = 0;
  #y1 = 0;
  #y2 = 0;
  #power = 0;
  #blockFill = 0;
  #blockCount = 0;
  #previousPower = 0;
  #beforePreviousPower = 0;
  readonly #lowestPowers = new Float64Array(FLOOR_SPANS).fill(Number.POSITIVE_INFINITY);
  #loudBlocks = 0;
  #quietBlocks = 0;
  #speaking = false;
  #speechBlocks = 0;
  #startBlock = -1;
  #endBlock = -1;

  /** True from 40 ms after speech began until 200 ms after it ended. */
  get speaking(): boolean {
    return this.#speaking;
  }

  /** Where the current or last stretch of speech began, in ms of audio. */
  get lastSpeechStartMs(): number | undefined {
    return this.#startBlock < 0 ? undefined : this.#startBlock * BLOCK_MS;
  }

  /** End of the last audio judged to be speech, in ms of audio; moves on while the caller speaks. */
  get lastSpeechEndMs(): number | undefined {
    return this.#endBlock < 0 ? undefined : this.#endBlock * BLOCK_MS;
  }

  /** How much speech there was so far, in ms; pauses do not count. */
  get speechMs(): number {
    return this.#speechBlocks * BLOCK_MS;
  }

  /** Takes 8 kHz samples, any number at a time; judged in blocks of 10 ms. */
  push(samples: Int16Array): void {
    const { gain, a1, a2 } = HIGH_PASS;
    let x1 = this.#x1;
    let x2 = this.#x2;
    let y1 = this.#y1;
    let y2 = this.#y2;
    let at = 0;
    while (at < samples.length) {
      const end = Math.min(samples.length, at + BLOCK_SAMPLES - this.#blockFill);
      this.#blockFill += end - at;
      let power = this.#power;
      for (; at < end; at++) {
        const x = samples[at]!;
        const y = gain * (x - 2 * x1 + x2) - a1 * y1 - a2 * y2;
        x2 = x1;
        x1 = x;
        y2 = y1;
        y1 = y;
        power += y * y;
      }
      this.#power = power;
      if (this.#blockFill === BLOCK_SAMPLES) this.#judge();
    }
    this.#x1 = x1;
    this.#x2 = x2;
    this.#y1 = y1;
    this.#y2 = y2;
  }

  #judge(): void {
    const power = this.#power / BLOCK_SAMPLES;
    this.#power = 0;
    this.#blockFill = 0;
    this.#blockCount++;
    const floorDbfs = this.#followFloor(power);
    const levelDbfs = dbfs(power);
    const thresholdDbfs = this.#speaking
      ? Math.max(RELEASE_DBFS, floorDbfs + RELEASE_ABOVE_FLOOR_DB)
      : Math.max(ONSET_DBFS, floorDbfs + ONSET_ABOVE_FLOOR_DB);
    if (levelDbfs > thresholdDbfs) this.#hearLoud();
    else this.#hearQuiet();
  }

  #hearLoud(): void {
    this.#loudBlocks++;
    const needed = this.#speaking ? SUSTAIN_BLOCKS : ONSET_BLOCKS;
    if (this.#loudBlocks < needed) {
      this.#countQuiet();
      return;
    }
    if (!this.#speaking) this.#startBlock = this.#blockCount - needed;
    // The blocks that led up to this one were speech as well.
    this.#speechBlocks += this.#loudBlocks === needed ? needed : 1;
    this.#speaking = true;
    this.#quietBlocks = 0;
    this.#endBlock = this.#blockCount;
  }

  #hearQuiet(): void {
    this.#loudBlocks = 0;
    this.#countQuiet();
  }

  #countQuiet(): void {
    this.#quietBlocks++;
    if (this.#quietBlocks >= HANGOVER_BLOCKS) this.#speaking = false;
  }

  /** Takes one block into the noise floor and returns the floor in dBFS. */
  #followFloor(power: number): number {
    const lowest = this.#lowestPowers;
    if (this.#blockCount % FLOOR_SPAN_BLOCKS === 0) {
      lowest.copyWithin(1, 0);
      lowest[0] = Number.POSITIVE_INFINITY;
    }
    const smoothed = (power + this.#previousPower + this.#beforePreviousPower) / 3;
    const isHeard = Math.min(power, this.#previousPower, this.#beforePreviousPower) >= SILENT_POWER;
    this.#beforePreviousPower = this.#previousPower;
    this.#previousPower = power;
    if (isHeard && smoothed < lowest[0]!) lowest[0] = smoothed;
    let floor = lowest[0]!;
    for (let i = 1; i < FLOOR_SPANS; i++) if (lowest[i]! < floor) floor = lowest[i]!;
    return floor === Number.POSITIVE_INFINITY ? UNKNOWN_FLOOR_DBFS : Math.min(HIGHEST_FLOOR_DBFS, dbfs(floor));
  }
}
