import type { CallRecord } from '../../call/record.js';
import type { Clock } from '../../clock.js';
import { type Random, seededRandom } from '../../emulator/phone/random.js';
import { TURN_PAUSE_MS } from '../agent-floor.js';
import type { CallerStep } from '../fixture/schema.js';
import { pauseUntil } from '../moments.js';
import { AgentWords } from './agent-words.js';
import type { CallerMind, Decision, SaidLine } from './mind.js';
import { stepOf } from './phrases.js';
import type { Simulated } from './schema.js';

/** What a simulated caller has to act with. */
export interface CallerHome {
  /** What the bridge has on record by now. */
  recordNow(): Promise<CallRecord | undefined>;
  /** Takes a step; resolves when it is done. */
  act(step: CallerStep): Promise<void>;
  /** Aborts when the call is over. */
  signal: AbortSignal;
}

/** When the caller speaks who speaks first, from the start of the media stream, in ms. */
const OPENING_MS = 600;
/** The record may have the words of a turn a little later than the ear. */
const WORDS_LIMIT_MS = 1000;
const LOOK_EVERY_MS = 50;

type News = 'started' | 'ended' | 'time' | 'over';

/**
 * A caller who answers what the agent says. When the agent speaks is told by the ear (`agentTurn`), what was said by the
 * bridge's record.
 */
export class SimulatedCaller {
  readonly #script: Simulated;
  readonly #mind: CallerMind;
  readonly #clock: Clock;
  readonly #words = new AgentWords();
  readonly #random: Random;
  readonly #said: SaidLine[] = [];
  readonly #edges: ('started' | 'ended')[] = [];
  #wake = (): void => undefined;
  #isAgentSpeaking = false;
  #interruptAtMs: number | undefined;
  /** When the agent was last heard, and when the caller last said something; clock times. */
  #agentAtMs: number;
  #ownAtMs: number;
  #lastFact: string | undefined;

  constructor(script: Simulated, mind: CallerMind, clock: Clock) {
    this.#script = script;
    this.#mind = mind;
    this.#clock = clock;
    this.#random = seededRandom(script.interrupts?.seed ?? 1);
    this.#agentAtMs = clock.now();
    this.#ownAtMs = this.#agentAtMs;
  }

  /** A turn of the agent begins, or was over a moment ago. */
  agentTurn(edge: 'started' | 'ended'): void {
    this.#edges.push(edge);
    this.#wake();
  }

  /** The caller's part of the call. Resolves with why the goal was not reached, or undefined when it was. */
  async go(home: CallerHome): Promise<string | undefined> {
    const { goal, opening, patience } = this.#script;
    this.#agentAtMs = this.#clock.now();
    this.#ownAtMs = this.#agentAtMs;
    if (opening !== undefined && (await pauseUntil(this.#clock, this.#agentAtMs + OPENING_MS, home.signal))) {
      await this.#say(home, opening);
    }
    for (;;) {
      switch (await this.#next(home.signal)) {
        case 'started':
          this.#agentBegins();
          break;
        case 'ended':
          this.#isAgentSpeaking = false;
          this.#interruptAtMs = undefined;
          this.#agentAtMs = this.#clock.now();
          if (await this.#answer(home)) return undefined;
          break;
        case 'time':
          if (this.#isAgentSpeaking) {
            if (await this.#interrupt(home)) return undefined;
          } else if (this.#clock.now() >= this.#agentAtMs + patience.hangUp) {
            await home.act({ kind: 'hang-up' });
            return `the caller gave up after ${patience.hangUp} ms without a word of the agent; the goal was: ${goal}`;
          } else if (this.#lastFact !== undefined) await this.#say(home, this.#lastFact);
          break;
        case 'over':
          return `the call ended before the caller reached the goal: ${goal}`;
      }
    }
  }

  #agentBegins(): void {
    const { interrupts } = this.#script;
    this.#isAgentSpeaking = true;
    if (interrupts && this.#random() < interrupts.chance) this.#interruptAtMs = this.#clock.now() + interrupts.afterMs;
  }

  /** The agent has ended a turn. True when the caller has reached the goal. */
  async #answer(home: CallerHome): Promise<boolean> {
    const { signal } = home;
    const endedMs = this.#agentAtMs;
    // Who had the last word has no answer to wait for, but may have said what was wanted.
    if (!signal.aborted)
      await pauseUntil(this.#clock, endedMs + Math.max(0, this.#script.pause - TURN_PAUSE_MS), signal);
    if (this.#edges.includes('started')) return false;
    let record = await home.recordNow();
    while (this.#words.fresh(record) === '' && this.#clock.now() < endedMs + WORDS_LIMIT_MS && !signal.aborted) {
      await pauseUntil(this.#clock, this.#clock.now() + LOOK_EVERY_MS, signal);
      record = await home.recordNow();
    }
    const decision = await this.#decide(record);
    this.#take(record);
    return this.#carryOut(home, decision);
  }

  /** Speaks over the agent, if there is something to say to the words so far. True as `#answer`. */
  async #interrupt(home: CallerHome): Promise<boolean> {
    this.#interruptAtMs = undefined;
    const record = await home.recordNow();
    const decision = await this.#decide(record);
    if (decision.kind === 'wait') return false;
    this.#take(record);
    return this.#carryOut(home, decision);
  }

  async #decide(record: CallRecord | undefined): Promise<Decision> {
    const words = this.#words.fresh(record);
    return words === '' ? { kind: 'wait' } : this.#mind.decide({ words, before: this.#said });
  }

  #take(record: CallRecord | undefined): void {
    const words = this.#words.fresh(record);
    if (words !== '') this.#said.push({ who: 'agent', words });
    this.#words.take(record);
  }

  async #carryOut(home: CallerHome, decision: Decision): Promise<boolean> {
    switch (decision.kind) {
      case 'say':
        await this.#say(home, decision.fact);
        return false;
      case 'goodbye':
        if (this.#script.goodbye.say !== undefined) await this.#say(home, this.#script.goodbye.say);
        if (!home.signal.aborted) await home.act({ kind: 'hang-up' });
        return true;
      case 'wait':
        return false;
    }
  }

  async #say(home: CallerHome, name: string): Promise<void> {
    const fact = this.#script.facts[name];
    if (!fact || home.signal.aborted) return;
    this.#lastFact = name;
    this.#said.push({ who: 'caller', words: fact.words });
    await home.act(stepOf(name, fact));
    this.#ownAtMs = this.#clock.now();
  }

  /** What happens next: in the agent's turns, in time, or no more. */
  async #next(signal: AbortSignal): Promise<News> {
    for (;;) {
      const edge = this.#edges.shift();
      if (edge) return edge;
      if (signal.aborted) return 'over';
      const dueMs = this.#dueMs();
      if (dueMs !== undefined && this.#clock.now() >= dueMs) return 'time';
      await this.#sleep(dueMs, signal);
    }
  }

  #dueMs(): number | undefined {
    if (this.#isAgentSpeaking) return this.#interruptAtMs;
    const { repeat, hangUp } = this.#script.patience;
    const hangUpMs = this.#agentAtMs + hangUp;
    if (this.#lastFact === undefined) return hangUpMs;
    return Math.min(hangUpMs, Math.max(this.#agentAtMs, this.#ownAtMs) + repeat);
  }

  #sleep(untilMs: number | undefined, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        cancel?.();
        signal.removeEventListener('abort', wake);
        this.#wake = () => undefined;
        resolve();
      };
      const cancel = untilMs === undefined ? undefined : this.#clock.after(untilMs - this.#clock.now(), wake);
      signal.addEventListener('abort', wake, { once: true });
      this.#wake = wake;
    });
  }
}
