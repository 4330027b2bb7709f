import { AGENT_ARN } from './agent-service.js';
import type { HarnessFigures } from './harness-process.js';
import { measureOnce } from './loads.js';
import { type LookUpPlan, measureLookUp } from './look-up.js';
import { machineSpeed } from './machine-speed.js';
import { type Bridge, type Harness, startBridge } from './processes.js';
import { leastStolen, withStolen } from './stolen.js';
import { resultOf, type ToolLoadName, type ToolLoadResult, type ToolsResult, type ToolWindow } from './tool-results.js';
import { TOOLS, type ToolLoad } from './tool-user.js';

export interface ToolPlan extends LookUpPlan {
  calls: number;
  warmUpMs: number;
  measureMs: number;
  /** How long an agent takes that makes everybody wait. */
  hangMs: number;
}

/** The sound that tools of an agent have unless told otherwise. */
const SOUND_AFTER_MS = 1200;
const TIMEOUT_MS = 20_000;

/** In the order in which they are measured, in turn, so that what is compared lies close together. */
function toolLoads({ hangMs }: ToolPlan): readonly { name: ToolLoadName; load: ToolLoad | undefined }[] {
  return [
    { name: 'no tools', load: undefined },
    { name: 'hanging', load: { everyMs: hangMs, tookMs: hangMs } },
    { name: 'no tools again', load: undefined },
    { name: 'large results', load: { everyMs: LARGE_EVERY_MS, tookMs: 300, answerBytes: LARGE_BYTES } },
    { name: 'every 2 s', load: EVERY_FEW_SECONDS },
    { name: 'waiting aloud', load: { everyMs: 4000, tookMs: 1700, soundAfterMs: SOUND_AFTER_MS } },
  ];
}

/** So often at most a window is measured until the hypervisor leaves it undisturbed. */
const TRIES = 3;

/** Just less than the bridge reads of an answer. */
const LARGE_BYTES = 1_000_000;
const LARGE_EVERY_MS = 10_000;

const EVERY_FEW_SECONDS: ToolLoad = { everyMs: 2000, tookMs: 300 };

/** Two tools of one agent on AgentCore. Nobody is asked whether they are still there while the model is silent. */
const AGENT = {
  silence: { promptAfterMs: 600_000 },
  tools: [
    { name: TOOLS.quiet, waitSound: false },
    { name: TOOLS.sounding, waitSound: { afterMs: SOUND_AFTER_MS } },
  ].map((tool) => ({
    ...tool,
    kind: 'agentcore',
    description: 'Asks an agent.',
    agentRuntimeArn: AGENT_ARN,
    timeoutMs: TIMEOUT_MS,
  })),
};

const RATES = { inputRateHz: 16_000, outputRateHz: 24_000 };

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Tools on live calls, then the look-up of numbers. */
export async function measureTools(
  harness: Harness,
  plan: ToolPlan,
  progress: (text: string) => void,
): Promise<ToolsResult> {
  const { calls, repeats } = plan;
  const speedBefore = machineSpeed();
  progress(`tools on ${calls} calls ...`);
  const control = await measureControl(harness, plan);
  const bridge = await startBridge(harness, { transport: 'lean', oneCore: false, agent: AGENT, ...RATES });
  const { loads, violations } = await measureBridge(bridge, harness, plan).finally(() => bridge.child.end());
  progress('numbers looked up ...');
  const lookUp = await measureLookUp(harness, plan);
  return { calls, repeats, loads, control, lookUp, machineSpeed: (speedBefore + machineSpeed()) / 2, violations };
}

/** The model stand-in asks the agent itself. */
async function measureControl(harness: Harness, plan: ToolPlan): Promise<ToolLoadResult> {
  const { calls, repeats, warmUpMs, measureMs } = plan;
  await harness.child.ask('connectDirectly', { port: harness.directPort, calls, ...RATES });
  await wait(warmUpMs / 2);
  await harness.child.ask('useTools', { load: EVERY_FEW_SECONDS });
  const windows: ToolWindow[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const measure = () => harness.child.ask<HarnessFigures>('measure', { ms: measureMs });
    windows.push(await leastStolen(TRIES, () => withStolen(async () => ({ bridged: await measure() }))));
  }
  await harness.child.ask('hangUp');
  return resultOf('every 2 s', windows);
}

async function measureBridge(bridge: Bridge, harness: Harness, plan: ToolPlan) {
  const { target } = bridge;
  const { calls, repeats, warmUpMs, measureMs } = plan;

  // A first call makes everything load that only a call and a tool need: it is no cost of each.
  await harness.child.ask('connectByBridge', { target, calls: 1 });
  await harness.child.ask('useTools', { load: { everyMs: 500, tookMs: 50 } });
  await harness.child.ask('hangUp');

  const windows = new Map<ToolLoadName, ToolWindow[]>();
  const violations: string[] = [];
  const loads = toolLoads(plan);
  for (let repeat = 0; repeat < repeats; repeat++) {
    // New calls in each round: none lives so long that its model stream is renewed.
    await harness.child.ask('connectByBridge', { target, calls });
    await wait(warmUpMs);
    for (const { name, load } of loads) {
      await harness.child.ask('useTools', { load });
      const window = await leastStolen(TRIES, () => measureOnce(bridge, harness, calls, measureMs));
      windows.set(name, [...(windows.get(name) ?? []), window]);
    }
    violations.push(...(await harness.child.ask<{ violations: string[] }>('hangUp')).violations);
  }
  return { loads: loads.map(({ name }) => resultOf(name, windows.get(name) ?? [])), violations };
}
