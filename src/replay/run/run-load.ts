import { basename, dirname, join } from 'node:path';
import { BridgeError } from '../../errors.js';
import { findFixtures } from '../fixture/find.js';
import { type Fixture, loadFixture } from '../fixture/fixture.js';

/** The recorded calls at the places. Throws `FIXTURE_INVALID` with every fault of every file, and when there is none at all. */
export function loadCalls(places: readonly string[], grep?: RegExp): Fixture[] {
  const faults: string[] = [];
  const attempt = <Value>(action: () => Value): Value[] => {
    try {
      return [action()];
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error;
      faults.push(error.message);
      return [];
    }
  };
  const folders = attempt(() => findFixtures(places)).flat();
  const wanted = folders.filter((folder) => grep?.test(basename(folder)) ?? true);
  const fixtures = wanted.flatMap((folder) => attempt(() => loadFixture(folder)));
  if (faults.length > 0) throw new BridgeError('FIXTURE_INVALID', faults.join('\n'));
  if (fixtures.length === 0) throw new BridgeError('FIXTURE_INVALID', `no recorded call has ${grep} in its name`);
  return withDistinctNames(fixtures);
}

/** Calls of the same name in different folders get the folder before it: reports would overwrite each other. */
function withDistinctNames(fixtures: readonly Fixture[]): Fixture[] {
  const isTwice = ({ name }: Fixture) => fixtures.filter((each) => each.name === name).length > 1;
  return fixtures.map((fixture) =>
    isTwice(fixture) ? { ...fixture, name: join(basename(dirname(fixture.dir)), fixture.name) } : fixture,
  );
}
