import type { Clock } from '../clock.js';
import type { ModelSession, SessionEvent } from '../emulator/bedrock/model-session.js';
import type { ModelScript } from '../emulator/bedrock/script.js';
import type { Impairments } from '../emulator/phone/network.js';
import type { CallEnd, Phone, PhoneCall, PhoneEvent } from '../emulator/phone/phone.js';
import { TwilioFault } from '../emulator/phone/phone.js';
import { seededRandom } from '../emulator/phone/random.js';
import { isLineFault } from './faults.js';
import { answersOf, transcriptOf } from './lines.js';
import { Microphone } from './microphone.js';
import { Mind, type Question } from './mind.js';
import type { CallPlan } from './plan.js';

/** Words in an answer: about three seconds. */
const ANSWER_LENGTH = 5;
/** How long the line holds frames back or loses them, in ms. */
const GAP_MS = 1200;
/** Longer than any call may last. */
export const CALL_LIMIT_MS = 60_000;

/** Something that a model stream of the call did; `atMs` of the clock. */
export interface ModelNote {
  readonly atMs: number;
  /** Which of the call's streams, from 0. */
  readonly stream: number;
  readonly event: SessionEvent;
}

/** Something that the caller did not like. */
export interface Complaint {
  readonly words: string;
  /** When the question was asked that it is about, in ms of the call. */
  readonly asked?: Stretch;
}

/** A stretch of time of the call, in ms. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** One call of a run: who speaks, what is right, and everything that was seen of it from outside of the bridge. */
export class ChaosCall {
  readonly plan: CallPlan;
  readonly microphone: Microphone;
  readonly questions: Question[];
  /** The model streams that were opened for it, in the order in which they were. */
  readonly streams: ModelSession[] = [];
  readonly notes: ModelNote[] = [];
  /** When the agent was heard, and when the caller meant to say nothing. */
  readonly playing: Stretch[] = [];
  readonly holds: Stretch[] = [];
  /** When what was planned for it has struck, ms of the clock. */
  readonly strikes: { readonly name: string; readonly atMs: number }[] = [];
  /** What the caller noticed. */
  readonly complaints: Complaint[] = [];
  phone: PhoneCall | undefined;
  /** Clock time at which the call's time is 0: its first media stream. */
  startedAtMs = Number.NaN;
  /** Call time at which the microphone is open. */
  microphoneFromMs = Number.NaN;
  end: CallEnd | undefined;
  readonly #clock: Clock;
  readonly #mind: Mind;
  #playingFromMs: number | undefined;

  constructor(plan: CallPlan, clock: Clock) {
    this.plan = plan;
    this.#clock = clock;
    this.microphone = new Microphone(CALL_LIMIT_MS + 5000, plan.seed);
    const lengths = plan.turns.map(({ answerWords }) => answerWords ?? ANSWER_LENGTH);
    const answers = answersOf(lengths, seededRandom(plan.seed));
    this.questions = plan.turns.map(({ say, toolMs, isRealTime = false }, turn) => ({
      isRealTime,
      transcript: transcriptOf(say),
      answer: answers[turn]!,
      toolToken: toolMs === undefined ? undefined : `call ${plan.seed} question ${turn} takes ${toolMs}`,
      asked: [],
    }));
    this.#mind = new Mind(this.questions, this.microphone);
  }

  /** Call time of now, in ms; NaN before its first media stream. */
  get nowMs(): number {
    return this.#clock.now() - this.startedAtMs;
  }

  get isPlaying(): boolean {
    return this.#playingFromMs !== undefined;
  }

  /** The stream that was opened last and has not ended. */
  get openStream(): ModelSession | undefined {
    return this.streams.findLast(({ endedBy }) => endedBy === undefined);
  }

  /** A stream of this call was opened; answers its lines. */
  joined(session: ModelSession): ModelScript {
    const stream = this.streams.push(session) - 1;
    session.listen((event) => this.notes.push({ atMs: this.#clock.now(), stream, event }));
    return this.#mind.scriptFor(session);
  }

  /** Rings; resolves when the call is connected, or is over before. */
  async begin(phone: Phone, from: string, to: string): Promise<PhoneCall | undefined> {
    const listen = (event: PhoneEvent) => this.#hear(event);
    try {
      this.phone = await phone.call({ from, to, seed: this.plan.seed, network: lineOf(this.plan), listen });
    } catch (error) {
      if (!(error instanceof TwilioFault)) throw error;
      this.complaints.push({ words: `the call did not come about: ${error.message}` });
      this.phone = error.call;
    }
    void this.phone?.ended.then((end) => {
      this.end = end;
    });
    return this.phone;
  }

  #hear(event: PhoneEvent): void {
    switch (event.kind) {
      case 'stream-started':
        if (Number.isNaN(this.startedAtMs)) this.startedAtMs = this.#clock.now() - event.atMs;
        break;
      case 'saying-started':
        this.microphoneFromMs = event.atMs;
        break;
      case 'playing-started':
        this.#playingFromMs = event.atMs;
        break;
      case 'playing-ended':
        if (this.#playingFromMs !== undefined) this.playing.push({ fromMs: this.#playingFromMs, toMs: event.atMs });
        this.#playingFromMs = undefined;
        break;
      default:
    }
  }
}

/** What is to befall the line of the call. */
function lineOf({ faults }: CallPlan): Impairments {
  const line = faults.filter(({ name }) => isLineFault(name));
  const cut = line.find(({ name }) => name === 'media-cut');
  return {
    ...(cut && { tcpCutAtMs: cut.atMs }),
    gaps: line
      .filter(({ name }) => name !== 'media-cut')
      .map(({ name, atMs }) => ({ atMs, forMs: GAP_MS, kind: name === 'line-gap' ? 'lost' : 'late' }) as const),
  };
}
