import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FIXTURES_DIR, type Fixture, loadAgentFile } from '../fixture/fixture.js';
import { impaired, parseImpairments } from '../impair.js';
import type { RunOptions } from './run-options.js';

/** One way in which all calls are replayed: a column of the table. */
export interface Variant {
  /** Empty when it is the only one and changes nothing. */
  readonly label: string;
  readonly agent?: string;
  readonly agentVersion?: number;
  readonly impairments?: string;
}

/** Each agent with each version with each line; one that changes nothing when none of them is given. */
export function variantsOf({ agents, agentVersions, impairments }: Partial<RunOptions>): Variant[] {
  const each = <Value>(values: readonly Value[] = []): (Value | undefined)[] =>
    values.length > 0 ? [...new Set(values)] : [undefined];
  return each(agents).flatMap((agent) =>
    each(agentVersions).flatMap((agentVersion) =>
      each(impairments).map((list) => ({
        label: [agent, agentVersion && `version ${agentVersion}`, list].filter(Boolean).join(', '),
        ...(agent !== undefined && { agent }),
        ...(agentVersion !== undefined && { agentVersion }),
        ...(list !== undefined && { impairments: list }),
      })),
    ),
  );
}

/** The call as this variant has it. Throws `FIXTURE_INVALID` for impairments or an agent's file that are wrong. */
export function fixtureFor(fixture: Fixture, { agent, impairments }: Variant): Fixture {
  const ofAgent = agent === undefined ? fixture : withAgent(fixture, agent);
  return impairments === undefined ? ofAgent : impaired(ofAgent, parseImpairments(impairments));
}

function withAgent(fixture: Fixture, agent: string): Fixture {
  const places = [join(fixture.dir, '../../agents', `${agent}.yaml`), join(FIXTURES_DIR, 'agents', `${agent}.yaml`)];
  const found = places.find((place) => existsSync(place));
  // Without a file it may still be an agent on the bridge under test, by its id or its name.
  return {
    ...fixture,
    call: { ...fixture.call, agent },
    agent: found === undefined ? undefined : loadAgentFile(found),
  };
}
