import { keepBusy } from './database.js';
import { databaseLine } from './database-line.js';
import { differenceText, pairedDifference } from './differences.js';
import { measureOnce } from './loads.js';
import { type Bridge, type Harness, startBridge } from './processes.js';
import { type GoalRow, ms } from './report.js';
import { medianSummary, type Summary } from './statistics.js';

export interface StoreAudioPlan {
  calls: number;
  warmUpMs: number;
  measureMs: number;
  /** Rounds of one window in each state. */
  repeats: number;
}

/**
 * What the database is doing meanwhile: nothing but what the calls ask of it, much besides, or it is away. It is quiet twice in
 * a round: what these two differ by is no effect of the database.
 */
const STATES = ['quiet', 'busy', 'quiet again', 'away'] as const;
export type StoreState = (typeof STATES)[number];
/** With what each is compared: busy and away with the quiet window between them, and that with the one at the beginning. */
const BESIDE = { busy: 'quiet again', 'quiet again': 'quiet', away: 'quiet again' } as const;

interface Window {
  callerToModel: Summary | undefined;
  modelToCarrier: Summary | undefined;
  disturbed: boolean;
}

export interface StoreAudioResult {
  calls: number;
  windows: Readonly<Record<StoreState, readonly Window[]>>;
}

/** Until the state is so: connections are noticed to be gone, or made, and what has waited is written. */
const SETTLE_MS = 1500;
/** Within which two windows of one and the same load differ: less is no change. */
const UNCHANGED_MS = 1;
const RATES = { inputRateHz: 16_000, outputRateHz: 24_000 };

const wait = (delayMs: number) => new Promise<void>((resolve) => setTimeout(resolve, delayMs));

/** Delays of live calls while the database is quiet, busy and away, by turns. */
export async function measureStoreAudio(harness: Harness, plan: StoreAudioPlan): Promise<StoreAudioResult> {
  const { calls, warmUpMs, measureMs, repeats } = plan;
  const directUrl = await harness.database.fresh();
  const line = await databaseLine(directUrl);
  const options = { transport: 'lean', oneCore: false, databaseUrl: line.url, ...RATES } as const;
  let bridge: Bridge | undefined;
  try {
    bridge = await startBridge(harness, options);
    const windows: Record<StoreState, Window[]> = { quiet: [], busy: [], 'quiet again': [], away: [] };
    for (let repeat = 0; repeat < repeats; repeat++) {
      // New calls in each round: none lives so long that its model stream is renewed.
      await harness.child.ask('connectByBridge', { target: bridge.target, calls });
      await wait(warmUpMs);
      for (const state of STATES) {
        const restore = await (state === 'busy' ? keepBusy(directUrl) : state === 'away' ? cut() : nothing());
        await wait(SETTLE_MS);
        const { bridged, disturbed } = await measureOnce(bridge, harness, calls, measureMs).finally(restore);
        const { callerToModel, modelToCarrier } = bridged;
        windows[state].push({ callerToModel, modelToCarrier, disturbed });
        await wait(SETTLE_MS);
      }
      await harness.child.ask('hangUp');
    }
    return { calls, windows };
  } finally {
    await bridge?.child.end();
    await line.cut();
  }

  async function cut() {
    await line.cut();
    return () => line.mend();
  }
}

async function nothing() {
  return async () => undefined;
}

/** What a busy database and one that is away add to the delays; rows say so when nothing was measured. */
export function storeAudioGoalRows(result: StoreAudioResult | undefined): GoalRow[] {
  return (['busy', 'away'] as const).flatMap((state) =>
    (
      [
        ['caller frame to model event', 'callerToModel'],
        ['model audio to carrier', 'modelToCarrier'],
      ] as const
    ).map(([figure, way]): GoalRow => {
      const of = (which: StoreState) => (result?.windows[which] ?? []).map((window) => window[way]);
      const p99s = (which: StoreState) => of(which).map((window) => window?.p99);
      const more = (which: keyof typeof BESIDE) => pairedDifference(p99s(BESIDE[which]), p99s(which));
      const [before, after] = [medianSummary(of(BESIDE[state])), medianSummary(of(state))];
      const [added, byChance] = [more(state), more('quiet again')];
      return {
        figure: `${figure}, p99, ${result?.calls ?? 40} calls, database ${state}`,
        goal: `<= ${UNCHANGED_MS} ms more`,
        measured:
          added && before && after
            ? `${differenceText(added)}, to ${ms(after.p99)} from ${ms(before.p99)} ms, p50 ${ms(after.p50)} from ${ms(before.p50)}`
            : 'not measured',
        control: byChance ? differenceText(byChance) : '-',
        met: added && added.medianMs <= UNCHANGED_MS,
      };
    }),
  );
}
