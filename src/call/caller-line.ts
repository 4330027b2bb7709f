import { Uplink } from '../media/uplink.js';
import { CallerFloor } from './caller-floor.js';
import { LineWatch } from './line-watch.js';
import { OpenUtterance } from './open-utterance.js';

export interface CallerLineOptions {
  inputRateHz: number;
  /** For how long nobody was heard before the media stream, in ms. */
  silentMs: number;
  now: () => number;
  /** Whether the caller hears anything. */
  isAnythingHeard: () => boolean;
  /** Takes s16le at the input rate; the bytes are valid during the call only. */
  hear: (s16le: Uint8Array, durationMs: number) => void;
}

/** What comes from the caller: their audio on its way to the model, and what can be known of it here. */
export class CallerLine {
  readonly floor: CallerFloor;
  /** What they have said that the model has not understood yet. */
  readonly open: OpenUtterance;
  readonly watch: LineWatch;
  readonly #uplink: Uplink;
  #droppedMs = 0;

  constructor({ inputRateHz, silentMs, now, isAnythingHeard, hear }: CallerLineOptions) {
    this.#uplink = new Uplink({
      inputRateHz,
      now,
      hear: (s16le, durationMs) => {
        // Audio may come in bursts, and nothing else be done between them.
        this.open.look();
        hear(s16le, durationMs);
      },
    });
    this.floor = new CallerFloor(this.#uplink);
    this.open = new OpenUtterance(this.#uplink.speech, () => this.#uplink.audioMs);
    this.watch = new LineWatch({
      uplink: this.#uplink,
      isAudible: () => this.floor.isSpeaking || isAnythingHeard(),
      now,
      silentMs,
    });
  }

  /** One media message. Returns false when it came so much faster than time passes that it was dropped. */
  push(mulaw: Uint8Array, timestampMs: number | undefined): boolean {
    return this.#uplink.push(mulaw, timestampMs);
  }

  /**
   * The model has understood what was said: where that lies on the call's time line. `givenMs`: how much of the caller's
   * audio it had been given.
   */
  understood(callMs: number, givenMs?: number): { startMs: number; endMs: number } {
    const bounds = this.floor.takeUtterance(callMs);
    this.open.transcribed(givenMs);
    return bounds;
  }

  /** The model's side has given up caller audio. */
  dropped(durationMs: number): void {
    this.#droppedMs += durationMs;
  }

  /** What was silent, and what was filled in and given up of the caller's audio, so far, in ms. */
  get totals(): { deadAirMs: number; filledMs: number; droppedMs: number } {
    const { deadAirMs, filledMs, droppedMs } = this.watch.totals;
    return { deadAirMs, filledMs, droppedMs: Math.round(droppedMs + this.#droppedMs) };
  }

  /** To be called every `WATCH_INTERVAL_MS`. */
  look(): void {
    this.watch.look();
    this.open.look();
  }
}
