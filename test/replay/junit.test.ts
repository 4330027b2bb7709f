import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { junitXml } from '../../src/replay/run/junit.js';
import type { Run } from '../../src/replay/run/run-results.js';
import { runCall, runOf, WRONG_ENDING } from './runs.js';

const FAILED = runCall({
  name: 'caller-says "<hello>" & more',
  failures: [{ field: 'turns[0].text', message: 'expected "<a>", found "b & c"', atMs: 1100 }, WRONG_ENDING],
});
const NOT_RUN = runCall({
  name: 'never-begun',
  call: undefined,
  record: undefined,
  failures: [{ field: 'call', message: 'could not be replayed: 11200' }],
});

function parsed(run: Run) {
  const xml = junitXml(run);
  expect(XMLValidator.validate(xml)).toBe(true);
  const options = {
    ignoreAttributes: false,
    attributeNamePrefix: '',
    isArray: (name: string) => /^test(suite|case)$/.test(name),
  };
  return new XMLParser(options).parse(xml).testsuites;
}

describe('the JUnit report', () => {
  it('has one case a call, with its failures in words', () => {
    const suites = parsed(runOf([runCall(), FAILED]));

    expect(suites).toMatchObject({ tests: '2', failures: '1', errors: '0' });
    expect(suites.testsuite[0].testcase[1]).toMatchObject({
      name: 'caller-says "<hello>" & more',
      failure: { message: 'turns[0].text: expected "<a>", found "b & c" (at 1.10 s)' },
    });
  });

  it('tells a call that could not be run from one that failed', () => {
    const suites = parsed(runOf([NOT_RUN]));

    expect(suites).toMatchObject({ tests: '1', failures: '0', errors: '1' });
    expect(suites.testsuite[0].testcase[0].error.message).toContain('11200');
  });

  it('has a suite for each variant and a case for each round', () => {
    const calls = ['none', 'loss=2'].flatMap((variant) => [1, 2].map((round) => runCall({}, { variant, round })));

    const suites = parsed(runOf(calls, { rounds: 2 }));

    expect(suites.testsuite.map(({ name }: { name: string }) => name)).toEqual([
      'recorded calls (none)',
      'recorded calls (loss=2)',
    ]);
    expect(suites.testsuite[1].testcase[1].name).toBe('question-gets-an-answer (2 of 2)');
  });

  it('leaves out what XML cannot hold', () => {
    const xml = junitXml(runOf([runCall({ name: 'a\u0000\u001b[31mb' })]));

    expect(xml).toContain('name="a[31mb"');
  });
});
