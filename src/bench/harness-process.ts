import { randomBytes } from 'node:crypto';
import { cpus } from 'node:os';
import { raisePriority } from '../priority.js';
import type { FilledUp, OfferedCalls } from './admission.js';
import { startAgentService } from './agent-service.js';
import { type Caller, CarrierCaller } from './caller.js';
import { ConsoleViewers, type Told } from './console-viewers.js';
import { DirectCaller } from './direct-caller.js';
import { serveParent } from './ipc.js';
import { ModelServer, type StreamCounts } from './model-server.js';
import { Recorder } from './probe.js';
import { shares } from './schedule.js';
import { percentile, type Summary, summaryOf } from './statistics.js';
import { type ToolFigures, ToolRecorder } from './tool-recorder.js';
import { settleMs, type ToolLoad } from './tool-user.js';
import { callForm, type Target, webhook } from './webhook.js';

/** What the stand-ins have seen in one window; delays in ms. */
export interface HarnessFigures {
  windowMs: number;
  callerToModel: Summary | undefined;
  modelToCarrier: Summary | undefined;
  interruptionToClear: Summary | undefined;
  clearsPerInterruption: { least: number; most: number; mean: number; count: number } | undefined;
  framesPerCallSecond: number;
  utterances: number;
  tools: ToolFigures;
  /** How far the first sound of waiting was from its moment, and how many callers heard none. */
  waiting: { firstSound: Summary | undefined; missing: number };
  /** How late the harness's own tick of 1 ms was. */
  lateness: { p99: number; max: number };
  cpuMs: number;
}

const TICK_MS = 1;
/** Calls that may be on their way at the same time while a load is built up. */
const CONNECTING_AT_ONCE = 4;
const FIRST_SHORT_CALL = 10_000;
/** A bridge that refuses more calls than this in a row, which come so far apart, is full. */
const REFUSALS_OF_A_FULL_ONE = 5;
const RING_AGAIN_MS = 1000;
/** Longer than any agent of the bench takes: a call of a tool that is still open then was lost. */
const RESULT_LIMIT_MS = 15_000;

const now = () => performance.now();
const recorder = new Recorder();
const toolRecorder = new ToolRecorder();
const model = new ModelServer(recorder, toolRecorder, now);
const agent = await startAgentService(toolRecorder, now);
let callers: Caller[] = [];
const shortCallers = new Set<Caller>();
const viewers = new ConsoleViewers();
let latenesses: number[] = [];
let lastTickMs = now();

setInterval(() => {
  const nowMs = now();
  if (recorder.isOn) latenesses.push(Math.max(0, nowMs - lastTickMs - TICK_MS));
  toolRecorder.look();
  lastTickMs = nowMs;
  for (const caller of callers) caller.tick(nowMs);
  for (const caller of shortCallers) caller.tick(nowMs);
  model.tick(now());
}, TICK_MS);

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function waitUntil(isSo: () => boolean, limitMs: number): Promise<boolean> {
  const endMs = now() + limitMs;
  while (!isSo() && now() < endMs) await wait(10);
  return isSo();
}

/** Builds up a load: all calls connected, then audio on all at evenly spread phases. */
async function connectCalls(made: Caller[]): Promise<void> {
  const lanes = shares(made.length, CONNECTING_AT_ONCE);
  let next = 0;
  await Promise.all(
    lanes.map(async (count) => {
      for (let i = 0; i < count; i++) await made[next++]!.connect();
    }),
  );
  callers = made;
  const startMs = now();
  for (const caller of callers) caller.startAudio(startMs, callers.length);
  if (!(await waitUntil(() => [...model.sessions].filter((each) => each.isSpeaking).length >= made.length, 10_000))) {
    throw new Error('not all calls have reached the model');
  }
}

async function measure(ms: number): Promise<HarnessFigures> {
  recorder.reset();
  toolRecorder.reset();
  latenesses = [];
  const { user, system } = process.cpuUsage();
  const startMs = now();
  recorder.isOn = true;
  toolRecorder.isOn = true;
  await wait(ms);
  recorder.isOn = false;
  toolRecorder.isOn = false;
  const windowMs = now() - startMs;
  const used = process.cpuUsage();
  const clears = recorder.clearsPerInterruption;
  return {
    windowMs,
    callerToModel: summaryOf(recorder.upMs),
    modelToCarrier: summaryOf(recorder.downMs),
    interruptionToClear: summaryOf(recorder.clearMs),
    clearsPerInterruption:
      clears.length === 0
        ? undefined
        : {
            least: Math.min(...clears),
            most: Math.max(...clears),
            mean: clears.reduce((sum, count) => sum + count, 0) / clears.length,
            count: clears.length,
          },
    framesPerCallSecond: recorder.frames / callers.length / (windowMs / 1000),
    utterances: recorder.utterances,
    tools: toolRecorder.figures(),
    waiting: { firstSound: summaryOf(recorder.soundMs), missing: recorder.soundsMissing },
    lateness: { p99: percentile(latenesses, 0.99), max: Math.max(0, ...latenesses) },
    cpuMs: (used.user + used.system - user - system) / 1000,
  };
}

serveParent({
  async listen({ isRealtime }: { isRealtime: boolean }) {
    const places = await model.listen();
    // Carrier and model are on other machines: nothing of this one keeps them waiting.
    const priority = isRealtime ? await raisePriority({ cores: cpus().length }) : undefined;
    return { ...places, agentCore: agent.place, priority };
  },

  connectByBridge: ({ target, calls }: { target: Target; calls: number }) =>
    connectCalls(
      Array.from({ length: calls }, (_, i) => new CarrierCaller(model.probe(i), { ...target, recorder, now })),
    ),

  /**
   * Calls come one after the other and stay, with audio, until the bridge has taken none for a while or there are that many: what
   * kept its loop for a moment is over by then.
   */
  async fillUp(given: { target: Target; most: number; everyMs: number }): Promise<FilledUp> {
    const { target, most, everyMs } = given;
    for (let refusals = 0; callers.length < most; ) {
      const caller = new CarrierCaller(model.probe(callers.length), { ...target, recorder, now });
      if (await caller.connectIfTaken()) {
        refusals = 0;
        callers.push(caller);
        caller.startAudio(now(), most);
        await wait(everyMs);
      } else {
        refusals += 1;
        if (refusals > REFUSALS_OF_A_FULL_ONE) return { taken: callers.length, isRefused: true };
        await wait(RING_AGAIN_MS);
      }
    }
    return { taken: callers.length, isRefused: false };
  },

  connectDirectly: (given: { port: number; calls: number; inputRateHz: number; outputRateHz: number }) =>
    connectCalls(
      Array.from(
        { length: given.calls },
        (_, i) => new DirectCaller(model.probe(i), { ...given, recorder, ask: agent.ask, now }),
      ),
    ),

  measure: ({ ms }: { ms: number }) => measure(ms),

  /** Lets every model use tools like this, or not at all; answers when all of them do, and nothing of before is open. */
  async useTools({ load }: { load?: ToolLoad }): Promise<void> {
    for (const session of model.sessions) session.useTools(undefined);
    if (!(await waitUntil(() => toolRecorder.openCount === 0, RESULT_LIMIT_MS))) {
      throw new Error(`${toolRecorder.openCount} calls of tools have had no result`);
    }
    if (!load) return;
    for (const session of model.sessions) session.useTools(load);
    await wait(settleMs(load));
  },

  /** Interrupts every utterance for a while. */
  async measureInterruptions({ ms }: { ms: number }): Promise<HarnessFigures> {
    for (const session of model.sessions) session.interruptUtterances(true);
    // The first interruption of a call only sets its count of clears to nought.
    await wait(2500);
    const figures = await measure(ms);
    for (const session of model.sessions) session.interruptUtterances(false);
    return figures;
  },

  /** Hangs up on all; answers how the streams have ended. */
  async hangUp(): Promise<StreamCounts> {
    const leaving = callers;
    for (const session of model.sessions) {
      session.useTools(undefined);
      session.silence();
    }
    await Promise.all(leaving.map((caller) => caller.hangUp()));
    callers = [];
    toolRecorder.forget();
    await waitUntil(() => model.sessions.size === 0, 10_000);
    model.forgetProbes();
    return model.takeCounts();
  },

  /** Calls that ring and are given up, one after another: how long the answer to the ring takes. */
  async measureWebhooks({ target, count }: { target: Target; count: number }): Promise<Summary | undefined> {
    const tookMs: number[] = [];
    for (let i = 0; i < count; i++) {
      const form = callForm(target, `CA${randomBytes(16).toString('hex')}`, -1);
      const answer = await webhook(target, '/twilio/voice', form);
      if (!answer.text.includes('name="ticket"')) throw new Error(`the call was not taken: ${answer.text}`);
      tookMs.push(answer.tookMs);
      await wait(15);
      await webhook(target, '/twilio/status', { ...form, CallStatus: 'completed' });
    }
    return summaryOf(tookMs);
  },

  /** So many more calls come within a time, evenly: how long each waits for its answer, and whether it is taken. */
  async offerCalls({ target, count, ms }: { target: Target; count: number; ms: number }): Promise<OfferedCalls> {
    const tookMs: number[] = [];
    let taken = 0;
    const offer = async () => {
      const form = callForm(target, `CA${randomBytes(16).toString('hex')}`, -1);
      const answer = await webhook(target, '/twilio/voice', form);
      tookMs.push(answer.tookMs);
      if (answer.text.includes('name="ticket"')) taken++;
      await webhook(target, '/twilio/status', { ...form, CallStatus: 'completed' });
    };
    const startMs = now();
    const offers: Promise<void>[] = [];
    for (let index = 0; index < count; index++) {
      await wait(Math.max(0, startMs + (index / count) * ms - now()));
      offers.push(offer());
    }
    await Promise.all(offers);
    return { decision: summaryOf(tookMs), taken, refused: count - taken };
  },

  /** So many consoles more look on. */
  openViewers: (given: { port: number; authorization: string; count: number }) =>
    viewers.open(given.port, given.authorization, given.count),

  toldViewers: (): Told => viewers.told,

  closeViewers: () => viewers.close(),

  /** Many short calls, so many at once: connected, a moment of talk both ways, hung up. */
  async shortCalls(given: { target: Target; count: number; atOnce: number; mediaMs: number }): Promise<StreamCounts> {
    let index = FIRST_SHORT_CALL;
    await Promise.all(
      shares(given.count, given.atOnce).map(async (count) => {
        for (let i = 0; i < count; i++) {
          const caller = new CarrierCaller(model.probe(index++), { ...given.target, recorder, now });
          await caller.connect();
          shortCallers.add(caller);
          caller.startAudio(now(), given.atOnce);
          await wait(given.mediaMs);
          await caller.hangUp();
          shortCallers.delete(caller);
        }
      }),
    );
    await waitUntil(() => model.sessions.size === 0, 15_000);
    model.forgetProbes();
    return model.takeCounts();
  },
});
