import type { PhoneCall } from '../../emulator/phone/phone.js';
import { AFTERMATH_LIMIT_MS } from '../ended-record.js';
import { pauseUntil } from '../moments.js';
import { lineOf } from '../network-line.js';
import { placeCall, placedWithin } from '../placing.js';
import type { PlacedCall, ReplayTarget } from '../runner.js';
import { inTurn } from '../stack/in-turn.js';
import { StackedCall } from '../stack/stacked-call.js';
import { VirtualClock } from './clock.js';
import { openWorld, type World } from './world.js';

export interface VirtualOptions {
  /** Seeds all that is random in a call; default 1. The same fixture and seed give the same call. */
  seed?: number;
}

/** A Monday at ten in the morning, UTC. */
const START_MS = Date.UTC(2026, 0, 5, 10);
/** When the caller has gone, nobody asks for more of the call after this, in ms. */
const LEFT_BEHIND_MS = 10 * AFTERMATH_LIMIT_MS;
const POLL_MS = 25;

/**
 * A target in memory: the bridge itself against the stand-ins' own phone and model, without a socket and without a store, on
 * a clock that moves as fast as the machine can. Calls are carried one after the other, however they are placed, each in a
 * world of its own that begins at the same time.
 */
export async function startVirtual({
  seed = 1,
}: VirtualOptions = {}): Promise<ReplayTarget & { close(): Promise<void> }> {
  // The AWS SDK is pinned to a version that runs on Node 20; its notice about later ones is no news here.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const clock = new VirtualClock(START_MS);
  const queue = inTurn();

  const carry = async (
    run: StackedCall,
    listen: Parameters<ReplayTarget['place']>[1]['phone'],
    connected: (call: PlacedCall) => void,
  ): Promise<void> => {
    let world: World | undefined;
    clock.start();
    try {
      world = await openWorld(run, { clock, seed });
      const { from, to, outbound, timeout: limitMs } = run.fixture.call;
      const line = { listen, ...lineOf(run.fixture.call, run.fixture.recordings) };
      const { phone } = world;
      const call = outbound
        ? await placedWithin(phone, await world.order(outbound, line), { clock, limitMs })
        : await placeCall(phone, { from, to, ...line }, { clock, limitMs });
      const over = new AbortController();
      connected(placedCall(call, run, { clock, world, done: () => over.abort() }));
      await call.ended;
      await pauseUntil(clock, clock.now() + LEFT_BEHIND_MS, over.signal);
    } finally {
      await world?.close();
      clock.stop();
    }
  };

  return {
    clock,
    place: (fixture, listeners) =>
      new Promise((connected, failed) => {
        const run = new StackedCall(fixture, 1, listeners.model);
        queue('calls', () => carry(run, listeners.phone, connected)).catch(failed);
      }),
    close: () => queue('calls', async () => clock.stop()),
  };
}

function placedCall(
  phone: PhoneCall,
  run: StackedCall,
  { clock, world, done }: { clock: VirtualClock; world: World; done: () => void },
): PlacedCall {
  return {
    phone,
    recordNow: async () => world.bridge.recordOf(phone.callSid),
    async record() {
      const untilMs = clock.now() + AFTERMATH_LIMIT_MS;
      for (;;) {
        const record = world.bridge.recordOf(phone.callSid);
        if (record?.state === 'ended' || clock.now() >= untilMs) return record;
        await pauseUntil(clock, clock.now() + POLL_MS, new AbortController().signal);
      }
    },
    leftOpen: () => run.leftOpen(clock).finally(done),
    prompts: () => run.prompts,
    histories: () => run.histories,
    logLines: () => world.logLines,
  };
}
