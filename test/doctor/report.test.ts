import { describe, expect, it } from 'vitest';
import type { Line } from '../../src/doctor/check.js';
import { isHealthy, lineText, reportJson, summaryText } from '../../src/doctor/report.js';

const LINES: Line[] = [
  { check: 'database', state: 'ok', says: 'fine' },
  { check: 'Twilio account', state: 'warning', says: 'a trial\naccount', advice: 'Upgrade it.\nSoon.' },
  { check: 'numbers', state: 'failed', says: 'elsewhere', advice: 'Sync.' },
  { check: 'media socket', state: 'skipped', says: 'needs: public address' },
];

describe('the report', () => {
  it('has a line for each finding, with the advice indented below', () => {
    expect(LINES.map((line) => lineText(line, false)).join('\n')).toBe(
      [
        '✓ database          fine',
        '! Twilio account    a trial account',
        '                    Upgrade it.',
        '                    Soon.',
        '✗ numbers           elsewhere',
        '                    Sync.',
        '– media socket      needs: public address',
      ].join('\n'),
    );
  });

  it('has colours where they are wanted', () => {
    expect(lineText(LINES[2]!, true)).toContain('\u001b[31m✗\u001b[39m');
  });

  it('sums up, and is healthy as long as nothing failed', () => {
    expect(summaryText(LINES)).toBe('1 in order, 1 warning, 1 failed, 1 skipped.');
    expect(summaryText(LINES.slice(0, 1))).toBe('1 in order.');
    expect(isHealthy(LINES)).toBe(false);
    expect(isHealthy(LINES.filter(({ state }) => state !== 'failed'))).toBe(true);
  });

  it('is one JSON document for programs', () => {
    expect(JSON.parse(reportJson(LINES))).toEqual({
      healthy: false,
      counts: { ok: 1, warning: 1, failed: 1, skipped: 1 },
      lines: LINES,
    });
  });
});
