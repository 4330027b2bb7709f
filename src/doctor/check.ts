import type { Clock } from '../clock.js';
import { messageOf } from '../errors.js';

/** What a check found. `says` is one line; `advice` what to do about it, one line or several: trouble never comes without. */
export type Finding = Fine | Trouble;

interface Fine {
  state: 'ok' | 'skipped';
  says: string;
  advice?: string;
}

/** A warning is nothing that keeps calls from being answered. */
export interface Trouble {
  state: 'warning' | 'failed';
  says: string;
  advice: string;
}

export interface Check {
  name: string;
  /** Names of earlier checks without which this one would only repeat their trouble. */
  needs?: readonly string[];
  /** Default 10 s. */
  limitMs?: number;
  /** Changes nothing anywhere. `signal` ends when the limit has passed: what is still open is given up then. */
  run(signal: AbortSignal): Promise<Finding | readonly Finding[]>;
}

export type Line = Finding & { check: string };

const LIMIT_MS = 10_000;

/**
 * Runs the checks one after the other and tells each line as it comes. A check whose needs failed, or were skipped for such
 * a reason, is skipped with that reason; one that decides itself that it has nothing to look at holds up nobody.
 */
export async function runChecks(checks: readonly Check[], clock: Clock, tell: (line: Line) => void): Promise<Line[]> {
  const lines: Line[] = [];
  const blocked = new Map<string, string>();
  for (const check of checks) {
    const { name } = check;
    const hindrance = check.needs?.find((need) => blocked.has(need));
    const findings: readonly Finding[] = hindrance
      ? [{ state: 'skipped', says: `needs: ${blocked.get(hindrance)}` }]
      : [await runOne(check, clock)].flat();
    if (hindrance !== undefined) blocked.set(name, blocked.get(hindrance) ?? hindrance);
    else if (findings.some(({ state }) => state === 'failed')) blocked.set(name, name);
    for (const finding of findings) {
      const line = { check: name, ...finding };
      lines.push(line);
      tell(line);
    }
  }
  return lines;
}

async function runOne(check: Check, clock: Clock): Promise<Finding | readonly Finding[]> {
  const { limitMs = LIMIT_MS } = check;
  const controller = new AbortController();
  let cancel = (): void => undefined;
  const limit = new Promise<Finding>((resolve) => {
    cancel = clock.after(limitMs, () => {
      resolve({
        state: 'failed',
        says: `no result within ${limitMs / 1000} s`,
        advice: 'Something on the way swallows the packets: a firewall, a security group, a missing route or a proxy.',
      });
      controller.abort();
    });
  });
  try {
    return await Promise.race([check.run(controller.signal), limit]);
  } catch (error) {
    return {
      state: 'failed',
      says: `the check itself failed: ${messageOf(error)}`,
      advice:
        'This is nothing that the doctor knows. Run it again; if it stays, look for these words among the issues of the bridge, and report them there.',
    };
  } finally {
    cancel();
  }
}
