import type { AgentNeeds } from './agent-needs.js';
import type { Check, Finding } from './check.js';
import type { Known } from './installation.js';

/** An AWS service while it is looked at. */
export interface OpenService<Thing> {
  /** Whether there is a list of such things to pick from; left out where nobody picks. */
  list?(signal: AbortSignal): Promise<Finding>;
  /** Whether agents can use this one. */
  look(thing: Thing, signal: AbortSignal): Promise<Finding>;
  close(): void;
}

const LIMIT_MS = 30_000;
const AT_ONCE = 4;
/** Things in order are named up to this many. */
const NAMED = 5;

/**
 * Looks at what agents name of one service. Where the directory cannot be read, only at the list, whose trouble is then a
 * warning: nobody knows whether it is needed.
 */
export function serviceCheck<Thing>(options: {
  name: string;
  known: Known;
  named: (needs: AgentNeeds) => readonly Thing[];
  open: () => Promise<OpenService<Thing>>;
  limitMs?: number;
  /** Default: what everything at AWS needs. */
  needs?: readonly string[];
}): Check {
  const { name, known, named, open, limitMs = LIMIT_MS, needs = ['AWS credentials', 'clock (AWS)'] } = options;
  return {
    name,
    needs,
    limitMs,
    async run(signal) {
      const things = known.agents && named(known.agents);
      if (things?.length === 0) return { state: 'skipped', says: 'no agent uses one' };
      const service = await open();
      try {
        const list = await service.list?.(signal);
        if (!things) return list ? softened(list) : { state: 'skipped', says: 'the directory cannot be read now' };
        const looked = await lookAtAll(things, (thing) => service.look(thing, signal));
        return summed(list && list.state !== 'ok' ? [...looked, softened(list)] : looked);
      } finally {
        service.close();
      }
    },
  };
}

/** Calls do without the list. */
function softened(finding: Finding): Finding {
  return finding.state === 'failed' ? { ...finding, state: 'warning' } : finding;
}

async function lookAtAll<Thing>(
  things: readonly Thing[],
  look: (thing: Thing) => Promise<Finding>,
): Promise<Finding[]> {
  const found: Finding[] = [];
  const waiting = [...things.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) found[next[0]] = await look(next[1]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

/** What is in order in one line, everything else one by one; what befalls several alike is said once. */
function summed(findings: readonly Finding[]): Finding[] {
  const good = findings.filter(({ state }) => state === 'ok').map(({ says }) => says);
  const rest = good.length > NAMED ? `; ${good.length - NAMED} more` : '';
  const trouble = new Map<string, Finding>();
  for (const finding of findings) {
    if (finding.state !== 'ok' && !trouble.has(finding.says)) trouble.set(finding.says, finding);
  }
  const inOrder: Finding[] =
    good.length > 0 ? [{ state: 'ok', says: `${good.slice(0, NAMED).join('; ')}${rest}` }] : [];
  return [...inOrder, ...trouble.values()];
}
