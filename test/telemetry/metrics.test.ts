import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CallFact } from '../../src/call/events.js';
import { LiveRecords } from '../../src/call/live-records.js';
import type { VoiceLoss } from '../../src/call/ports.js';
import { FakeClock } from '../../src/clock.js';
import { createMetrics, type MetricsSources } from '../../src/telemetry/metrics.js';
import { agentTurn, callerTurn, STREAM, TOOL } from './rig.js';

const RANG = {
  kind: 'rang',
  direction: 'inbound',
  from: '+14155550101',
  to: '+14155550102',
  agentId: 'agent_1',
  agentVersion: 3,
  variables: {},
  test: false,
} as const satisfies CallFact;

/** Metrics of calls that are told fact by fact; `value` reads one of their samples. */
function measured(more: Partial<MetricsSources> = {}) {
  const records = new LiveRecords();
  const metrics = createMetrics({
    recordOf: (callSid) => records.peek(callSid),
    activeCalls: () => 0,
    takesCalls: () => true,
    openStreams: () => new Map(),
    store: () => ({ isUp: true, queuedWrites: 0, droppedWrites: 0 }),
    recordings: () => ({ pendingFiles: 0, isAway: false, isDiskAway: false, failedRecordings: 0, lostBytes: 0 }),
    boxes: () => ({ isAway: false, failedBoxes: 0 }),
    loop: () => undefined,
    dataDir: tmpdir(),
    ofProcess: false,
    clock: new FakeClock(),
    ...more,
  });
  let atMs = 0;
  const samples = async () => {
    const lines = (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
    );
  };
  return {
    metrics,
    samples,
    tell(callSid: string, ...facts: CallFact[]) {
      for (const fact of facts) {
        const event = { callSid, atMs: atMs++, ...fact };
        records.listener(event, atMs);
        metrics.listener(event, atMs);
      }
    },
    value: async (sample: string) => (await samples()).get(sample),
  };
}

const answeredCall: readonly CallFact[] = [RANG, { kind: 'answered' }];
const ended: CallFact = { kind: 'ended', endReason: 'caller-hung-up' };

describe('metrics of calls', () => {
  it('count ended calls by direction and reason', async () => {
    const { tell, value } = measured();
    tell('CA1', ...answeredCall, ended);
    tell('CA2', { ...RANG, direction: 'outbound' }, { kind: 'ended', endReason: 'rejected' });
    tell('CA3', ...answeredCall, ended);

    expect(await value('oratio_calls_total{direction="inbound",end_reason="caller-hung-up"}')).toBe(2);
    expect(await value('oratio_calls_total{direction="outbound",end_reason="rejected"}')).toBe(1);
  });

  it('count each response gap once, however often its turn is told', async () => {
    const { tell, samples } = measured();
    const gap = { responseGapMs: 1400, responseGapFromTurnEndMs: 400 };
    tell(
      'CA1',
      ...answeredCall,
      { kind: 'turnChanged', index: 0, turn: callerTurn() },
      { kind: 'turnChanged', index: 1, turn: agentTurn() },
      { kind: 'turnChanged', index: 1, turn: agentTurn(gap) },
      { kind: 'turnChanged', index: 1, turn: agentTurn({ ...gap, heardMs: 1000 }) },
      { kind: 'turnChanged', index: 3, turn: agentTurn({ ...gap, responseGapMs: 2600 }) },
    );
    const told = await samples();

    expect(told.get('oratio_response_gap_seconds_count')).toBe(2);
    expect(told.get('oratio_response_gap_seconds_sum')).toBeCloseTo(4);
    expect(told.get('oratio_response_gap_seconds_bucket{le="1.5"}')).toBe(1);
  });

  it('count a tool call once, when it is over, by kind and outcome', async () => {
    const { tell, samples } = measured();
    tell(
      'CA1',
      ...answeredCall,
      { kind: 'toolChanged', toolCall: TOOL },
      { kind: 'toolChanged', toolCall: { ...TOOL, outcome: 'answered', durationMs: 300 } },
      { kind: 'toolChanged', toolCall: { ...TOOL, outcome: 'answered', durationMs: 300 } },
      { kind: 'toolChanged', toolCall: { ...TOOL, id: 'tool-use-2' } },
      { kind: 'toolChanged', toolCall: { ...TOOL, id: 'tool-use-2', outcome: 'failed', durationMs: 8000 } },
    );
    const told = await samples();

    expect(told.get('oratio_tool_calls_total{kind="agentcore",outcome="answered"}')).toBe(1);
    expect(told.get('oratio_tool_calls_total{kind="agentcore",outcome="failed"}')).toBe(1);
    expect(told.get('oratio_tool_duration_seconds_sum{kind="agentcore"}')).toBeCloseTo(8.3);
  });

  it('tell lost streams from renewed ones and from those that ended with the call', async () => {
    const { tell, samples } = measured();
    const closed = (index: number, word: string, loss?: VoiceLoss): CallFact => ({
      kind: 'streamChanged',
      index,
      stream: { ...STREAM, closedMs: 9000, closed: word },
      ...(loss && { loss }),
    });
    const words = 'ThrottlingException: Too many requests, 17';
    tell('CA1', ...answeredCall, { kind: 'streamChanged', index: 0, stream: STREAM });
    tell('CA1', closed(0, 'renewed'), closed(1, words, 'throttled'), closed(2, 'instance-lost'), closed(3, 'ended'));
    const told = await samples();

    expect(told.get('oratio_model_stream_renewals_total')).toBe(1);
    expect(told.get('oratio_model_stream_losses_total{cause="throttled"}')).toBe(1);
    expect(told.get('oratio_model_stream_losses_total{cause="other"}')).toBe(1);
    expect(told.get('oratio_model_stream_losses_total{cause="ended"}')).toBe(0);
  });

  it('count interruptions, dead air, faults and calls that come back', async () => {
    const { tell, samples } = measured();
    tell(
      'CA1',
      ...answeredCall,
      { kind: 'interrupted', unheardMs: 300 },
      { kind: 'audioCounted', audio: { deadAirMs: 4500, filledMs: 0, droppedMs: 0, clears: 1 } },
      { kind: 'faulted', code: 'TWILIO_FRAME_INVALID', count: 1 },
      { kind: 'faulted', code: 'TWILIO_FRAME_INVALID', count: 4 },
      ended,
      { kind: 'connectedAgain', why: 'line-interrupted' },
    );
    const told = await samples();

    expect(told.get('oratio_interruptions_total')).toBe(1);
    expect(told.get('oratio_dead_air_seconds_total')).toBe(4.5);
    expect(told.get('oratio_faults_total{code="TWILIO_FRAME_INVALID"}')).toBe(5);
    expect(told.get('oratio_call_reconnections_total{why="line-interrupted"}')).toBe(1);
  });

  it('have every reason for refusing a call from the start, so that the first refusal is seen', async () => {
    const { metrics, samples } = measured();
    const reasons = ['draining', 'max-calls', 'model-sessions', 'model-throttled', 'event-loop'];
    const refusals = async () => {
      const told = await samples();
      return reasons.map((reason) => told.get(`oratio_calls_refused_total{reason="${reason}"}`));
    };
    expect(await refusals()).toEqual([0, 0, 0, 0, 0]);

    metrics.refused('event-loop');

    expect(await refusals()).toEqual([0, 0, 0, 0, 1]);
  });

  it('hold nothing of whom a call was with, and no more series after a thousand calls than after one', async () => {
    const { metrics, tell } = measured();
    const tellAll = (callSid: string, index: number) =>
      tell(
        callSid,
        { ...RANG, from: `+1415555${String(index).padStart(4, '0')}`, agentId: `agent_${index}` },
        { kind: 'answered' },
        { kind: 'streamChanged', index: 0, stream: { ...STREAM, closedMs: 1, closed: `lost ${index}` } },
        { kind: 'turnChanged', index: 1, turn: agentTurn({ responseGapMs: 1000 + index }) },
        { kind: 'toolChanged', toolCall: { ...TOOL, id: callSid, name: `tool-${index}` } },
        { kind: 'toolChanged', toolCall: { ...TOOL, id: callSid, name: `tool-${index}`, outcome: 'answered' } },
        ended,
      );
    tellAll('CA0', 0);
    const linesBefore = (await metrics.text()).split('\n').length;

    for (let index = 1; index < 1000; index++) tellAll(`CA${index}`, index);

    const text = await metrics.text();
    expect(text.split('\n').length).toBe(linesBefore);
    for (const word of ['CA1', '+1415', 'agent_', 'tool-', 'Good day']) expect(text).not.toContain(word);
  });
});

describe('metrics of the instance', () => {
  it('are read when they are asked for', async () => {
    let calls = 3;
    const { samples } = measured({
      activeCalls: () => calls,
      takesCalls: () => calls < 4,
      openStreams: () => new Map([['us-east-1', calls]]),
      store: () => ({ isUp: false, queuedWrites: 17, droppedWrites: 5 }),
      recordings: () => ({ pendingFiles: 2, isAway: true, isDiskAway: false, failedRecordings: 1, lostBytes: 640 }),
      boxes: () => ({ isAway: true, failedBoxes: 3 }),
      loop: () => ({ utilization: 0.25, lagMs: 3, calls: 3, isStrained: false }),
      askingCoreShare: () => 0.125,
    });
    const before = await samples();
    calls = 4;
    const after = await samples();

    expect([before.get('oratio_calls_active'), after.get('oratio_calls_active')]).toEqual([3, 4]);
    expect([before.get('oratio_takes_calls'), after.get('oratio_takes_calls')]).toEqual([1, 0]);
    expect(after.get('oratio_model_streams_active{region="us-east-1"}')).toBe(4);
    expect([after.get('oratio_store_up'), after.get('oratio_store_queued_writes')]).toEqual([0, 17]);
    // Counted elsewhere, and read twice: not added up.
    expect(after.get('oratio_store_dropped_writes_total')).toBe(5);
    expect(after.get('oratio_recordings_pending')).toBe(2);
    expect([after.get('oratio_recordings_up'), after.get('oratio_recordings_disk_up')]).toEqual([0, 1]);
    expect(after.get('oratio_recordings_failed_total')).toBe(1);
    expect(after.get('oratio_recordings_lost_bytes_total')).toBe(640);
    expect([after.get('oratio_black_boxes_up'), after.get('oratio_black_boxes_failed_total')]).toEqual([0, 3]);
    expect(after.get('oratio_event_loop_utilization')).toBe(0.25);
    expect(after.get('oratio_event_loop_lag_seconds')).toBe(0.003);
    expect(after.get('oratio_asking_core_share')).toBe(0.125);
  });

  it('say how much room is left for data, and none when the place is gone', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'oratio-'));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
    const { value } = measured({ dataDir });
    expect(await value('oratio_data_dir_free_bytes')).toBeGreaterThan(0);

    await rm(dataDir, { recursive: true });

    expect(await value('oratio_data_dir_free_bytes')).toBe(0);
  });
});
