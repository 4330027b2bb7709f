import { workLast } from '../../priority.js';
import type { AgentCode, AgentPlan, Finding } from '../artefacts.js';
import { creatorGates } from './gates.js';

/** What the process is asked for, and answers by its number. */
export interface Order {
  readonly number: number;
  readonly code: AgentCode;
  readonly plan: AgentPlan | null;
}

export interface Answer {
  readonly number: number;
  readonly findings: Finding[];
}

// Live calls come first.
workLast();
const gates = creatorGates();
process.on('message', async ({ number, code, plan }: Order) => {
  const findings = await gates.checkCode(code, plan ?? undefined);
  process.send?.({ number, findings } satisfies Answer);
});
// Ctrl-C is for the bridge: a program that is being checked then has no fault.
process.on('SIGINT', () => undefined);
process.once('disconnect', () => process.exit());
