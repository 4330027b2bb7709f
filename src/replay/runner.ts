import type { CallRecord } from '../call/record.js';
import type { Clock } from '../clock.js';
import type { PhoneCall, PhoneEvent } from '../emulator/phone/contract.js';
import { BridgeError, messageOf } from '../errors.js';
import { AgentFloor } from './agent-floor.js';
import { failuresOf } from './expect/expectations.js';
import { voiceIn } from './expect/measures.js';
import type { Fixture } from './fixture/fixture.js';
import type { CallerStep } from './fixture/schema.js';
import { wordsOf } from './fixture/trigger.js';
import { Moments, pauseUntil } from './moments.js';
import type { CallerAct, Complaint, DialledPerson, ReplayedCall, ReplayResult } from './replayed-call.js';
import { SimulatedCaller } from './simulated/caller.js';
import { ruleMind } from './simulated/mind.js';

/** What a bridge's local model tells about its part of a call, as it happens. */
export type ModelNews =
  | { kind: 'toolCalled' | 'toolAnswered'; name: string }
  | { kind: 'interrupted' }
  | { kind: 'violated'; message: string };

/** Where calls are replayed. */
export interface ReplayTarget {
  readonly clock: Clock;
  /** Puts the fixture's agent and number in place and calls. Rejects when the call cannot be placed. */
  place(
    fixture: Fixture,
    listeners: { phone: (event: PhoneEvent) => void; model: (news: ModelNews) => void },
  ): Promise<PlacedCall>;
}

export interface PlacedCall {
  readonly phone: PhoneCall;
  /** What the bridge has on record while the call goes on; a simulated caller has the agent's words from there. */
  recordNow?(): Promise<CallRecord | undefined>;
  /** Once the call is over: what the bridge has on record, or undefined. */
  record(): Promise<CallRecord | undefined>;
  /** Once the call is over: streams to the model that stay open, each in words. */
  leftOpen(): Promise<string[]>;
  /** What the model was told before each of its streams. */
  prompts(): readonly string[];
  /** What it was told, before each of its streams, of what was said before. */
  histories(): ReplayedCall['histories'];
  /** Log lines of the bridge since the call began. */
  logLines(): readonly string[];
}

/** What can be shown while a call goes on; times in ms of the media stream. */
export type ReplayNews =
  | { kind: 'phone'; event: PhoneEvent }
  | { kind: 'model'; atMs: number; news: ModelNews }
  | { kind: 'stepBegan'; atMs: number; step: CallerStep }
  | { kind: 'agentStarted' | 'agentEnded'; atMs: number; turn: number };

/** Replays one recorded call and checks its expectations. Never rejects: what goes wrong is a failure of the result. */
export async function replay(
  fixture: Fixture,
  target: ReplayTarget,
  watch: (news: ReplayNews) => void = () => undefined,
): Promise<ReplayResult> {
  const startedAtMs = performance.now();
  const { name, call } = fixture;
  const done = (result: Pick<ReplayResult, 'call' | 'record' | 'failures'>): ReplayResult => ({
    name,
    description: call.description,
    tookMs: Math.round(performance.now() - startedAtMs),
    ...result,
  });
  try {
    const { replayed, record } = await new Run(fixture, target, watch).go();
    return done({ call: replayed, record, failures: failuresOf(call, replayed, record) });
  } catch (error) {
    const atMs = error instanceof BridgeError ? error.details.atMs : undefined;
    const failure = {
      field: 'call',
      message: `could not be replayed: ${messageOf(error)}`,
      ...(typeof atMs === 'number' && { atMs }),
    };
    return done({ call: undefined, record: undefined, failures: [failure] });
  }
}

class Run {
  readonly #fixture: Fixture;
  readonly #target: ReplayTarget;
  readonly #watch: (news: ReplayNews) => void;
  readonly #moments: Moments;
  readonly #floor: AgentFloor;
  readonly #simulated: SimulatedCaller | undefined;
  readonly #acts: CallerAct[] = [];
  readonly #interruptions: number[] = [];
  readonly #modelFaults: Complaint[] = [];
  readonly #missed: Complaint[] = [];
  readonly #happened = new Map<string, number>();
  readonly #over = new AbortController();
  /** Clock time at which the media stream started. */
  #zeroMs: number;
  #isOnTime = true;

  constructor(fixture: Fixture, target: ReplayTarget, watch: (news: ReplayNews) => void) {
    this.#fixture = fixture;
    this.#target = target;
    this.#watch = watch;
    this.#zeroMs = target.clock.now();
    this.#moments = new Moments(target.clock);
    const { simulated } = fixture.call;
    const mindOf = fixture.mindOf ?? ruleMind;
    this.#simulated = simulated && new SimulatedCaller(simulated, mindOf(simulated), target.clock);
    this.#floor = new AgentFloor({
      clock: target.clock,
      started: (turn, atMs) => this.#agentTurn(turn, 'started', atMs),
      ended: (turn, atMs) => this.#agentTurn(turn, 'ended', atMs),
    });
  }

  async go(): Promise<{ replayed: ReplayedCall; record: CallRecord | undefined }> {
    const { clock } = this.#target;
    const placed = await this.#target.place(this.#fixture, {
      phone: (event) => this.#onPhone(event),
      model: (news) => this.#onModel(news),
    });
    const { phone } = placed;
    this.#zeroMs = clock.now() - phone.nowMs;
    const cancelTimeout = clock.after(this.#fixture.call.timeout - phone.nowMs, () => {
      this.#isOnTime = false;
      this.#miss(`the call was not over after ${this.#fixture.call.timeout} ms`, phone.nowMs);
      this.#over.abort();
      void phone.hangUp();
    });
    void phone.ended.then(() => this.#over.abort());
    if (this.#simulated) await this.#simulate(this.#simulated, placed);
    else await this.#takeSteps(phone);
    const end = await phone.ended;
    cancelTimeout();
    if (end.by === 'lost') this.#miss(`the call was lost: ${end.fault ?? 'no reason is known'}`, end.endedMs);
    const record = await placed.record();
    const leftOpen = (await placed.leftOpen()).map((message) => ({ message, atMs: end.endedMs }));
    const modelFaults = [...this.#modelFaults, ...leftOpen];
    return { replayed: this.#replayed(placed, end, modelFaults), record };
  }

  async #takeSteps(phone: PhoneCall): Promise<void> {
    const { signal } = this.#over;
    const acting: Promise<void>[] = [];
    for (const [index, step] of this.#fixture.call.caller.entries()) {
      if (!(await this.#due(step, index, signal))) {
        const what = `step ${index + 1} (${shownStep(step)})`;
        this.#miss(this.#isOnTime ? `the call ended before ${what}` : `${what} did not come to its turn`, phone.nowMs);
        break;
      }
      acting.push(this.#act(phone, step, index));
    }
    await Promise.all(acting);
  }

  /** A caller without steps: what they do is found out as the call goes on. */
  async #simulate(caller: SimulatedCaller, { phone, recordNow }: PlacedCall): Promise<void> {
    let count = 0;
    try {
      const reason = await caller.go({
        recordNow: async () => recordNow?.(),
        act: (step) => this.#act(phone, step, count++),
        signal: this.#over.signal,
      });
      if (reason !== undefined) this.#miss(reason, phone.nowMs);
    } catch (error) {
      this.#miss(`the caller could not decide what to do: ${messageOf(error)}`, phone.nowMs);
      void phone.hangUp();
    }
  }

  #due(step: CallerStep, index: number, signal: AbortSignal): Promise<boolean> {
    if (step.after) return this.#moments.due(step.after, signal);
    if (step.atMs !== undefined || index === 0) {
      return pauseUntil(this.#target.clock, this.#zeroMs + (step.atMs ?? 0), signal);
    }
    return this.#moments.due({ moment: { kind: 'caller-step', number: index, edge: 'ended' }, plusMs: 0 }, signal);
  }

  async #act(phone: PhoneCall, step: CallerStep, index: number): Promise<void> {
    this.#watch({ kind: 'stepBegan', atMs: phone.nowMs, step });
    this.#note({ kind: 'caller-step', number: index + 1, edge: 'started' }, phone.nowMs);
    const act: CallerAct = { kind: step.kind, words: '', startMs: phone.nowMs, endMs: phone.nowMs };
    this.#acts.push(act);
    switch (step.kind) {
      case 'say': {
        act.words = step.text;
        const span = await phone.say(this.#fixture.recordings.get(step.file) ?? new Uint8Array());
        Object.assign(act, span);
        break;
      }
      case 'press':
        act.words = step.keys;
        await phone.press(step.keys);
        act.endMs = phone.nowMs;
        break;
      case 'hang-up':
        void phone.hangUp();
        break;
    }
    this.#note({ kind: 'caller-step', number: index + 1, edge: 'ended' }, act.endMs);
  }

  #onPhone(event: PhoneEvent): void {
    // The first stream's start is zero of the call's time; until then the phone counts from elsewhere.
    if (event.kind === 'stream-started' && event.atMs === 0) this.#zeroMs = this.#target.clock.now();
    this.#watch({ kind: 'phone', event });
    this.#floor.hear(event);
  }

  #onModel(news: ModelNews): void {
    const atMs = this.#target.clock.now() - this.#zeroMs;
    if (news.kind === 'interrupted') this.#interruptions.push(atMs);
    else if (news.kind === 'violated')
      this.#modelFaults.push({ message: `the voice model refused what the bridge sent: ${news.message}`, atMs });
    else this.#note({ kind: 'tool', name: news.name, edge: news.kind === 'toolCalled' ? 'called' : 'answered' }, atMs);
    this.#watch({ kind: 'model', atMs, news });
  }

  #agentTurn(turn: number, edge: 'started' | 'ended', atMs: number): void {
    this.#note({ kind: 'agent-turn', number: turn, edge }, atMs);
    this.#simulated?.agentTurn(edge);
    this.#watch({ kind: edge === 'started' ? 'agentStarted' : 'agentEnded', atMs, turn });
  }

  #miss(message: string, atMs: number): void {
    this.#missed.push({ message, atMs });
  }

  #note(moment: Parameters<typeof wordsOf>[0], atMs: number): void {
    const words = wordsOf(moment);
    if (!this.#happened.has(words)) this.#happened.set(words, atMs);
    this.#moments.note(moment, this.#zeroMs + atMs);
  }

  #replayed(placed: PlacedCall, end: ReplayedCall['end'], modelFaults: Complaint[]): ReplayedCall {
    const { phone } = placed;
    const { stretches, waits } = this.#floor;
    const said = phone.saidMulaw();
    const callerActs = this.#acts.map((act) => {
      const voice = act.kind === 'say' ? voiceIn(said, act.startMs, act.endMs) : undefined;
      return voice ? { ...act, voice } : act;
    });
    return {
      callSid: phone.callSid,
      end,
      mediaEndMs: phone.streams.at(-1)?.closedMs ?? end.endedMs,
      heard: phone.heardMulaw(),
      said,
      heardMs: phone.playedMs - waits.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0),
      agentStretches: stretches,
      waits,
      callerActs,
      moments: [...this.#happened].map(([moment, atMs]) => ({ moment, atMs })),
      // What ends with the sound of waiting is no hole in the agent's speech.
      gaps: phone.gaps().filter(({ atMs, forMs }) => !waits.some((wait) => Math.abs(atMs + forMs - wait.startMs) < 1)),
      marks: phone.marks,
      clears: phone.clears,
      warnings: phone.warnings,
      spoken: phone.spoken,
      dialled: personsDialled(phone),
      interruptions: this.#interruptions,
      prompts: placed.prompts(),
      histories: placed.histories(),
      modelFaults,
      missed: this.#missed,
      logLines: placed.logLines(),
    };
  }
}

function personsDialled({ dialled, whispers }: PhoneCall): DialledPerson[] {
  return dialled.flatMap(({ targets, callSids, atMs }) =>
    targets.map(({ to }, index) => {
      const heard = whispers.filter(({ callSid }) => callSid === callSids[index]);
      return { to, atMs, whisper: heard.map(({ text }) => text).join(' ') };
    }),
  );
}

function shownStep(step: CallerStep): string {
  const what = step.kind === 'say' ? `say ${step.file}` : step.kind === 'press' ? `press ${step.keys}` : 'hang-up';
  return step.after ? `${what} after ${wordsOf(step.after.moment)}` : what;
}
