import { describe, expect, it } from 'vitest';
import { AGENTCORE, beltWith, CALL_SID } from './rig.js';

const CALLS = 40;
const RUNS = 25;

describe('the belt under load', () => {
  it('takes far less than ten milliseconds of a run, with forty calls at once', async () => {
    const orders = Array.from({ length: 100 }, (_, id) => ({ id, status: 'shipped', note: 'left at the door' }));
    const text = JSON.stringify(orders);
    const inputSchema = {
      type: 'object',
      properties: { prompt: { type: 'string', minLength: 1 }, limit: { type: 'integer' } },
      required: ['prompt'],
    };
    const ports = { agentRuntimes: { ask: async () => ({ text, notes: [] }) } };
    const { run } = beltWith(ports, { ...AGENTCORE, inputSchema });
    const signals = Array.from({ length: CALLS }, () => new AbortController().signal);
    const ask = (signal: AbortSignal, call: number) =>
      run('orders', { prompt: 'Where?', limit: 3 }, { callSid: `${CALL_SID}${call}`, signal, callOver: signal });
    await ask(signals[0]!, 0);

    const startedAt = process.cpuUsage();
    for (let round = 0; round < RUNS; round++) {
      await Promise.all(signals.map(ask));
    }
    const { user, system } = process.cpuUsage(startedAt);

    expect((user + system) / 1000 / (CALLS * RUNS)).toBeLessThan(2);
  });
});
