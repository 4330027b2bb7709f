import { type Clock, pause } from '../clock.js';
import type { PhoneCall } from '../emulator/phone/phone.js';
import { CALL_LIMIT_MS, type ChaosCall, type Stretch } from './call.js';
import { hasHeard } from './ear.js';
import { ASK_AGAIN, HELLO, speechOf, spokenLine } from './lines.js';

const LOOK_MS = 100;
/** People wait so long for each other. */
const TURN_PAUSE_MS = 350;
/** From the connection to a caller's first word. */
const BEGIN_MS = 500;
const GREETING_LIMIT_MS = 8000;
/** Without an answer for so long a caller asks again. */
const PATIENCE_MS = 12_000;
const MOST_REPEATS = 2;
const HANG_UP_MS = 300;
/** Speech is laid into the microphone so far ahead. */
const AHEAD_MS = 60;

/**
 * A caller who asks their questions one after the other, waits for each answer (or speaks into it, or stays away for a
 * while), asks again when asked to or when nothing comes, and hangs up when all is answered. Resolves when they have hung up.
 */
export async function converse(call: ChaosCall, phone: PhoneCall, clock: Clock): Promise<void> {
  const over = new AbortController();
  void phone.ended.then(() => over.abort());
  // The microphone is open for the whole call, whether or not anybody speaks into it.
  void phone.say(call.microphone.mulaw);
  await pause(clock, BEGIN_MS, over.signal);
  const talk = new Talk(call, phone, clock, over.signal);
  if (call.plan.kind === 'greeted') await talk.greeted();
  for (let turn = 0; turn < call.questions.length && !talk.isOver; turn++) await talk.ask(turn);
  await pause(clock, HANG_UP_MS, over.signal);
  if (call.nowMs >= CALL_LIMIT_MS) call.complaints.push({ words: `still not done after ${CALL_LIMIT_MS / 1000} s` });
  await phone.hangUp();
}

class Talk {
  readonly #call: ChaosCall;
  readonly #phone: PhoneCall;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #ear: { readonly stretches: number; readonly bytes: Buffer } | undefined;

  constructor(call: ChaosCall, phone: PhoneCall, clock: Clock, signal: AbortSignal) {
    this.#call = call;
    this.#phone = phone;
    this.#clock = clock;
    this.#signal = signal;
  }

  get isOver(): boolean {
    return this.#signal.aborted || this.#call.nowMs >= CALL_LIMIT_MS;
  }

  async greeted(): Promise<void> {
    const hello = spokenLine(HELLO);
    const isGreeted = await this.#until(() => this.#heard(hello, 0, 0) && this.#isQuiet, GREETING_LIMIT_MS);
    if (!isGreeted && !this.isOver)
      this.#call.complaints.push({ words: `no greeting in ${GREETING_LIMIT_MS / 1000} s` });
  }

  async ask(turn: number): Promise<void> {
    const { plan, questions, complaints } = this.#call;
    const { interruptsAfterMs, holdMs } = plan.turns[turn]!;
    const { answer } = questions[turn]!;
    if (holdMs !== undefined) await this.#hold(holdMs);
    else if (interruptsAfterMs !== undefined) await this.#pause(interruptsAfterMs);
    else await this.#pause(TURN_PAUSE_MS);
    for (let repeats = 0; !this.isOver; repeats++) {
      const asked = await this.#say(turn);
      const askedMs = asked.fromMs;
      const isLast = turn === questions.length - 1;
      const isInterrupted = !isLast && plan.turns[turn + 1]!.interruptsAfterMs !== undefined;
      const word = isInterrupted ? 0 : answer.words.length - 1;
      const isDone = () => (isInterrupted || this.#isQuiet) && this.#heard(answer, word, askedMs);
      const again = spokenLine(ASK_AGAIN);
      const isAskedAgain = () => this.#isQuiet && this.#heard(again, again.words.length - 1, askedMs);
      const isReady = () => isDone() || isAskedAgain();
      // Patience ends when nothing is heard for so long, not when an answer is long.
      while (!isReady() && (await this.#until(() => !this.#isQuiet || isReady(), PATIENCE_MS))) {
        await this.#until(() => this.#isQuiet || isReady(), CALL_LIMIT_MS);
      }
      if (this.isOver || isDone()) return;
      const isBegun = this.#heard(answer, 0, askedMs);
      const why = isAskedAgain() ? 'asked to say it again' : `waited for ${PATIENCE_MS / 1000} s`;
      complaints.push({ asked, words: `question ${turn} ${isBegun ? 'answered in part' : 'not answered'}: ${why}` });
      if (isBegun || repeats >= MOST_REPEATS) return;
    }
  }

  async #hold(holdMs: number): Promise<void> {
    const fromMs = this.#call.nowMs;
    await this.#pause(holdMs);
    this.#call.holds.push({ fromMs, toMs: this.#call.nowMs });
  }

  /** Asks; answers when it was said, in ms of the call. */
  async #say(turn: number): Promise<Stretch> {
    const { microphone, questions, microphoneFromMs, nowMs, plan } = this.#call;
    const speech = speechOf(plan.turns[turn]!.say);
    const span = microphone.speak(speech, nowMs - microphoneFromMs + AHEAD_MS);
    questions[turn]!.asked.push(span);
    await this.#pause(speech.length / 8 + AHEAD_MS);
    return { fromMs: nowMs, toMs: this.#call.nowMs };
  }

  get #isQuiet(): boolean {
    return !this.#call.isPlaying;
  }

  #heard(line: Parameters<typeof hasHeard>[1], word: number, sinceMs: number): boolean {
    return hasHeard(this.#heardSoFar(), line, word, sinceMs);
  }

  /** While it is quiet nothing is added to what was heard. */
  #heardSoFar(): Buffer {
    const stretches = this.#call.playing.length;
    if (this.#ear?.stretches === stretches && this.#isQuiet) return this.#ear.bytes;
    const heard = this.#phone.heardMulaw();
    const bytes = Buffer.from(heard.buffer, heard.byteOffset, heard.byteLength);
    this.#ear = this.#isQuiet ? { stretches, bytes } : undefined;
    return bytes;
  }

  async #until(isSo: () => boolean, limitMs: number): Promise<boolean> {
    const endMs = this.#clock.now() + limitMs;
    while (!this.isOver && !isSo() && this.#clock.now() < endMs) await this.#pause(LOOK_MS);
    return isSo();
  }

  #pause(ms: number): Promise<void> {
    return pause(this.#clock, ms, this.#signal);
  }
}
