import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallFact } from '../../src/call/events.js';
import type { Overview } from '../../src/console/api/types.js';
import { type ManyCalls, startManyCalls } from './many-calls.js';

let many: ManyCalls;

beforeAll(async () => {
  many = await startManyCalls(0);
});
afterAll(() => many?.close());

const answer = (index: number, responseGapMs: number, isCut: boolean): CallFact => {
  const heard = { heardText: isCut ? 'On' : 'On Friday.', heardMs: 900, interrupted: isCut };
  const turn = { role: 'agent', text: 'On Friday.', startMs: 0, endMs: 900, responseGapMs, ...heard } as const;
  return { kind: 'turnChanged', index, turn };
};

/** A call that is over, in which everything happens that is counted, more often in later ones. */
function tellCall(number: number): void {
  const callSid = many.ring();
  const tell = (fact: CallFact, atMs = 0) => many.tell(callSid, fact, atMs);
  for (let index = 0; index <= number; index++) {
    const isCut = index % 3 === 2;
    // Told again and again while it grows, and counted once.
    tell(answer(index, 300 + 170 * number + 90 * index, false));
    tell(answer(index, 300 + 170 * number + 90 * index, isCut));
    if (isCut) tell({ kind: 'interrupted', unheardMs: 400 });
    const toolCall = { id: `t${index}`, name: 'findOrder', kind: 'http', input: {}, output: {}, startMs: 1 } as const;
    tell({ kind: 'toolChanged', toolCall: { ...toolCall, durationMs: 0, outcome: 'running' } });
    const outcome = index % 4 === 1 ? 'failed' : 'answered';
    tell({ kind: 'toolChanged', toolCall: { ...toolCall, durationMs: 250, outcome } });
    const stream = { modelId: 'amazon.nova-2-sonic-v1:0', region: 'us-east-1', openedMs: 0, closedMs: 1 };
    const closed = index === number ? 'ended' : 'renewed';
    tell({ kind: 'streamChanged', index, stream: { ...stream, closed } });
  }
  tell({ kind: 'audioCounted', audio: { deadAirMs: 4500 * number, filledMs: 0, droppedMs: 0, clears: 0 } });
  tell({ kind: 'ended', endReason: number % 2 === 0 ? 'caller-hung-up' : 'agent-hung-up' }, 60_000);
}

async function text(path: string): Promise<string> {
  const answered = await fetch(many.url + path, { headers: { Authorization: `Bearer ${many.adminToken}` } });
  expect(answered.status).toBe(200);
  return answered.text();
}

/** The sum over the series of that name whose labels have all of these. */
function sumOf(metrics: string, name: string, labels = ''): number {
  return metrics
    .split('\n')
    .filter((line) => new RegExp(`^${name}[{ ]`).test(line) && line.includes(labels))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** Between what a percentile of all gaps must lie, in ms: the limits of the buckets of the two gaps that it lies between. */
function gapLimits(metrics: string, share: number): [number, number] {
  const buckets = [...metrics.matchAll(/^oratio_response_gap_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm)].map(
    ([, le, count]) => ({ ms: le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le) * 1000, count: Number(count) }),
  );
  const rank = share * (buckets.at(-1)!.count - 1) + 1;
  const bucketOf = (nth: number) => buckets.findIndex(({ count }) => count >= nth);
  return [buckets[bucketOf(Math.floor(rank)) - 1]?.ms ?? 0, buckets[bucketOf(Math.ceil(rank))]!.ms];
}

describe('the figures of Overview', () => {
  it('are those of /metrics, of the same calls on the same bridge', async () => {
    for (let number = 0; number < 8; number++) tellCall(number);
    let total: Overview['total'] | undefined;
    await expect
      .poll(
        async () => {
          total = (JSON.parse(await text('/api/overview')) as Overview).total;
          return Object.values(total.endReasons).reduce((sum, count) => sum + count, 0);
        },
        { timeout: 20_000 },
      )
      .toBe(8);
    const metrics = await text('/metrics');
    const counted = {
      calls: sumOf(metrics, 'oratio_calls_total'),
      endReasons: {
        'caller-hung-up': sumOf(metrics, 'oratio_calls_total', 'end_reason="caller-hung-up"'),
        'agent-hung-up': sumOf(metrics, 'oratio_calls_total', 'end_reason="agent-hung-up"'),
      },
      answers: sumOf(metrics, 'oratio_response_gap_seconds_count'),
      interruptions: sumOf(metrics, 'oratio_interruptions_total'),
      toolCalls: sumOf(metrics, 'oratio_tool_calls_total'),
      toolFailures: sumOf(metrics, 'oratio_tool_calls_total', 'outcome="failed"'),
      deadAirMs: sumOf(metrics, 'oratio_dead_air_seconds_total') * 1000,
      renewals: sumOf(metrics, 'oratio_model_stream_renewals_total'),
    };

    expect(total).toMatchObject(counted);
    expect(counted).toMatchObject({ calls: 8, answers: 36, renewals: 28, deadAirMs: 126_000 });
    for (const [share, ms] of [
      [0.5, total!.responseGapP50Ms],
      [0.95, total!.responseGapP95Ms],
    ] as const) {
      const [above, upTo] = gapLimits(metrics, share);
      expect(ms).toBeGreaterThan(above);
      expect(ms).toBeLessThanOrEqual(upTo);
    }
  });
});
