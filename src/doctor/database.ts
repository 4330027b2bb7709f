import { secretBox } from '../access/secret-box.js';
import { messageOf } from '../errors.js';
import { agentNeeds } from './agent-needs.js';
import type { Check, Finding } from './check.js';
import { type DatabaseFacts, inspectDatabase } from './database-server.js';
import { judgeDatabase } from './database-verdict.js';
import { embeddedDatabase } from './embedded-database.js';
import type { Installation, Known } from './installation.js';
import { networkTrouble } from './network-trouble.js';

/** Where everything is kept; finds out which numbers are in the directory, and what its agents need. */
export function databaseCheck({ config, clock }: Installation, known: Known): Check {
  const { databaseUrl, dataDir, secretsKey } = config;
  const learn = ({ numbers, agents }: DatabaseFacts) => {
    known.numbers = numbers;
    known.agents = agentNeeds(agents, secretBox(secretsKey).open);
  };
  return {
    name: 'database',
    async run(signal) {
      if (databaseUrl === undefined) return embeddedDatabase(dataDir, clock, learn, signal);
      const place = placeOf(databaseUrl);
      try {
        const facts = await inspectDatabase({ connectionString: databaseUrl }, clock, signal);
        learn(facts);
        return judgeDatabase(facts, place);
      } catch (error) {
        return connectionTrouble(error, place);
      }
    },
  };
}

/** By SQLSTATE. Source: PostgreSQL manual, "Error Codes". */
const REFUSALS: Readonly<Record<string, string>> = {
  '28P01': 'User or password in DATABASE_URL is wrong. Special characters in them must be percent-encoded.',
  '28000':
    'pg_hba.conf of the server does not let this user in from here, or wants TLS: append ?sslmode=require to DATABASE_URL.',
  '3D000': "Create the database first: CREATE DATABASE … ENCODING 'UTF8'.",
  '42501': 'The user in DATABASE_URL lacks rights: make it the owner of the database.',
  '53300':
    'The server has no connection left: raise max_connections, or end what holds them. Each bridge takes up to a dozen.',
  '57P03': 'The server is starting up: ask again in a moment.',
};

function connectionTrouble(error: unknown, place: string): Finding {
  const { code = '' } = error as { code?: string };
  const message = messageOf(error) || code;
  const refusal = REFUSALS[code];
  if (refusal !== undefined) return failed(`${place} refuses the bridge: ${message}`, refusal);
  const trouble = networkTrouble(error, place);
  if (trouble) return trouble;
  if (/does not support SSL/i.test(message)) {
    return failed(`${place} does not speak TLS`, 'Take sslmode out of DATABASE_URL, or switch TLS on at the server.');
  }
  if (/timeout|terminated/i.test(message)) {
    return failed(
      `${place} gives no answer: ${message}`,
      'Start the server; if it runs, a firewall or security group must let this machine reach its port.',
    );
  }
  return failed(`${place}: ${message}`, 'Check DATABASE_URL, and the log of the server.');
}

/** Host and database without user and password. */
function placeOf(url: string): string {
  const { host, pathname, searchParams } = new URL(url);
  return `${searchParams.get('host') ?? host}${pathname}`;
}

function failed(says: string, advice: string): Finding {
  return { state: 'failed', says, advice };
}
