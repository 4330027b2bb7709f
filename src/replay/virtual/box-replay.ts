import { setImmediate } from 'node:timers/promises';
import type { Box, KeptInput, Tick } from '../../blackbox/box.js';
import type { ToolOutcome } from '../../call/ports.js';
import { CallSession } from '../../call/session.js';
import type { CallRules } from '../../call/state.js';
import type { CallInput, CallOutput, Tape } from '../../call/tape.js';
import { createLog } from '../../log.js';
import { BoxClock } from './box-clock.js';
import type { BoxComparison, BoxDifference, Difference, DifferenceKind } from './box-comparison.js';
import { shownInput } from './box-input.js';
import { differingOutputs } from './box-outputs.js';
import { boxTools } from './box-tools.js';

/** So many differences are told; all are counted. */
const MOST_TOLD = 10;
/** With more than this nothing new is learned. */
const MOST_COUNTED = 500;
/** A timer may fire a little before its time by the tape, as times are rounded, in ms. */
const EARLY_MS = 5;
/** And as late as this, when the process was busy. */
const LATE_MS = 2000;
/** What the caller hears while a tool works: only how long it is matters, and that does not depend on it. */
const WAIT_SOUND = new Uint8Array(8000);

/**
 * Gives all that went into a call to a session once more, each input at its time and timers as they fired, and tells where
 * it does something else than on the tape. A box that was cut is replayed up to there.
 */
export async function replayBox(box: Box): Promise<BoxComparison> {
  const replaying = new BoxReplay(box);
  await replaying.run();
  return replaying.comparison;
}

class BoxReplay {
  readonly #box: Box;
  readonly #clock: BoxClock;
  readonly #zeroMs: number;
  readonly #session: CallSession;
  readonly #settle = new Map<number, (outcome: ToolOutcome) => void>();
  readonly #firing: ReadonlySet<number>;
  readonly #missed = new Set<number>();
  readonly #differences: BoxDifference[] = [];
  readonly #counts = new Map<DifferenceKind, number>();
  /** What the session has done on the newest input. */
  #took: CallInput | undefined;
  #gave: CallOutput[] = [];
  #toolCount = 0;
  #isOver = false;
  #isAfterSecret = false;
  #stoppedAtMs: number | undefined;

  constructor(box: Box) {
    this.#box = box;
    const { head, ticks } = box;
    this.#zeroMs = ticks[0]?.atMs ?? 0;
    this.#clock = new BoxClock(this.#zeroMs);
    this.#firing = new Set(ticks.flatMap(({ input }) => (input.kind === 'timerFired' ? [input.timer] : [])));
    const first = ticks[0]?.input;
    const opened = first?.kind === 'opened' ? first : undefined;
    const { callSid, agent, greeting, hasFallback, party, earlier, dialable } = head;
    const about = boxTools(box);
    const tape: Tape = {
      took: (input) => {
        this.#took = input;
      },
      gave: (output) => {
        // Sound is compared by its length: the memory may change.
        this.#gave.push(output);
      },
    };
    this.#session = new CallSession(
      {
        callSid,
        agent,
        greeting,
        hasFallback,
        party,
        clock: this.#clock,
        log: createLog('silent'),
        tape,
        phone: { play: ignore, mark: ignore, clear: ignore, close: ignore },
        tools: {
          about: (_agent, name) => about(name),
          run: () => {
            const run = ++this.#toolCount;
            return new Promise((resolve) => this.#settle.set(run, resolve));
          },
        },
        mayDial: (to) => dialable.includes(to),
        waitSound: () => WAIT_SOUND,
        emit: ignore,
        ended: () => {
          this.#isOver = true;
        },
        ...(earlier && { earlier }),
      },
      () => ({
        modelId: opened?.modelId ?? agent.modelId,
        region: opened?.region ?? '',
        takesText: opened?.rules.takesText ?? true,
        openedAtMs: this.#clock.now(),
        begin: ignore,
        hear: ignore,
        tell: ignore,
        answerTool: ignore,
        close: ignore,
        abort: ignore,
      }),
    );
  }

  async run(): Promise<void> {
    for (const tick of this.#box.ticks) {
      if (tick.input.kind === 'opened') this.#compareRules(tick, tick.input.rules);
      else if (!(await this.#work(tick))) break;
      const secrets = { isBlanked: tick.isBlanked, isAfterSecret: this.#isAfterSecret };
      for (const each of differingOutputs(tick.outputs, this.#gave, secrets)) this.#differs(tick, each);
      this.#isAfterSecret ||= tick.isBlanked;
      if (this.#count > MOST_COUNTED) {
        this.#stoppedAtMs = this.#callMs(tick);
        break;
      }
    }
    const last = this.#box.ticks.at(-1);
    if (!last || this.#stoppedAtMs !== undefined || this.#box.endReason === undefined || this.#isOver) return;
    this.#differs(last, { kind: 'end', expected: `the call ends as ${this.#box.endReason}`, found: 'it goes on' });
  }

  get comparison(): BoxComparison {
    const { head, ticks, endReason } = this.#box;
    return {
      callSid: head.callSid,
      versions: head.versions,
      endReason,
      durationMs: ticks.length === 0 ? 0 : this.#callMs(ticks.at(-1)!),
      inputCount: ticks.length,
      stoppedAtMs: this.#stoppedAtMs,
      differences: this.#differences,
      counts: this.#counts,
    };
  }

  get #count(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  #callMs({ atMs }: Tick): number {
    return atMs - this.#zeroMs;
  }

  /** Gives one input in. False when the call is over here, and nothing more can be compared. */
  async #work(tick: Tick): Promise<boolean> {
    this.#clock.set(tick.atMs);
    this.#missTimers(tick);
    this.#took = undefined;
    this.#gave = [];
    await this.#give(tick);
    if (this.#took !== undefined || !this.#isOver) return true;
    this.#differs(tick, { kind: 'end', expected: 'the call goes on', found: 'it is over' });
    this.#stoppedAtMs = this.#callMs(tick);
    return false;
  }

  async #give(tick: Tick): Promise<void> {
    const { input } = tick;
    const { caller, model } = this.#session;
    switch (input.kind) {
      case 'opened':
        break;
      case 'started':
        this.#session.start();
        break;
      case 'callerAudio':
        caller.hear(input.mulaw, input.timestampMs);
        break;
      case 'phone':
        caller.event(input.event);
        break;
      case 'modelAudio':
        model.audio(input.blockId, new Uint8Array(input.byteLength));
        break;
      case 'voice':
        model.event(input.event);
        break;
      case 'toolSettled':
        await this.#settleTool(tick, input);
        break;
      case 'timerFired':
        this.#fire(tick, input.timer);
        break;
      case 'callFinished':
        this.#session.callFinished();
        break;
      case 'hangUp':
        this.#session.hangUp(input.reason);
        break;
      case 'leaving':
        this.#session.leaving(input.reason);
        break;
      case 'handOver':
        this.#session.handOver(input.moment);
        break;
    }
  }

  async #settleTool(tick: Tick, { run, outcome }: Extract<KeptInput, { kind: 'toolSettled' }>): Promise<void> {
    const settle = this.#settle.get(run);
    if (!settle) {
      this.#differs(tick, { kind: 'tool', expected: `run ${run} has come to its outcome`, found: 'it was not begun' });
      return;
    }
    settle(outcome);
    // The session hears of it in a later turn of the event loop.
    await setImmediate();
  }

  #fire(tick: Tick, timer: number): void {
    const dueMs = this.#clock.fire(timer);
    const expected = `timer ${timer} fires`;
    if (dueMs === undefined) {
      this.#differs(tick, { kind: 'timer', expected, found: 'it is not set' });
    } else if (dueMs - tick.atMs > EARLY_MS || tick.atMs - dueMs > LATE_MS) {
      const laterMs = Math.round(dueMs - tick.atMs);
      const found = `it falls due ${Math.abs(laterMs)} ms ${laterMs > 0 ? 'later' : 'earlier'}`;
      this.#differs(tick, { kind: 'timer', expected, found });
    }
  }

  /** Timers that are long due here and never fire on the tape. */
  #missTimers(tick: Tick): void {
    for (const { timer, dueMs } of this.#clock.pending) {
      if (this.#firing.has(timer) || this.#missed.has(timer) || tick.atMs - dueMs <= LATE_MS) continue;
      this.#missed.add(timer);
      const found = `it has been due for ${Math.round(tick.atMs - dueMs)} ms`;
      this.#differs(tick, { kind: 'timer', expected: `timer ${timer} never fires`, found });
    }
  }

  #compareRules(tick: Tick, rules: CallRules): void {
    const now = this.#took?.kind === 'opened' ? this.#took.rules : undefined;
    const names = new Set([...Object.keys(rules), ...Object.keys(now ?? {})]) as Set<keyof CallRules>;
    for (const name of names) {
      const [expected, found] = [rules[name], now?.[name]].map((value) => `${name} ${JSON.stringify(value) ?? 'none'}`);
      if (expected !== found) this.#differs(tick, { kind: 'rules', expected, found });
    }
  }

  #differs(tick: Tick, difference: Difference): void {
    const { kind } = difference;
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    if (this.#differences.length >= MOST_TOLD) return;
    const place = { atMs: this.#callMs(tick), input: shownInput(tick.input), isAfterSecret: this.#isAfterSecret };
    this.#differences.push({ ...place, ...difference });
  }
}

function ignore(): void {
  // A replay has nobody at the other end.
}
