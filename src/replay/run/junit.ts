import { escapeXml, failureLine } from './report.js';
import { type Run, type RunCall, verdictOf } from './run-results.js';

/** JUnit XML: a suite for each variant, a case for each replay, so that any CI shows which expectation failed. */
export function junitXml(run: Pick<Run, 'calls' | 'variants' | 'rounds' | 'startedAt'>): string {
  const suites = run.variants.map((variant) => {
    const calls = run.calls.filter((call) => call.variant === variant);
    const name = variant === '' ? 'recorded calls' : `recorded calls (${variant})`;
    return [
      `  <testsuite name="${escapeXml(name)}" ${counts(calls)} timestamp="${run.startedAt}">`,
      ...calls.map((call) => testCase(name, call, run.rounds)),
      '  </testsuite>',
    ].join('\n');
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts(run.calls)}>`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n');
}

function testCase(suite: string, { result, round }: RunCall, rounds: number): string {
  const name = rounds > 1 ? `${result.name} (${round} of ${rounds})` : result.name;
  const open = `    <testcase classname="${escapeXml(suite)}" name="${escapeXml(name)}" time="${seconds(result.tookMs)}"`;
  const verdict = verdictOf(result);
  if (verdict === 'passed') return `${open}/>`;
  const lines = result.failures.map(failureLine);
  const element = verdict === 'failed' ? 'failure' : 'error';
  return [
    `${open}>`,
    `      <${element} message="${escapeXml(lines[0] ?? '')}">${escapeXml(lines.join('\n'))}</${element}>`,
    '    </testcase>',
  ].join('\n');
}

function counts(calls: readonly RunCall[]): string {
  const verdicts = calls.map(({ result }) => verdictOf(result));
  const count = (wanted: string) => verdicts.filter((verdict) => verdict === wanted).length;
  const tookMs = calls.reduce((sum, { result }) => sum + result.tookMs, 0);
  return `tests="${calls.length}" failures="${count('failed')}" errors="${count('not-run')}" time="${seconds(tookMs)}"`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
