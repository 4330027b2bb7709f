import { realClock } from '../../clock.js';
import { adminClient } from '../admin-client.js';
import type { ReplayTarget } from '../runner.js';
import { runningBridge } from '../running-bridge.js';
import { startLocalStack } from '../stack/local-stack.js';
import { webhookTarget } from '../stand-ins/webhook-target.js';
import { startVirtual } from '../virtual/target.js';
import type { RunOptions } from './run-options.js';
import type { Variant } from './run-variants.js';

/** Calls at once that two cores carry on the local stack without standing still much. */
const LOCAL_AT_ONCE = 20;
/** A bridge under test has other calls, too. */
const REMOTE_AT_ONCE = 4;

/** Where the calls of a run are replayed, ready to take them. */
export interface Targets {
  /** In words. */
  readonly where: string;
  readonly atOnce: number;
  of(variant: Variant): ReplayTarget;
  close(): Promise<void>;
}

/** Throws when there is nothing that could take a call: a bridge that cannot be reached, or does not know the token. */
export async function openTargets(options: RunOptions, variants: readonly Variant[]): Promise<Targets> {
  const { url, token, speed, jobs, virtual, seed } = options;
  if (virtual) {
    const target = await startVirtual(seed === undefined ? {} : { seed });
    // One after the other: they share its time.
    return { where: 'the virtual stack', atOnce: 1, of: () => target, close: () => target.close() };
  }
  if (url !== undefined && options.webhook) {
    const records =
      token === undefined
        ? undefined
        : adminClient(url.replace(/\/+$/, ''), token, { clock: realClock(), limitMs: 10_000 });
    const target = webhookTarget({ url, authToken: options.authToken ?? null }, records);
    return { where: url, atOnce: jobs ?? REMOTE_AT_ONCE, of: () => target, close: async () => undefined };
  }
  if (url === undefined || token === undefined) {
    const stack = await startLocalStack({ speed });
    const where = speed === 1 ? 'the local stack' : `the local stack, ${speed} times as fast`;
    return { where, atOnce: jobs ?? LOCAL_AT_ONCE, of: () => stack, close: () => stack.close() };
  }
  const versions = new Set(variants.map(({ agentVersion }) => agentVersion));
  const bridges = new Map([...versions].map((version) => [version, runningBridge(url, token, version)]));
  for (const bridge of bridges.values()) await bridge.ready();
  return {
    where: url,
    atOnce: jobs ?? REMOTE_AT_ONCE,
    of: ({ agentVersion }) => bridges.get(agentVersion)!,
    close: async () => undefined,
  };
}
