import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CallFact } from '../../src/call/events.js';
import { CallSpans } from '../../src/telemetry/call-spans.js';
import type { NewSpan, OpenSpan } from '../../src/telemetry/span.js';
import { agentTurn, CALL_SID, callerTurn, RANG, STREAM, TOOL } from './rig.js';

interface WrittenSpan extends NewSpan {
  parent: WrittenSpan | undefined;
  ends: number[];
}

/** Spans that are only written down. */
function writtenSpans() {
  const written: WrittenSpan[] = [];
  const open = (span: NewSpan, parent: WrittenSpan | undefined): OpenSpan => {
    const one: WrittenSpan = { ...span, parent, ends: [] };
    written.push(one);
    return {
      trace: { traceparent: `00-${String(written.length)}` },
      open: (child) => open(child, one),
      set: () => undefined,
      note: () => undefined,
      fail: () => undefined,
      end: (atMs) => one.ends.push(atMs),
    };
  };
  return { written, spans: { open: (span: NewSpan) => open(span, undefined) } };
}

const index = fc.integer({ min: 0, max: 3 });
const ms = fc.integer({ min: 0, max: 10_000 });
const usage = { input: { speechTokens: 1, textTokens: 1 }, output: { speechTokens: 1, textTokens: 1 } };

const fact: fc.Arbitrary<CallFact> = fc.oneof(
  fc.constant(RANG),
  fc.constant<CallFact>({ kind: 'answered' }),
  fc.record({ index, startMs: ms, endMs: ms }).map<CallFact>(({ index, startMs, endMs }) => ({
    kind: 'turnChanged',
    index,
    turn: index % 2 ? agentTurn({ startMs, endMs }) : callerTurn({ startMs, endMs }),
  })),
  fc
    .record({ index, outcome: fc.constantFrom('running', 'answered', 'failed', 'aborted'), startMs: ms })
    .map<CallFact>(({ index, outcome, startMs }) => ({
      kind: 'toolChanged',
      toolCall: { ...TOOL, id: `tool-${index}`, outcome, startMs, durationMs: outcome === 'running' ? 0 : 100 },
    })),
  fc.record({ index, isClosed: fc.boolean() }).map<CallFact>(({ index, isClosed }) => ({
    kind: 'streamChanged',
    index,
    stream: isClosed ? { ...STREAM, closedMs: 500, closed: 'ended' } : STREAM,
  })),
  fc.constant<CallFact>({ kind: 'used', usage }),
  fc.constant<CallFact>({ kind: 'interrupted', unheardMs: 1 }),
  fc.constant<CallFact>({ kind: 'ended', endReason: 'failed' }),
);

it('whatever a call tells in whatever order, each of its spans ends once and belongs to it', () => {
  fc.assert(
    fc.property(fc.array(fact, { maxLength: 60 }), (facts) => {
      const { written, spans } = writtenSpans();
      const calls = new CallSpans(spans);

      [...facts, { kind: 'ended', endReason: 'failed' } as const].forEach((each, i) => {
        calls.listener({ callSid: CALL_SID, atMs: i, ...each }, 1_000_000 + i);
      });

      expect(written.filter((span) => span.ends.length !== 1)).toEqual([]);
      for (const { name, parent, ends, startMs } of written) {
        if (name !== 'call') expect(parent?.name).toBe('call');
        if (name.endsWith(' turn')) expect(ends[0]).toBeGreaterThanOrEqual(startMs);
      }
      for (const id of ['tool-0', 'tool-1', 'tool-2', 'tool-3']) expect(calls.traceFor(CALL_SID, id)).toBeUndefined();
    }),
  );
});

it('remembers a thousand calls that ended, and no more', () => {
  const { written, spans } = writtenSpans();
  const calls = new CallSpans(spans);
  const tell = (callSid: string, each: CallFact) => calls.listener({ callSid, atMs: 0, ...each }, 1_000_000);
  for (let i = 0; i < 1001; i++) {
    tell(`CA${i}`, RANG);
    tell(`CA${i}`, { kind: 'ended', endReason: 'caller-hung-up' });
  }

  tell('CA0', { kind: 'answered' });
  tell('CA1', { kind: 'answered' });

  expect(written.slice(-2).map((span) => span.parent)).toEqual([undefined, written[1]]);
});
