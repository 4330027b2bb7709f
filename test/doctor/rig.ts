import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '../../src/clock.js';
import { readConfig } from '../../src/config.js';
import type { Check, Finding } from '../../src/doctor/check.js';
import type { Installation } from '../../src/doctor/installation.js';
import { countingIds } from '../../src/ids.js';

export const ACCOUNT_SID = `AC${'0'.repeat(32)}`;
export const AUTH_TOKEN = 'auth-token-of-the-tests';
export const NUMBER = '+14155550199';

type Options = Partial<Omit<Installation, 'config'>>;

/** An installation that leads nowhere, but for what a test sets. */
export function installation(environment: Record<string, string> = {}, options: Options = {}): Installation {
  const config = readConfig({
    PUBLIC_URL: 'https://bridge.example.com',
    TWILIO_ACCOUNT_SID: ACCOUNT_SID,
    TWILIO_AUTH_TOKEN: AUTH_TOKEN,
    TWILIO_API_URL: 'http://127.0.0.1:9',
    ADMIN_TOKEN: 'admin-token-of-the-tests-0123456789',
    ...environment,
  });
  return { config, region: 'us-east-1', isRegionSet: true, clock: realClock(), ids: countingIds(), ...options };
}

export async function findingsOf(check: Check): Promise<readonly Finding[]> {
  return [await check.run(new AbortController().signal)].flat();
}

/** For checks that find one thing. */
export async function findingOf(check: Check): Promise<Finding> {
  const [finding] = await findingsOf(check);
  return finding!;
}

export async function temporaryDirectory(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'doctor-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
