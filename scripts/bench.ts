import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import {
  type AdmissionResult,
  admissionGoalRows,
  headRoomGoalRows,
  measureAdmission,
  measureHeadRoom,
} from '../src/bench/admission.js';
import { audioTable, formatAudioTable } from '../src/bench/audio-table.js';
import { type BoxCost, boxGoalRows, type CallCost, measureBoxCost } from '../src/bench/box-cost.js';
import { measureConsole } from '../src/bench/console.js';
import { type ConsoleResult, consoleGoalRows, formatConsole } from '../src/bench/console-goals.js';
import { measureConsolePage } from '../src/bench/console-page.js';
import { type CreatorResult, measureCreator } from '../src/bench/creator.js';
import { creatorGoalRows, formatCreator } from '../src/bench/creator-goals.js';
import { measureHeardText } from '../src/bench/heard-text-error.js';
import { type LoadResult, measureLoad } from '../src/bench/loads.js';
import { machineSpeed } from '../src/bench/machine-speed.js';
import { measureMemory } from '../src/bench/memory.js';
import {
  admissionPlanOf,
  BOX_LOAD,
  BOX_PAIRS,
  BOX_TIMING,
  consolePlanOf,
  creatorPlanOf,
  isPart,
  loadsOf,
  PARTS,
  storeAudioPlanOf,
  timingOf,
  toolPlanOf,
} from '../src/bench/plan.js';
import { canPin, compile, startHarness } from '../src/bench/processes.js';
import { delays, formatGoals, formatLoads, formatTable, goalRows } from '../src/bench/report.js';
import { formatStore, measureStore, type StoreResult } from '../src/bench/store.js';
import { measureStoreAudio, type StoreAudioResult, storeAudioGoalRows } from '../src/bench/store-audio.js';
import { formatTools, toolGoalRows } from '../src/bench/tool-goals.js';
import type { ToolsResult } from '../src/bench/tool-results.js';
import { measureTools } from '../src/bench/tools.js';

const OUT = fileURLToPath(new URL('../out/', import.meta.url));
const SEED = 1;

const command = new Command('bench')
  .description('Measures the bridge against its goals and writes out/bench.json.')
  .option('--only <parts>', `some of ${PARTS.join(', ')}, with commas between`)
  .option('--calls <count>', 'only this load', Number)
  .option('--seconds <count>', 'how long each load is measured', Number)
  .option('--quick', 'small loads and few repeats, within two minutes')
  .option('--profile', 'tells which functions of the bridge take its time at 80 calls')
  .parse();
const options = command.opts<{
  only?: string;
  calls?: number;
  seconds?: number;
  quick?: boolean;
  profile?: boolean;
}>();
const parts = options.only?.split(',') ?? [...PARTS];
const stranger = parts.find((part) => !isPart(part));
if (stranger !== undefined) command.error(`there is no part "${stranger}": ${PARTS.join(', ')}`);

const print = (text = '') => process.stdout.write(`${text}\n`);
const progress = (text: string) => process.stderr.write(`${text}\n`);

const plan = { quick: options.quick ?? false, calls: options.calls, profile: options.profile ?? false };
const timing = timingOf(plan.quick, options.seconds);
const startedAtMs = Date.now();

const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  node: process.version,
  pinned: canPin,
  speed: machineSpeed(),
  loadAverageAtStart: loadavg()[0],
};
print(
  `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, speed ${machine.speed.toFixed(2)}, load average ${machine.loadAverageAtStart}, seed ${SEED}`,
);

let audio: Awaited<ReturnType<typeof audioTable>> | undefined;
if (parts.includes('audio')) {
  progress('audio table ...');
  audio = await audioTable();
  print(`\n${formatAudioTable(audio)}`);
}

const heardText = parts.includes('heard') ? measureHeardText(plan.quick ? 200 : 1000, SEED) : undefined;

let box: BoxCost | undefined;
if (parts.includes('box')) {
  progress('black boxes ...');
  box = await measureBoxCost(BOX_PAIRS);
}

let wholeCall: CallCost | undefined;
const loads: LoadResult[] = [];
let memory: Awaited<ReturnType<typeof measureMemory>> | undefined;
let store: StoreResult | undefined;
let storeAudio: StoreAudioResult | undefined;
let tools: ToolsResult | undefined;
let admission: AdmissionResult | undefined;
let headRoom: AdmissionResult | undefined;
let creator: CreatorResult | undefined;
let board: ConsoleResult | undefined;
if (
  ['calls', 'memory', 'store', 'store-audio', 'tools', 'admission', 'box', 'creator', 'console'].some((part) =>
    parts.includes(part),
  )
) {
  progress('compiling ...');
  compile();
  const harness = await startHarness();
  const { priority } = harness;
  print(`priority ${priority?.raised ? 'real-time' : `ordinary: ${priority?.why ?? 'CPU_PRIORITY'}`}`);
  for (const load of parts.includes('calls') ? loadsOf(plan) : []) {
    progress(`${load.name} calls ...`);
    loads.push(await measureLoad(harness, load, timing));
  }
  if (box) {
    const known = loads.find(({ load }) => load.name === '80') ?? loads[0];
    const measured = known ?? (await measureLoad(harness, BOX_LOAD, BOX_TIMING));
    wholeCall = { us: measured.cpuMsPerCallSecond * 1000, disturbed: measured.disturbed };
  }
  if (parts.includes('memory')) {
    progress('memory ...');
    memory = await measureMemory(harness, { callsPerRound: plan.quick ? 100 : 1000, atOnce: 40, mediaMs: 1000 });
  }
  if (parts.includes('store')) {
    progress('a million calls on record ...');
    store = await measureStore(harness, plan.quick ? 20_000 : 1_000_000);
    print(`\n${formatStore(store)}`);
  }
  if (parts.includes('store-audio')) {
    progress('sound while the database is quiet, busy and away ...');
    storeAudio = await measureStoreAudio(harness, storeAudioPlanOf({ ...plan, seconds: options.seconds }));
  }
  if (parts.includes('tools')) {
    tools = await measureTools(harness, toolPlanOf({ ...plan, seconds: options.seconds }), progress);
    print(`\n${formatTools(tools)}`);
  }
  if (parts.includes('admission')) {
    progress('three times as many calls as fit ...');
    const admissionPlan = admissionPlanOf({ ...plan, seconds: options.seconds });
    admission = await measureAdmission(harness, admissionPlan);
    progress('as many calls as the event loop has room for, and three times as many ...');
    headRoom = await measureHeadRoom(harness, admissionPlan);
    if (!headRoom) print(`\n${admissionPlan.mostCalls} calls did not fill the event loop of this machine.`);
  }
  if (parts.includes('creator')) {
    creator = await measureCreator(harness, creatorPlanOf({ ...plan, seconds: options.seconds }), progress);
    print(`\n${formatCreator(creator)}`);
  }
  if (parts.includes('console')) {
    const consolePlan = consolePlanOf({ ...plan, seconds: options.seconds });
    const cost = await measureConsole(harness, consolePlan, progress);
    progress('the page in a browser ...');
    board = { cost, page: await measureConsolePage(harness, consolePlan) };
    print(`\n${formatConsole(board)}`);
  }
  await harness.stop();
}

if (loads.length > 0) print(`\n${formatLoads(loads)}`);
if (board?.cost.profile) {
  const rows = board.cost.profile.map(({ name, where, share }) => [name, where, `${(share * 100).toFixed(1)} %`]);
  print(`\n${formatTable(['self time with the most consoles', 'where', 'share'], rows)}`);
}
for (const { load, webhooks, interruptions, profile } of loads) {
  if (webhooks) {
    print(
      `\nwebhook answer, ms p50/p99: idle ${delays(webhooks.idle)}, ${load.name} calls ${delays(webhooks.underLoad)}`,
    );
  }
  if (interruptions) {
    const { bridged, control } = interruptions;
    print(
      `\ninterruption to clear at ${load.name} calls, ms p50/p99: ${delays(bridged.interruptionToClear)}, ` +
        `control ${delays(control?.interruptionToClear)}`,
    );
  }
  if (profile) {
    const rows = profile.slice(0, 15).map(({ name, where, share }) => [name, where, `${(share * 100).toFixed(1)} %`]);
    print(`\n${formatTable([`self time at ${load.name} calls`, 'where', 'share'], rows)}`);
  }
}

const goals = [
  ...goalRows({ loads, store, memory, heardText }),
  ...storeAudioGoalRows(storeAudio),
  ...toolGoalRows(tools),
  ...admissionGoalRows(admission),
  ...headRoomGoalRows(headRoom),
  ...boxGoalRows(box, wholeCall),
  ...creatorGoalRows(creator),
  ...consoleGoalRows(board),
];
print(`\n${formatGoals(goals)}`);
const seconds = Math.round((Date.now() - startedAtMs) / 1000);
if ([...loads, ...(tools?.loads ?? [])].some(({ disturbed }) => disturbed)) {
  print('\nLoads marked "disturbed" shared the machine with other work: measure them again when it is quiet.');
}

mkdirSync(OUT, { recursive: true });
const date = new Date(startedAtMs).toISOString();
const results = {
  loads,
  store,
  memory,
  storeAudio,
  tools,
  admission,
  headRoom,
  creator,
  console: board,
  box: box && { ...box, wholeCall },
  heardText,
  audio,
};
const report = { date, seconds, machine, seed: SEED, timing, goals, ...results };
writeFileSync(`${OUT}bench.json`, `${JSON.stringify(report, null, 2)}\n`);
print(`\nout/bench.json, ${seconds} s, seed ${SEED}`);
