import { describe, expect, it } from 'vitest';
import { WaitStatistics } from '../../src/tools/waits.js';

describe('waits', () => {
  it('are unknown before the first run', () => {
    expect(new WaitStatistics().waitOf('agent-1', 'orders')).toBeUndefined();
  });

  it('are given as waits that really happened', () => {
    const waits = new WaitStatistics();
    for (let ms = 100; ms >= 1; ms--) waits.add('agent-1', 'orders', ms);

    expect(waits.waitOf('agent-1', 'ORDERS')).toEqual({ count: 100, p50Ms: 50, p95Ms: 95 });
  });

  it('count the last two hundred runs of each tool of each agent', () => {
    const waits = new WaitStatistics();
    for (let run = 0; run < 200; run++) waits.add('agent-1', 'orders', 9000);
    for (let run = 0; run < 200; run++) waits.add('agent-1', 'orders', 20);
    waits.add('agent-2', 'orders', 5);

    expect(waits.waitOf('agent-1', 'orders')).toEqual({ count: 200, p50Ms: 20, p95Ms: 20 });
    expect(waits.waitOf('agent-2', 'orders')).toEqual({ count: 1, p50Ms: 5, p95Ms: 5 });
  });
});
