import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { FIXTURES_DIR, type Fixture, loadFixture } from '../../../src/replay/fixture/fixture.js';
import { simulatedSchema } from '../../../src/replay/simulated/schema.js';

export const ASKED = join(FIXTURES_DIR, 'simulated/caller-gives-the-number-that-is-asked-for');
export const IMPATIENT = join(FIXTURES_DIR, 'simulated/impatient-caller-asks-again-and-interrupts');

export function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'simulated-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

/** A copy of a fixture with texts of its files replaced. */
export function changed(
  folder: string,
  file: 'call.yaml' | 'model.yaml',
  ...changes: [from: string, to: string][]
): string {
  const dir = join(temporaryFolder(), 'changed');
  cpSync(folder, dir, { recursive: true });
  const path = join(dir, file);
  const text = changes.reduce(
    (before, [from, to]) => {
      if (!before.includes(from)) throw new Error(`${file} has no ${from}`);
      return before.replace(from, to);
    },
    readFileSync(path, 'utf8'),
  );
  writeFileSync(path, text);
  return dir;
}

export function load(folder: string): Fixture {
  return loadFixture(folder);
}

/** A caller of a few lines. */
export function caller(changes: object = {}) {
  return simulatedSchema.parse({
    goal: 'have it done',
    facts: { name: { words: 'one two' }, pin: { press: '12#' }, thanks: { words: 'Thank you.' } },
    answers: [
      { when: '/who/', say: 'name' },
      { when: '/number/', unless: '/wrong/', say: 'pin', once: true },
    ],
    goodbye: { when: '/done/', say: 'thanks' },
    ...changes,
  });
}
