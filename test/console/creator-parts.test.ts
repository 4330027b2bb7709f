import { describe, expect, it } from 'vitest';
import type { CreatorStage } from '../../src/console/api/types.js';
import { type Coverage, missingFirst } from '../../src/console/pages/creator/coverage.js';
import { bodyOf, EMPTY, formOf } from '../../src/console/pages/creator/job-form.js';
import { changedLines } from '../../src/console/pages/creator/line-changes.js';
import { readProcedure } from '../../src/console/pages/creator/read-procedure.js';
import { remarksOf } from '../../src/console/pages/creator/remarks.js';
import { shownFirst, stepsOf } from '../../src/console/pages/creator/stages.js';
import { tagOf } from '../../src/console/pages/creator/use-job.js';
import { stageRecord } from '../creator/records.js';

const e164 = (text: string) => (text === '(415) 555-0101' ? '+14155550101' : undefined);
const stage = (...given: Parameters<typeof stageRecord>) => stageRecord(...given) as CreatorStage;
const finding = (line: number) =>
  ({ file: 'agent.py', rule: 'undefined-name', line, message: 'Undefined name' }) as const;

describe('a new agent that is filled in', () => {
  it('is sent without what is left open, with its number in the form that the API takes', () => {
    expect(bodyOf({ ...EMPTY, sop: 'Greet.\n', number: '(415) 555-0101' }, e164)).toEqual({
      sop: 'Greet.\n',
      number: '+14155550101',
    });
    expect(bodyOf({ ...EMPTY, number: ' 12 ', agentId: 'a', canaryPercent: 'ten' }, e164)).toEqual({
      sop: '',
      agentId: 'a',
      number: '12',
      canaryPercent: 0,
    });
  });

  it('is a job again that was begun before', () => {
    const input = {
      sop: 'Greet.',
      agentId: 'a',
      number: '+14155550101',
      canaryPercent: 12.5,
      voicePersonality: 'Warm.',
    };

    expect(bodyOf(formOf(input), (text) => text)).toEqual(input);
  });
});

describe('a file that is dropped', () => {
  const file = (bytes: Uint8Array<ArrayBuffer> | string, name = 'sop.md') => new File([bytes], name);

  it('is read as the text that it is', async () => {
    expect(await readProcedure(file('# Grüße\n'))).toBe('# Grüße\n');
  });

  it.each([
    ['in another encoding', new Uint8Array([0x47, 0x72, 0xfc, 0xdf, 0x65]), 'not text in UTF-8'],
    ['of no words', new Uint8Array([0x50, 0x4b, 3, 4, 0, 0]), 'a binary file'],
    ['of 200 MB, as good as', new Uint8Array(1024 * 1024 + 1), 'has 1.0 MB'],
  ])('is refused in words: %s', async (_what, bytes, words) => {
    await expect(readProcedure(file(bytes))).rejects.toThrow(words);
  });
});

describe('the steps of a job', () => {
  const shown = (...given: Parameters<typeof stepsOf>) =>
    stepsOf(...given).map(({ name, state, round }) => `${name}: ${state}${round > 1 ? ` (${round})` : ''}`);

  it('go on, with rounds within a step', () => {
    const stages = [stage(1, 'parse-sop'), stage(2, 'draft-plan'), stage(3, 'review-plan')];

    expect(shown({ state: 'queued', stages: [] })[0]).toBe('Read: to come');
    expect(
      shown({ state: 'running', stages: [...stages, stage(4, 'draft-plan', { round: 2, state: 'running' })] }),
    ).toEqual([
      ...['Read: done', 'Plan: at work (2)', 'Code: to come', 'Prompts: to come', 'Rehearse: to come'],
      ...['Store: to come', 'Publish: to come'],
    ]);
    expect(shown({ state: 'needs_attention', stages })[1]).toBe('Plan: stopped here');
  });

  it('end with the publishing, which waits for a person', () => {
    const stages = [stage(1, 'rehearse'), stage(2, 'store')];
    const last = (state: Parameters<typeof stepsOf>[0]['state']) => shown({ state, stages }).slice(-2);

    expect(last('awaiting_approval')).toEqual(['Store: done', 'Publish: your turn']);
    expect(last('publishing')).toEqual(['Store: done', 'Publish: at work']);
    expect(last('published')).toEqual(['Store: done', 'Publish: done']);
    expect(last('cancelled')).toEqual(['Store: done', 'Publish: stopped here']);
    expect(shownFirst({ state: 'awaiting_approval', stages })).toBe(1);
    expect(shownFirst({ state: 'running', stages })).toBe(2);
  });
});

describe('what is held against the work', () => {
  it('stands at the work that it is about, and is answered when there is a later one', () => {
    const issues = [{ line: 7, problem: 'It hangs up.', suggestion: 'Let it listen.' }];
    const remarks = remarksOf([
      stage(1, 'write-code'),
      stage(2, 'check-code', { findings: [finding(95)] }),
      stage(3, 'write-code', { round: 2 }),
      stage(4, 'check-code', { round: 2 }),
      stage(5, 'review-code', { round: 2, output: { qualityScore: 2, issues, approved: false } }),
    ]);

    expect(remarks).toMatchObject([
      { from: 'gate', line: 95, seq: 1, round: 1, isAnswered: true, rule: 'undefined-name' },
      { from: 'reviewer', line: 7, seq: 3, round: 2, isAnswered: false, suggestion: 'Let it listen.' },
    ]);
  });

  it('is not answered by a round that is still at work', () => {
    const [remark] = remarksOf([
      stage(1, 'write-code'),
      stage(2, 'check-code', { findings: [finding(1)] }),
      stage(3, 'write-code', { round: 2, state: 'running', output: null }),
    ]);

    expect(remark?.isAnswered).toBe(false);
  });
});

describe('changes of a round', () => {
  it('are lines that came and went, with a few around, numbered as in their own text', () => {
    const before = Array.from({ length: 12 }, (_, index) => `line ${index + 1}`);
    const after = before.map((line) => (line === 'line 6' ? 'other' : line));

    const lines = changedLines(before.join('\n'), after.join('\n'));

    expect(
      lines.map((line) => (line.kind === 'gap' ? `… ${line.count}` : `${line.kind} ${line.line} ${line.text}`)),
    ).toEqual([
      ...['… 2', 'same 3 line 3', 'same 4 line 4', 'same 5 line 5', 'removed 6 line 6', 'added 6 other'],
      ...['same 7 line 7', 'same 8 line 8', 'same 9 line 9', '… 3'],
    ]);
    expect(changedLines('a\nb\n', 'a\nb\n')).toEqual([]);
  });
});

describe('clauses', () => {
  it('stand with what is missing first, else in the order of the procedure', () => {
    const clause = (clauseId: string, state: Coverage['state']) => ({ clauseId, quote: '', state, scenarios: [] });
    const coverage = [
      clause('a', 'covered'),
      clause('b', 'not-rehearsed'),
      clause('c', 'failed'),
      clause('d', 'covered'),
    ];

    expect(missingFirst(coverage).map(({ clauseId }) => clauseId)).toEqual(['c', 'b', 'a', 'd']);
  });
});

describe('the tag of a job', () => {
  it('is handed on without its quotes', () => {
    expect([tagOf('"abc"'), tagOf('W/"abc"'), tagOf(null)]).toEqual(['abc', 'abc', '']);
  });
});
