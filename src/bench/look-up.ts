import { keepBusy } from './database.js';
import { admin, type Bridge, type Harness, startBridge } from './processes.js';
import { medianSummary, type Summary } from './statistics.js';
import { fillStore, PAGE_STATEMENTS } from './store.js';

/** How long a caller waits for an answer to be found, in ms; medians over the repeats. */
export interface LookUpFigures {
  /** The whole answer to the voice webhook, as Twilio sees it. */
  webhook: Summary | undefined;
  /** The same for a number with a limit of calls, whose calls are counted in the database. */
  limitedWebhook: Summary | undefined;
  /** Number, version and agent alone, in the process of the bridge. */
  alone: Summary | undefined;
}

export interface LookUpResult {
  callsOnRecord: number;
  idle: LookUpFigures;
  /** While others write to the database and ask for lists without end. */
  busy: LookUpFigures;
}

export interface LookUpPlan {
  repeats: number;
  /** Webhooks and look-ups of each kind in one repeat. */
  lookUps: number;
  callsOnRecord: number;
  /** Agents with a number each. */
  agents: number;
}

const LIMITED_NUMBER = '+14155550198';
/** Never reached. */
const MAX_CONCURRENT = 1000;
/** Until the database has more to do than it can hold in its hands. */
const BUSY_LEAD_MS = 1000;
const WARM_UPS = 5;

const RATES = { inputRateHz: 16_000, outputRateHz: 24_000 };

/** Who answers a number, asked while the database has nothing to do and while it has much. */
export async function measureLookUp(harness: Harness, plan: LookUpPlan): Promise<LookUpResult> {
  const bridge = await startBridge(harness, { transport: 'lean', oneCore: false, ...RATES });
  try {
    const { agentId, databaseUrl, target } = bridge;
    await fillStore(bridge, plan.callsOnRecord, plan.agents);
    await admin(target.port, 'PUT', `/numbers/${LIMITED_NUMBER}`, { agentId, maxConcurrent: MAX_CONCURRENT });
    await webhooks(bridge, harness, target.number, WARM_UPS);
    const idle = await measure(bridge, harness, plan);
    const relieve = await keepBusy(databaseUrl, PAGE_STATEMENTS);
    await new Promise((resolve) => setTimeout(resolve, BUSY_LEAD_MS));
    const busy = await measure(bridge, harness, plan).finally(relieve);
    return { callsOnRecord: plan.callsOnRecord, idle, busy };
  } finally {
    await bridge.child.end();
  }
}

async function measure(bridge: Bridge, harness: Harness, plan: LookUpPlan): Promise<LookUpFigures> {
  const { repeats, lookUps: count } = plan;
  const { number } = bridge.target;
  const found: Record<keyof LookUpFigures, (Summary | undefined)[]> = { webhook: [], limitedWebhook: [], alone: [] };
  for (let repeat = 0; repeat < repeats; repeat++) {
    found.webhook.push(await webhooks(bridge, harness, number, count));
    found.limitedWebhook.push(await webhooks(bridge, harness, LIMITED_NUMBER, count));
    const { databaseUrl } = bridge;
    found.alone.push(await bridge.child.ask<Summary>('timeLookUps', { databaseUrl, number, count }));
  }
  return {
    webhook: medianSummary(found.webhook),
    limitedWebhook: medianSummary(found.limitedWebhook),
    alone: medianSummary(found.alone),
  };
}

function webhooks({ target }: Bridge, harness: Harness, number: string, count: number): Promise<Summary | undefined> {
  return harness.child.ask<Summary>('measureWebhooks', { target: { ...target, number }, count });
}
