import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Failure } from '../../src/replay/replayed-call.js';
import { type Mutant, mutantOf } from './mutant.js';
import { MUTATIONS } from './mutations.js';

/** What failed in a call; `mutant` is empty for the product as it is. */
interface Replayed {
  mutant: string;
  call: string;
  failures: Pick<Failure, 'field' | 'message'>[];
}

const CALLS_DIR = fileURLToPath(new URL('../../fixtures/calls', import.meta.url));
const CALLS = [...new Set(MUTATIONS.flatMap(({ foundBy }) => Object.keys(foundBy)))];
/** It takes seconds; a busy machine is no failure, but a hang is. In ms. */
const RUN_LIMIT_MS = 600_000;

/** Replays in one process for all: what mutants have in common is loaded once. */
async function replays(mutants: readonly Mutant[], calls: readonly string[]): Promise<Replayed[]> {
  const child = fork(fileURLToPath(new URL('./replays.mjs', import.meta.url)), {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    timeout: RUN_LIMIT_MS,
  });
  const replayed: Replayed[] = [];
  let complaint = '';
  child.on('message', (message) => replayed.push(message as Replayed));
  child.stderr?.on('data', (text) => {
    complaint += String(text);
  });
  child.send({ mutants, calls });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the replays ended with ${code}: ${complaint}`);
  return replayed;
}

describe('the recorded calls', () => {
  let replayed: Replayed[];

  beforeAll(async () => {
    replayed = await replays(MUTATIONS.map(mutantOf), CALLS);
  }, RUN_LIMIT_MS);

  const failuresIn = (mutant: string, call: string) =>
    replayed.find((each) => each.mutant === mutant && each.call === call)?.failures;

  it.each(CALLS)('find nothing in the product as it is: %s', (call) => {
    expect(failuresIn('', call)).toEqual([]);
  });

  it.each(
    MUTATIONS.flatMap(({ what, name, foundBy }) =>
      Object.entries(foundBy).map(([call, field]) => [what, call, name, field] as const),
    ),
  )('find that %s: %s', (_what, call, name, field) => {
    expect(failuresIn(name, call)?.map((failure) => failure.field)).toContain(field);
  });
});

describe('the table of recorded calls', () => {
  const text = readFileSync(fileURLToPath(new URL('../../fixtures/calls/README.md', import.meta.url)), 'utf8');
  const [, tables = ''] = text.split('## The calls\n');
  const rows = [...tables.matchAll(/^\| `([^`]+)` \| (.+?) \|(?: (.+?) \|)?$/gm)];
  const faults = rows.filter(([, , , found]) => found === undefined);
  const calls = rows.filter(([, , , found]) => found !== undefined);

  it('names every fault that is put into the bridge, in the words of its test', () => {
    const known = MUTATIONS.map(({ name, what }) => [name, what]);

    expect(faults.map(([, name, what]) => [name, what])).toEqual(known);
  });

  it('says of every call which of them it is shown to find, and of each at least one', () => {
    const told = calls.map(([, call, , found = '']) => [call, found.split(', ').sort()]);
    const shown = [...new Set(readdirSync(CALLS_DIR).filter((name) => name !== 'README.md'))].sort().map((call) => [
      call,
      MUTATIONS.filter(({ foundBy }) => call in foundBy)
        .map(({ name }) => name)
        .sort(),
    ]);

    expect(told).toEqual(shown);
    expect(shown.filter(([, names]) => names?.length === 0)).toEqual([]);
  });

  it('and every description name a complaint, or the table says that none is known', () => {
    const silent = calls.filter(([, call, complaint]) => {
      const yaml = readFileSync(`${CALLS_DIR}/${call}/call.yaml`, 'utf8');
      const description = yaml.slice(0, yaml.indexOf('\nfrom:'));
      const named = description.match(/[\w.-]+\/[\w.-]+#\d+/g) ?? ['no public complaint known'];
      return named.join(', ') !== complaint;
    });

    expect(silent.map(([, call]) => call)).toEqual([]);
  });
});

describe('a mutation', () => {
  const [mutation] = MUTATIONS;

  it.each([
    ['is gone', 'this is nowhere in it'],
    ['is there more than once', 'this.#phone'],
  ])('no longer applies when the text that it replaces %s', (_what, find) => {
    const message =
      /^the mutation no longer applies: late-clear: its text is \d+ times in src\/call\/session\.ts, not once/;

    expect(() => mutantOf({ ...mutation!, find })).toThrow(message);
  });

  it('changes one file, and is loaded with all that leads to it', () => {
    const { url, source, above } = mutantOf(mutation!);
    const names = above.map((each) => each.replace(/^.*\/src\//, ''));

    expect(url).toMatch(/src\/call\/session\.ts$/);
    expect(source).toContain(mutation!.replace);
    expect(names).toContain('call/session.ts');
    expect(names).toContain('replay/virtual/target.ts');
    expect(names).not.toContain('call/transcript.ts');
  });
});
