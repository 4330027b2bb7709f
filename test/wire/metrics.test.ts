import { describe, expect, it, onTestFinished } from 'vitest';
import type { LoopReading } from '../../src/loop-health.js';
import { connectedCall, startBridge } from './bridge.js';

type Options = NonNullable<Parameters<typeof startBridge>[0]>;

async function measuredBridge(options: Options = {}) {
  const bridge = await startBridge(options);
  onTestFinished(() => bridge.close());
  return {
    ...bridge,
    ask: async (authorization: string | undefined) =>
      fetch(`${bridge.base}/metrics`, authorization === undefined ? {} : { headers: { authorization } }),
  };
}

describe('GET /metrics', () => {
  it('is open to the administrator, in the text of Prometheus', async () => {
    const { ask, adminToken, assign, webhook, form, record } = await measuredBridge({
      environment: { MAX_CALLS: '1' },
    });
    await assign({}, { overflow: { say: 'All lines are busy.' } });
    await webhook('/twilio/voice', form('CA80'));
    const { text: refused } = await webhook('/twilio/voice', form('CA81'));
    expect(refused).toContain('<Say>All lines are busy.</Say><Hangup/>');

    const response = await ask(`Bearer ${adminToken}`);
    const text = await response.text();

    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toContain('oratio_calls_active 1\n');
    expect(text).toContain('oratio_calls_refused_total{reason="max-calls"} 1\n');
    expect(text).toContain('oratio_calls_total{direction="inbound",end_reason="fallback"} 1\n');
    expect(text).toContain('oratio_faults_total{code="NO_CAPACITY"} 1\n');
    expect(text).toContain('oratio_store_up 1\n');
    expect(await record('CA81')).toMatchObject({ endReason: 'fallback', faults: { NO_CAPACITY: 1 } });
  });

  it('is closed to everybody else', async () => {
    const { ask } = await measuredBridge();

    for (const authorization of [undefined, 'Bearer wrong', 'Basic YWRtaW4=']) {
      const response = await ask(authorization);
      expect(response.status).toBe(401);
      expect(await response.text()).not.toContain('oratio_');
    }
  });

  it('has a token of its own when one is given', async () => {
    const METRICS_TOKEN = 'metrics-token-of-the-tests';
    const { ask, adminToken } = await measuredBridge({ environment: { METRICS_TOKEN } });

    expect((await ask(`Bearer ${METRICS_TOKEN}`)).status).toBe(200);
    expect((await ask(`Bearer ${adminToken}`)).status).toBe(401);
  });
});

describe('an instance whose event loop is full', () => {
  it('refuses new calls, keeps the live one, and stays ready for its webhooks', async () => {
    let reading: LoopReading = { utilization: 0.1, lagMs: 1 };
    const { assign, base, webhook, form, record, app, adminToken, ask, ...bridge } = await measuredBridge({
      loop: { read: () => reading, close: () => undefined },
    });
    await assign();
    const { socket } = await connectedCall({ assign, base, webhook, form, record, app, adminToken, ...bridge }, 'CA90');
    reading = { utilization: 0.98, lagMs: 90 };
    const ready = async () => (await fetch(`${base}/readyz`)).json();
    while (((await ready()) as { takesCalls: boolean }).takesCalls);

    const { text } = await webhook('/twilio/voice', form('CA91'));

    expect(text).toMatch(/<Say>[^<]+<\/Say><Hangup\/>/);
    expect((await fetch(`${base}/readyz`)).status).toBe(200);
    expect(await record('CA90')).toMatchObject({ state: 'live' });
    expect(await (await ask(`Bearer ${adminToken}`)).text()).toContain(
      'oratio_calls_refused_total{reason="event-loop"} 1\n',
    );
    socket.terminate();
  });
});
