import { type Config, readConfig } from '../config.js';
import { isLoopback } from '../directory/web-url.js';
import { BridgeError } from '../errors.js';
import { ownUrl } from '../instance-url.js';
import type { Finding } from './check.js';

const CORRECT = 'Correct it where the environment of the bridge is set.';

type Environment = Readonly<Record<string, string | undefined>>;

/** The configuration as the bridge would read it, or all its faults, each with its own line. */
export function readConfiguration(environment: Environment): { config?: Config; findings: Finding[] } {
  try {
    const config = readConfig(environment);
    return { config, findings: [{ state: 'ok', says: 'the environment is complete' }, ...addressForOthers(config)] };
  } catch (error) {
    if (!(error instanceof BridgeError) || error.code !== 'CONFIG_INVALID') throw error;
    const { faults } = error.details as { faults: readonly string[] };
    const findings = faults.map((says): Finding => ({ state: 'failed', says, advice: CORRECT }));
    findings.push({
      state: 'failed',
      says: 'the rest cannot be looked at like this',
      advice: 'The README lists every variable. A file is loaded by: set -a && . ./.env && set +a && npm run doctor',
    });
    return { findings };
  }
}

/** Where several instances share a database, requests about a call are passed on to the one that carries it. */
function addressForOthers({ databaseUrl, instanceUrl, host, port }: Config): Finding[] {
  if (databaseUrl === undefined) return [];
  const url = instanceUrl ?? ownUrl(host, port);
  if (!isLoopback(new URL(url).hostname)) return [{ state: 'ok', says: `other instances reach this one at ${url}` }];
  return [
    {
      state: 'warning',
      says: `other instances on this DATABASE_URL cannot reach this one: INSTANCE_URL is ${instanceUrl ?? `not set, and HOST ${host}`}`,
      advice:
        'With several instances set INSTANCE_URL of each to its own address in their network (http://10.0.0.7:3000), and ' +
        'HOST=0.0.0.0. One alone needs neither.',
    },
  ];
}

const SECRET_NAMES = [
  'TWILIO_AUTH_TOKEN',
  'TWILIO_API_SECRET',
  'ADMIN_TOKEN',
  'SECRETS_KEY',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_BEARER_TOKEN_BEDROCK',
];
/** Shorter ones would be found inside ordinary words. */
const SHORTEST_SECRET = 8;

/** Takes every secret of the environment out of a text, whoever put it there: words of other programs are told as they come. */
export function secretKeeper(environment: Environment): (text: string) => string {
  const databaseUrl = environment.DATABASE_URL ?? '';
  const password = URL.canParse(databaseUrl) ? new URL(databaseUrl).password : '';
  const secrets = [...SECRET_NAMES.map((name) => environment[name] ?? ''), password, decoded(password)]
    .filter(({ length }) => length >= SHORTEST_SECRET)
    .sort((one, other) => other.length - one.length);
  return (text) => secrets.reduce((told, secret) => told.replaceAll(secret, '[secret]'), text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
