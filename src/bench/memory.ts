import type { BridgeUsage } from './bridge-process.js';
import type { StreamCounts } from './model-server.js';
import { type Harness, startBridge } from './processes.js';

/** What is left after many short calls; memory after forced collection, in MB. */
export interface MemoryResult {
  rounds: { calls: number; heapMb: number; externalMb: number; rssMb: number }[];
  /** Of the last round against the one before, heap and external together, in percent. */
  growthPercent: number;
  liveCallsLeft: number;
  socketsLeft: number;
  streamsLeft: number;
  streams: StreamCounts[];
}

export interface MemoryPlan {
  callsPerRound: number;
  atOnce: number;
  mediaMs: number;
}

const BYTES_PER_MB = 1e6;
const ROUNDS = 2;
/** Long enough for the last sockets to close. */
const SETTLE_MS = 1500;

/** Two rounds of short calls on one bridge: a leak shows as the difference between them. */
export async function measureMemory(harness: Harness, plan: MemoryPlan): Promise<MemoryResult> {
  const { callsPerRound: count, atOnce, mediaMs } = plan;
  const rates = { inputRateHz: 16_000, outputRateHz: 24_000 };
  const bridge = await startBridge(harness, { transport: 'lean', ...rates, oneCore: false, exposeGc: true });
  try {
    const usage = () => bridge.child.ask<BridgeUsage>('usageAfterGc');
    const rounds: MemoryResult['rounds'] = [];
    const streams: StreamCounts[] = [];
    let last = await usage();
    for (let round = 1; round <= ROUNDS; round++) {
      streams.push(
        await harness.child.ask<StreamCounts>('shortCalls', { target: bridge.target, count, atOnce, mediaMs }),
      );
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      last = await usage();
      rounds.push({
        calls: round * count,
        heapMb: last.heapUsed / BYTES_PER_MB,
        externalMb: last.external / BYTES_PER_MB,
        rssMb: last.rss / BYTES_PER_MB,
      });
    }
    const total = ({ heapMb, externalMb }: MemoryResult['rounds'][number]) => heapMb + externalMb;
    return {
      rounds,
      growthPercent: (total(rounds.at(-1)!) / total(rounds.at(-2)!) - 1) * 100,
      liveCallsLeft: last.liveCalls,
      socketsLeft: last.sockets,
      streamsLeft: streams.at(-1)!.open,
      streams,
    };
  } finally {
    await bridge.child.end();
  }
}
