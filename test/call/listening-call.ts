import { earlierStreams } from '../../src/call/earlier-streams.js';
import { type CallEvent, type CallFact, emptyRecord, recorded } from '../../src/call/events.js';
import { goingOn, heardTurns } from '../../src/call/going-on.js';
import { lostStreams } from '../../src/call/lost-streams.js';
import { lostTurns } from '../../src/call/lost-turns.js';
import { patientClock } from '../../src/call/patient-clock.js';
import type { ToolOutcome, VoiceListener, VoiceProfile } from '../../src/call/ports.js';
import type { AgentTurn, CallRecord, Return, Turn } from '../../src/call/record.js';
import { CallSession } from '../../src/call/session.js';
import type { AfterStream, HandOverMoment, SessionEnd } from '../../src/call/state.js';
import { VoiceLine } from '../../src/call/voice-line.js';
import { FakeClock } from '../../src/clock.js';
import { agentInputSchema, agentVersion } from '../../src/directory/agent.js';
import { createLog } from '../../src/log.js';
import {
  BLOCK_MS,
  type BreaksOff,
  type Fate,
  type Given,
  ListeningLeg,
  numberedAudio,
  type Reply,
  utterancesIn,
  type World,
} from './listening-model.js';
import { ProcessClock } from './process-clock.js';
import { SoundingPhone } from './sounding-phone.js';

const LOG = createLog('silent');
const WAIT_SOUND = { afterMs: 1200 };
const TONE = new Uint8Array(8000).fill(0x20);
const SOMEBODY = '+14155550142';
const HAND_OFF_KEY = '0';
const agentOf = ({ silence, maxCallMs }: Course) =>
  agentVersion(
    agentInputSchema.parse({
      name: 'Test',
      maxCallMs,
      silence,
      dtmf: { handoffKey: HAND_OFF_KEY, pauseMs: 1000 },
      systemPrompt: 'Help.',
      greeting: 'Greet the caller.',
      audio: { inputRateHz: 8000, outputRateHz: 8000 },
      tools: [
        {
          kind: 'scripted',
          name: 'look_up',
          description: 'Looks something up.',
          timeoutMs: 8000,
          answers: [{ delayMs: 0 }],
          waitSound: WAIT_SOUND,
        },
        { kind: 'handoff', name: 'put_through', description: 'Puts the caller through.', to: SOMEBODY },
      ],
    }),
    { id: 'agent_1', version: 1, createdAt: '', defaultModelId: 'nova-2' },
  );

/** How much of the caller's line comes at once, in ms: the smallest time of this call. */
export const TICK_MS = 100;

export interface Course {
  /** What becomes of the streams, in the order in which they are asked for; those after them open soon. */
  fates: readonly Fate[];
  replies: readonly Reply[];
  toolMs: number;
  /** What comes of the tools that are asked, in their order; those after them answer. */
  toolOutcomes: readonly ('answer' | 'failed' | 'handoff' | 'hang-up')[];
  transcriptMs: number;
  sessionLimitMs: number;
  /** The first stream is old, and its credentials end then; undefined: later than any case lasts. */
  credentialsEndMs: number | undefined;
  silence: { promptAfterMs: number; hangUpAfter: number };
  maxCallMs: number;
  breaksOff: BreaksOff;
  /** How often a chunk of 200 ms of the model's audio comes, in ms. */
  chunkEveryMs: number;
  /** Whether the model marks the end of an answer. */
  endsTurns: boolean;
}

/** Of a first stream whose credentials end: those of younger ones would last. In ms. */
const OLD_MS = 50_000;

/**
 * When in a stretch of the call something stands still, and for how long: the caller's line, whose audio comes all at once then, or
 * the process of the call, which goes on with its timers or with what the model has said.
 */
export interface Still {
  atMs: number;
  ms: number;
  what: 'line' | 'process, then timers' | 'process, then model';
}

interface Utterance {
  firstBlock: number;
  lastBlock: number;
  isAnswered: boolean;
}

/** No turn is over before a pause of this length, in ms; and for how long it may not be known what a transcript is of. */
const TURN_END_KNOWN_MS = 500;
const DOUBT_MS = 4100;
/** Who has heard so much of an answer is not given it again, in ms: less may not be on record when a process dies. */
const SURELY_HEARD_MS = 2000;
/** Silence on both sides while something is owed must not last longer, in ms. */
const DEAD_AIR_MS = 4000;

/**
 * A whole call on a clock that stands still: a caller who can be counted, a carrier that plays in time, the session, its
 * voice line, and streams of a model that hears, understands, answers, and is lost. What must never be is noted at once.
 */
export class ListeningCall {
  readonly clock = new FakeClock(0);
  readonly phone = new SoundingPhone(this.clock);
  readonly legs: ListeningLeg[] = [];
  readonly utterances: Utterance[] = [];
  readonly turns: Turn[] = [];
  readonly wrongs: string[] = [];
  faults = 0;
  /** Another instance is to take the call at such a moment: said again and again. */
  wantedMoment: HandOverMoment | undefined;
  outcome: { reason: SessionEnd; next: AfterStream | undefined } | undefined;
  session: CallSession;
  readonly #course: Course;
  #process: ProcessClock;
  readonly #world: World;
  #blockCount = 0;
  #lastLoudMs = 0;
  #isGreetingOwed = true;
  /** Nobody carries the call. */
  #isAway = false;
  /** The rest of the agent's words is owed: their stream was lost. */
  #isRestOwed = false;
  #toolCount = 0;
  #openTools: { finish: (outcome: ToolOutcome) => void; atMs: number }[] = [];
  #deadAirNoted = false;
  readonly #happened: { event: CallEvent; wallTimeMs: number }[] = [];
  /** The answers of which the caller was given something, by what they answer. */
  readonly #answers: { utterances: readonly number[]; answerId: string }[] = [];

  constructor(course: Course) {
    this.#course = course;
    const { clock, phone } = this;
    this.#process = new ProcessClock(clock);
    this.#world = {
      clock,
      breaksOff: course.breaksOff,
      chunkEveryMs: course.chunkEveryMs,
      endsTurns: course.endsTurns,
      deliver: (said) => this.#process.deliver(said),
      phone,
      replies: course.replies,
      transcriptMs: course.transcriptMs,
      utteranceOf: (block) => {
        const index = this.utterances.findLastIndex(({ firstBlock }) => firstBlock <= block);
        return index >= 0 && block <= this.utterances[index]!.lastBlock ? index : undefined;
      },
      timeUp: (leg) => this.lose(this.legs[leg], 'expired'),
      blockCount: () => this.#blockCount,
      answered: (given) => this.#answered(given),
    };
    this.session = this.#begin();
    this.session.start();
  }

  /**
   * The process that carries the call is gone: killed, or it has handed the call over. After a while another one goes on, with
   * what is on record: of a process that was killed all but the last `uncommittedMs`.
   */
  async goOnElsewhere(
    why: Return,
    { awayMs, uncommittedMs }: { awayMs: number; uncommittedMs: number },
  ): Promise<void> {
    const { clock, phone } = this;
    this.#process.kill();
    for (const leg of this.legs) leg.vanish();
    phone.lineLost();
    this.#openTools = [];
    this.wantedMoment = undefined;
    this.outcome = undefined;
    this.#isAway = true;
    const killedMs = clock.now();
    await this.line(awayMs, false);
    this.#isAway = false;
    const kept = this.#happened.filter(({ wallTimeMs }) => wallTimeMs <= killedMs - uncommittedMs);
    const record = kept.reduce(
      (before, { event, wallTimeMs }) => recorded(before, event, wallTimeMs),
      emptyRecord('CA1', new Date(0).toISOString()),
    );
    this.turns.splice(0, this.turns.length, ...record.turns);
    this.#happened.splice(0, this.#happened.length, ...kept);
    for (const fact of [...lostStreams(record.streams, killedMs), ...lostTurns(record.turns)])
      this.#took(fact, killedMs);
    // What nobody had understood, or not yet written down, is lost with the process.
    const known = new Set(record.turns.flatMap((turn) => (turn.role === 'caller' ? utterancesIn(turn.text) : [])));
    for (const [index, utterance] of this.utterances.entries()) if (!known.has(index)) utterance.isAnswered = true;
    this.#isRestOwed = false;
    const greeting = goingOn(why, record, 'Greet the caller.');
    this.#isGreetingOwed = greeting !== undefined;
    this.#lastLoudMs = clock.now();
    this.#process = new ProcessClock(clock);
    this.session = this.#begin({ record, greeting, why });
    this.session.start();
  }

  #begin(from?: { record: CallRecord; greeting: string | undefined; why: Return }): CallSession {
    const course = this.#course;
    const { clock, phone } = this;
    const processClock = patientClock(this.#process);
    const agent = agentOf(course);
    const history = from && heardTurns(from.record.turns);
    return new CallSession(
      {
        callSid: 'CA1',
        agent,
        greeting: from ? from.greeting : 'Greet the caller.',
        ...(from && { earlier: earlierStreams(from.record, { agent, elapsedMs: clock.now(), why: from.why }) }),
        hasFallback: true,
        clock: processClock,
        log: LOG,
        phone,
        party: { caller: '+14155550101', called: '+14155550102', variables: {} },
        mayDial: () => true,
        waitSound: () => TONE,
        tools: {
          about: () => ({ kind: 'scripted', waitSound: WAIT_SOUND, isReadOnly: false }),
          run: () => new Promise((finish) => this.#openTools.push({ finish, atMs: clock.now() + course.toolMs })),
        },
        emit: (fact, atMs) => this.#took(fact, atMs),
        ended: (reason, next) => {
          this.outcome = { reason, next };
        },
      },
      (listener, call) =>
        new VoiceLine({
          first: (each) => this.#open(each, false, history),
          next: (each) => this.#open(each, true),
          inputRateHz: 8000,
          sessionLimitMs: course.sessionLimitMs,
          spread: 0,
          clock: processClock,
          log: LOG,
          listener,
          call,
        }),
    );
  }

  /** The stream that serves, or served last, and the one that is to take over. */
  get serving(): ListeningLeg | undefined {
    return this.legs.findLast((leg) => leg.history !== undefined || leg.index === 0);
  }

  get next(): ListeningLeg | undefined {
    return this.legs.find((leg) => leg.index > 0 && leg.history === undefined && !leg.isReleased);
  }

  /** Time passes, with what the caller says in it or with a quiet line; the process of the call may stand still meanwhile. */
  async line(ms: number, isLoud: boolean, still?: Still): Promise<void> {
    if (isLoud) {
      const firstBlock = this.#blockCount + 1;
      this.utterances.push({ firstBlock, lastBlock: firstBlock + ms / BLOCK_MS - 1, isAnswered: false });
      // The caller has the floor: the rest of what was being said is not waited for.
      this.#isRestOwed = false;
    }
    for (let passedMs = 0; passedMs < ms && !this.outcome; ) {
      const stillMs = still?.atMs === passedMs ? Math.min(still.ms, ms - passedMs) : 0;
      if (still && stillMs > 0) this.#standStill(stillMs, still.what);
      else this.clock.advance(TICK_MS);
      const stepMs = Math.max(TICK_MS, stillMs);
      passedMs += stepMs;
      if (this.wantedMoment) this.session.handOver(this.wantedMoment);
      for (const name of this.#isAway ? [] : this.phone.takeMarks())
        this.session.caller.event({ kind: 'markReturned', name });
      if (isLoud) this.#lastLoudMs = this.clock.now();
      for (let heardMs = 0; heardMs < stepMs; heardMs += TICK_MS) this.#hear(isLoud);
      if (this.#openTools.length > 0) await this.#finishTools();
      this.#check();
    }
  }

  #hear(isLoud: boolean): void {
    const count = TICK_MS / BLOCK_MS;
    if (!this.#isAway) this.session.caller.hear(numberedAudio(this.#blockCount + 1, count, isLoud), undefined);
    this.#blockCount += count;
  }

  /** The rest of the world goes on. */
  #standStill(ms: number, what: Still['what']): void {
    if (what !== 'line') this.#process.stop();
    this.clock.advance(ms);
    if (what !== 'line') this.#process.goOn(what === 'process, then timers' ? 'timers' : 'model');
    // Nobody could make a sound.
    this.#lastLoudMs = this.clock.now();
  }

  lose(leg: ListeningLeg | undefined, loss: Extract<Fate, { kind: 'fails' }>['loss']): void {
    if (!leg || leg.isReleased) return;
    if (leg === this.serving && leg.isSpeaking) this.#isRestOwed = true;
    leg.lose(loss);
  }

  stall(leg: ListeningLeg | undefined): void {
    if (!leg || leg.isReleased || leg.isStalled) return;
    if (leg.isMidBlock) this.#isRestOwed = true;
    leg.stall();
  }

  get isOwed(): boolean {
    return this.#isGreetingOwed || this.#isRestOwed || this.utterances.some((each, index) => this.#isOpen(each, index));
  }

  /** The caller's blocks that were sent so far. */
  get blockCount(): number {
    return this.#blockCount;
  }

  get agentTurns(): AgentTurn[] {
    return this.turns.filter((turn): turn is AgentTurn => turn.role === 'agent');
  }

  #isOpen({ isAnswered, lastBlock }: Utterance, index: number): boolean {
    return !isAnswered && lastBlock <= this.#blockCount && !this.#isGivenUp(index);
  }

  /**
   * Whether it cannot be known from outside that the stream has understood this: it came after a pause in which a turn may
   * have ended, in the turn of something earlier, or the transcript of its turn may be that of such words; and until the
   * stream was over there was no time for one more, or it did not answer.
   */
  isInDoubt(leg: ListeningLeg, utterance: number): boolean {
    let doubtToBlock = 0;
    for (const { turn, byBlock } of leg.turns) {
      const apart = turn.findIndex(
        (each, at) => at > 0 && this.#pauseBeforeMs(each, turn[at - 1]!) >= TURN_END_KNOWN_MS,
      );
      const firstInDoubt = byBlock <= doubtToBlock ? turn[0] : turn[apart];
      const answeredAt = leg.answeredAtBlocks.find((block) => block >= byBlock) ?? Number.POSITIVE_INFINITY;
      const toBlock = Math.max(answeredAt, byBlock + DOUBT_MS / BLOCK_MS);
      if (firstInDoubt !== undefined) doubtToBlock = toBlock;
      if (turn.includes(utterance)) {
        return firstInDoubt !== undefined && utterance >= firstInDoubt && leg.goneAtBlock! <= toBlock;
      }
    }
    return false;
  }

  #pauseBeforeMs(utterance: number, before: number): number {
    return (this.utterances[utterance]!.firstBlock - this.utterances[before]!.lastBlock - 1) * BLOCK_MS;
  }

  /** Speech with which two streams have stalled is taken for a noise. */
  #isGivenUp(utterance: number): boolean {
    const { firstBlock } = this.utterances[utterance]!;
    return this.legs.filter((leg) => leg.isStalled && leg.hasHeard(firstBlock)).length >= 2;
  }

  #open(listener: VoiceListener, held: boolean, history?: VoiceProfile['history']): ListeningLeg {
    const opens: Fate = { kind: 'opens', afterMs: 200 };
    const fate = this.#course.fates[this.legs.length] ?? opens;
    const nowMs = this.clock.now();
    const { sessionLimitMs, credentialsEndMs } = this.#course;
    const isOld = this.legs.length === 0 && credentialsEndMs !== undefined;
    const leg = new ListeningLeg(this.#world, listener, {
      index: this.legs.length,
      // Of one that takes the call up the first stream is there: else it would not be connected.
      fate: this.legs.length > 0 && !held ? opens : fate,
      held,
      openedAtMs: isOld ? nowMs - OLD_MS : nowMs,
      longestMs: sessionLimitMs,
      credentialsExpireAtMs: isOld ? credentialsEndMs : undefined,
      ...(history && { history }),
    });
    this.legs.push(leg);
    if (held && fate.kind === 'throws') {
      leg.close();
      throw new Error('no stream can be asked for');
    }
    const open = this.legs.filter((each) => !each.isReleased);
    if (open.length > 2) this.wrongs.push(`${open.length} streams at a time`);
    return leg;
  }

  #answered({ leg, utterances, answerId }: Given): void {
    this.#isGreetingOwed = false;
    this.#isRestOwed = false;
    for (const before of this.#answers) {
      const again = utterances.filter((utterance) => before.utterances.includes(utterance));
      if (again.length > 0 && this.#heardMs(before.answerId) > SURELY_HEARD_MS) {
        this.wrongs.push(`${again.join(' ')} answered by ${before.answerId} and ${answerId}`);
      }
    }
    this.#answers.push({ utterances, answerId });
    const known = (this.legs[leg]!.history ?? []).flatMap(({ text }) => utterancesIn(text));
    for (const utterance of [...utterances, ...known]) this.utterances[utterance]!.isAnswered = true;
  }

  #heardMs(answerId: string): number {
    return [...this.phone.heardMs()].reduce((sum, [id, ms]) => sum + (id.startsWith(`${answerId}-`) ? ms : 0), 0);
  }

  #took(fact: CallFact, atMs: number): void {
    this.#happened.push({ event: { callSid: 'CA1', atMs, ...fact }, wallTimeMs: this.clock.now() });
    if (fact.kind === 'turnChanged') this.turns[fact.index] = fact.turn;
    if (fact.kind === 'faulted' && fact.code === 'INTERNAL') this.faults++;
  }

  async #finishTools(): Promise<void> {
    const nowMs = this.clock.now();
    const due = this.#openTools.filter(({ atMs }) => atMs <= nowMs);
    if (due.length === 0) return;
    this.#openTools = this.#openTools.filter(({ atMs }) => atMs > nowMs);
    for (const { finish } of due) finish(outcomeOf(this.#course.toolOutcomes[this.#toolCount++] ?? 'answer'));
    for (let i = 0; i < 6; i++) await Promise.resolve();
  }

  #check(): void {
    const quietMs = this.clock.now() - Math.max(this.#lastLoudMs, this.phone.lastSoundMs);
    if (!this.outcome && !this.#isAway && this.isOwed && quietMs > DEAD_AIR_MS && !this.#deadAirNoted) {
      this.#deadAirNoted = true;
      this.wrongs.push(`dead air of ${quietMs} ms at ${this.clock.now()} ms`);
    }
  }
}

function outcomeOf(kind: Course['toolOutcomes'][number]): ToolOutcome {
  const output = { found: 7 };
  if (kind === 'failed') return { kind, code: 'TOOL_FAILED', output };
  return kind === 'handoff' ? { kind, to: SOMEBODY, warm: true, output } : { kind, output };
}
