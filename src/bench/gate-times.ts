import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { realClock } from '../clock.js';
import type { AgentPlan } from '../creator/artefacts.js';
import { separateGates } from '../creator/gates/separate.js';
import { percentile } from './statistics.js';

/** How long the checks of a generated program take, in ms. */
export interface GateTimes {
  programs: number;
  /** The very first, which loads the linter. */
  firstMs: number;
  /** Of all, one after the other, once more. */
  p50Ms: number;
  maxMs: number;
}

const PROGRAMS = 'fixtures/creator/programs';
/** So that the programs are held against a plan as well. */
const PLAN: AgentPlan = {
  ...{ agentName: 'Agent', description: 'An agent.' },
  ...{ tools: [], handling: [], escalations: [], awsServices: [], environment: [] },
};

/** Checks every program of the fixtures, good and hostile ones, in the process in which jobs have them checked. */
export async function measureGates(): Promise<GateTimes> {
  const programs = ['good', 'bad'].flatMap((folder) =>
    readdirSync(join(PROGRAMS, folder)).map((name) => readFileSync(join(PROGRAMS, folder, name), 'utf8')),
  );
  const gates = separateGates({ clock: realClock() });
  const timed = async (agentPy: string): Promise<number> => {
    const startMs = performance.now();
    await gates.checkCode({ agentPy, requirementsTxt: 'boto3\n' }, PLAN);
    return performance.now() - startMs;
  };
  try {
    const firstMs = await timed(programs[0] ?? '');
    const took: number[] = [];
    for (const agentPy of programs) took.push(await timed(agentPy));
    return { programs: programs.length, firstMs, p50Ms: percentile(took, 0.5), maxMs: percentile(took, 1) };
  } finally {
    gates.close();
  }
}
