import type { SpeechDetector } from '../audio/speech-detector.js';

/** Before speech is heard to begin, in ms: its first sound may be too soft for the detector. */
const LEAD_IN_MS = 200;
/** No model holds a turn for over before a pause of this length, in ms: what was heard later is not in its transcript. */
const SHORTEST_TURN_END_MS = 500;
/** Speech of which the model has made nothing for this long, in ms, was none to it. */
const FORGOTTEN_AFTER_MS = 12_000;
/**
 * How much longer one transcript may be on its way than the one before it, and how long one is waited for at most, in ms: the
 * caller would be taken for one who waits, and the model for stuck, after longer.
 */
const TRANSCRIPT_JITTER_MS = 1000;
const LONGEST_DOUBT_MS = 4000;

type Speech = Pick<SpeechDetector, 'speaking' | 'lastSpeechStartMs' | 'lastSpeechEndMs' | 'speechMs'>;

/** Speech without a pause. All times on the uplink's time line, in ms of audio. */
interface Stretch {
  readonly fromMs: number;
  toMs: number;
  /** Speech heard before it. */
  readonly speechMsBefore: number;
  /** A transcript has come that may be of this as well: unless it has one of its own by then, it was. */
  inDoubtToMs?: number;
}

/**
 * What the caller has said that the model has not answered for: speech without a transcript yet. What came before it, and
 * the silence since, need not be heard again by another model stream.
 *
 * A transcript is of the oldest speech that has none, up to the first pause in which the model may have ended the turn.
 * What was said after that may be of the same turn, or its transcript is still to come, as on a machine that has too much
 * to do. Then it would come as much later as it was said later; and when transcripts have just become late, that much later
 * once more. Until that time, and until the model has answered at all, it is in doubt, and counts as not understood: heard twice
 * is better than lost. No stream is replaced in such a moment while there is time. At worst, when one is, what was said between a
 * turn and its transcript is lost, if the next transcript is more than twice as late as that one, or by more than the longest
 * doubt; and it is heard twice, if it was of that turn.
 */
export class OpenUtterance {
  readonly #speech: Speech;
  readonly #audioMs: () => number;
  /** Oldest first. */
  #open: Stretch[] = [];
  /** Where the newest stretch begins, open or not. */
  #newestFromMs: number | undefined;
  #consumedMs = 0;
  /** Whether anything came of the last transcript. */
  #isAnswered = false;
  /** Since when a stream serves that can make something of it. */
  #servedFromMs = 0;

  constructor(speech: Speech, audioMs: () => number) {
    this.#speech = speech;
    this.#audioMs = audioMs;
  }

  /** To be called at least every 200 ms of audio: no stretch of speech is shorter. */
  look(): void {
    this.#followSpeech();
    if (this.#open.length === 0) return;
    const nowMs = this.#audioMs();
    while (this.#isAnswered && (this.#open[0]?.inDoubtToMs ?? Number.POSITIVE_INFINITY) <= nowMs) this.#open.shift();
    const last = this.#open.at(-1);
    if (!last || this.#speech.speaking) return;
    if (nowMs - Math.max(last.toMs, this.#servedFromMs) > FORGOTTEN_AFTER_MS) this.#open = [];
  }

  /** Another stream hears all of it, or none does: its time begins anew. */
  heardAnew(isServed: boolean): void {
    this.#servedFromMs = isServed ? this.#audioMs() : Number.POSITIVE_INFINITY;
    for (const stretch of this.#open) delete stretch.inDoubtToMs;
  }

  /** Nobody is to hear it again, though nothing was understood. Answers whether there was any. */
  giveUp(): boolean {
    this.look();
    const isAny = this.#open.length > 0;
    this.#open = [];
    return isAny;
  }

  /** The model speaks, or asks for a tool. */
  answered(): void {
    this.#isAnswered = true;
  }

  /** The model has understood something of what it was given, which is the audio up to `givenMs`. */
  transcribed(givenMs = this.#audioMs()): void {
    this.look();
    this.#isAnswered = false;
    const open = this.#open;
    const isOver = ({ toMs }: Stretch) => toMs + SHORTEST_TURN_END_MS <= givenMs;
    const [first] = open;
    if (!first || !isOver(first)) {
      if (first && this.#isEndless(first, givenMs)) open.shift();
      return;
    }
    let turnEndMs = first.toMs;
    while (open[0] && isOver(open[0]) && open[0].fromMs - turnEndMs < SHORTEST_TURN_END_MS) {
      turnEndMs = open.shift()!.toMs;
    }
    const nowMs = this.#audioMs();
    const lateMs = Math.max(TRANSCRIPT_JITTER_MS, nowMs - turnEndMs);
    for (const stretch of open) {
      if (!isOver(stretch)) break;
      const doubtMs = Math.min(LONGEST_DOUBT_MS, stretch.toMs - turnEndMs + lateMs);
      stretch.inDoubtToMs = Math.max(stretch.inDoubtToMs ?? 0, nowMs + doubtMs);
    }
  }

  /** How much speech there is in it, in ms; 0 when there is none open. */
  get speechMs(): number {
    const [first] = this.#open;
    return first ? this.#speech.speechMs - first.speechMsBefore : 0;
  }

  /** Whether some of it may have been in a transcript that has come. */
  get isInDoubt(): boolean {
    return this.#open.some(({ inDoubtToMs }) => inDoubtToMs !== undefined);
  }

  /** Where it begins; undefined when there is none. */
  get fromMs(): number | undefined {
    return this.#open[0]?.fromMs;
  }

  /** What lies before this need not be heard again. */
  get consumedMs(): number {
    const fromMs = this.fromMs ?? this.#audioMs();
    this.#consumedMs = Math.max(this.#consumedMs, fromMs - LEAD_IN_MS);
    return this.#consumedMs;
  }

  #followSpeech(): void {
    const { lastSpeechStartMs: fromMs, lastSpeechEndMs: toMs = 0, speechMs } = this.#speech;
    if (fromMs === undefined) return;
    if (fromMs !== this.#newestFromMs) {
      this.#newestFromMs = fromMs;
      this.#open.push({ fromMs, toMs, speechMsBefore: speechMs - (toMs - fromMs) });
      return;
    }
    const newest = this.#open.at(-1);
    if (newest?.fromMs === fromMs) newest.toMs = toMs;
  }

  /** Words were found in a stretch that goes on: a noise around them, dealt with however long it lasts. */
  #isEndless({ fromMs }: Stretch, givenMs: number): boolean {
    const isGoingOn = this.#speech.speaking && fromMs === this.#newestFromMs && givenMs >= this.#audioMs();
    return isGoingOn && givenMs - fromMs >= SHORTEST_TURN_END_MS;
  }
}
