import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FLUSH_LIMIT_MS } from '../../src/telemetry/traces.js';
import { startCollector } from './collector.js';
import { traced } from './rig.js';

const BATCH = 5;
let collector: Awaited<ReturnType<typeof startCollector>>;

beforeEach(() => {
  vi.stubEnv('OTEL_BSP_MAX_QUEUE_SIZE', '10');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  // Nothing may be asked again when the next test runs.
  collector.recover();
  await collector.close();
});

describe('a collector that hangs', () => {
  beforeEach(async () => {
    collector = await startCollector('hang');
  });

  it('gets what the queue holds when it is back; the rest was dropped', async () => {
    const { short, traces } = await traced(collector.url, BATCH);
    for (let i = 0; i < BATCH; i++) short(`CA${i}`);
    await collector.received(1);

    for (let i = BATCH; i < 1000; i++) short(`CA${i}`);
    collector.recover();
    await traces.close();

    const kept = collector.spans().map(({ attributes }) => attributes['gen_ai.conversation.id']);
    expect(kept).toEqual(Array.from({ length: 15 }, (_, i) => `CA${i}`));
  });

  it('holds up the end of the process for two seconds at most', async () => {
    const { short, traces, clock, logLines } = await traced(collector.url, BATCH);
    short('CA1');

    let isClosed = false;
    const closed = traces.close().then(() => {
      isClosed = true;
    });
    await collector.received(1);
    clock.advance(FLUSH_LIMIT_MS - 1);
    await Promise.resolve();
    const wasClosed = isClosed;
    clock.advance(1);
    await closed;

    expect(FLUSH_LIMIT_MS).toBe(2000);
    expect(wasClosed).toBe(false);
    expect(logLines.map((line) => line.msg)).toEqual(['traces not sent in time are given up']);
  });
});

describe('a collector that takes nothing', () => {
  it('is logged once when it refuses, and once when it takes spans again', async () => {
    collector = await startCollector(400);
    const { short, traces, logLines } = await traced(collector.url, BATCH);
    const batch = (from: number) => {
      for (let i = from; i < from + BATCH; i++) short(`CA${i}`);
    };
    batch(0);
    await collector.received(1);
    batch(5);
    await collector.received(2);
    collector.recover();
    batch(10);
    await traces.close();

    expect(logLines.map((line) => line.msg)).toEqual(['collector takes no traces', 'collector takes traces again']);
    expect(logLines[0]!.reason).toBe('Bad Request');
  });

  it('costs calls nothing when nobody listens there, and the end of the process two seconds', async () => {
    collector = await startCollector();
    await collector.close();
    const { short, traces, clock, logLines } = await traced(collector.url, BATCH);
    for (let i = 0; i < 1000; i++) short(`CA${i}`);

    const closed = traces.close();
    clock.advance(FLUSH_LIMIT_MS);
    await closed;

    expect(logLines.map((line) => line.msg)).toContain('traces not sent in time are given up');
    expect(clock.pendingTimers).toBe(0);
  });
});
