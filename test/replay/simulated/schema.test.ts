import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { simulatedSchema } from '../../../src/replay/simulated/schema.js';
import { ASKED, caller, changed, load, temporaryFolder } from './callers.js';

const faultsIn = (folder: string): string => {
  try {
    load(folder);
  } catch (error) {
    expect(error).toMatchObject({ code: 'FIXTURE_INVALID' });
    return (error as Error).message;
  }
  return 'no fault';
};

describe('a simulated caller in call.yaml', () => {
  it('is read with its recordings, and with what is put together from clips', () => {
    const { call, recordings } = load(ASKED);

    expect(call.simulated?.goal).toContain('one zero four two');
    expect(call.caller).toEqual([]);
    expect([...recordings.keys()].sort()).toEqual(['composed-number.wav', 'composed-thanks.wav', 'something.wav']);
    expect(recordings.get('composed-number.wav')?.length).toBeGreaterThan(8 * 1000);
  });

  it.each<[string, [string, string], string]>([
    ['an unknown field', ['goal:', 'gaol:'], 'simulated.gaol is no field here'],
    ['a fact that is none', ['say: number', 'say: numbr'], 'names numbr, which is none of the facts'],
    ['a fact without words', [', text: go somewhere and do something }', ' }'], 'must have either say and text'],
    [
      'words without clips',
      ['one zero four two" }', 'one zebra" }'],
      'simulated.facts.number.words has words without a clip in fixtures/voice: zebra',
    ],
    [
      'a recording that is not there',
      ['something.wav', 'nothing.wav'],
      'call.yaml:8: simulated.facts.wish.say nothing.wav is neither',
    ],
    ['two facts that say the same', ['"Thank you. Goodbye."', '"one zero four two"'], 'says the same as number'],
    ['a pattern without slashes', ['/your number/i', 'your number'], 'must be a /pattern/'],
    ['a pattern that is none', ['/your number/i', '/your (/'], 'is no regular expression'],
    [
      'interruptions that are none',
      ['  goodbye:', '  interrupts: often\n  goodbye:'],
      'must be never, { always: 600ms }',
    ],
    [
      'steps beside it',
      ['simulated:', 'caller: [ { hang-up: true } ]\nsimulated:'],
      'simulated must not stand beside the steps of caller',
    ],
    ['a fact named as a choice', ['wish:', 'wait:'], 'not wait or goodbye'],
  ])('with %s is refused with its place', (_what, change, reason) => {
    expect(faultsIn(changed(ASKED, 'call.yaml', change))).toContain(reason);
  });

  it('is read as the page for testers shows it', () => {
    const page = readFileSync(new URL('../../../docs/testers.md', import.meta.url), 'utf8');
    const [, example = ''] = /```yaml\n(description:.*?)```/s.exec(page) ?? [];
    const dir = temporaryFolder();
    writeFileSync(join(dir, 'call.yaml'), example);

    expect(Object.keys(load(dir).call.simulated?.facts ?? {})).toEqual(['wish', 'number', 'pin', 'thanks']);
  });

  it('reads when the caller interrupts', () => {
    const read = (interrupts: unknown) => simulatedSchema.parse({ ...written, interrupts }).interrupts;
    const written = { goal: 'x', facts: { a: { press: '1' } }, goodbye: { when: '/x/' } };

    expect(read('never')).toBeUndefined();
    expect(read({ always: '1s' })).toEqual({ afterMs: 1000, chance: 1, seed: 1 });
    expect(read({ sometimes: '1s', chance: 0.2, seed: 7 })).toEqual({ afterMs: 1000, chance: 0.2, seed: 7 });
    expect(caller().interrupts).toBeUndefined();
  });
});
