import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Bridge, connectedCall, NUMBER, startBridge } from './bridge.js';
import { swiftClock, twoInstances } from './several.js';
import { knows } from './until.js';

/** Reads server-sent events one by one. */
async function openEvents(bridge: Bridge, path: string, lastEventId?: string) {
  const cancel = new AbortController();
  onTestFinished(() => cancel.abort());
  const response = await fetch(`${bridge.base}/api${path}`, {
    signal: cancel.signal,
    headers: { Authorization: `Bearer ${bridge.adminToken}`, ...(lastEventId && { 'Last-Event-ID': lastEventId }) },
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let buffered = '';
  const next = async (): Promise<{ id: string; event: string; data: Record<string, unknown> } | undefined> => {
    for (;;) {
      const end = buffered.indexOf('\n\n');
      if (end >= 0) {
        const block = buffered.slice(0, end);
        buffered = buffered.slice(end + 2);
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
        const event = field('event');
        if (event) return { id: field('id') ?? '', event, data: JSON.parse(field('data') ?? '{}') };
        continue;
      }
      const { done, value } = await reader.read();
      if (done) return undefined;
      buffered += value;
    }
  };
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    next,
    async until(event: string) {
      for (;;) {
        const found = await next();
        if (!found || found.event === event) return found;
      }
    },
    close: () => cancel.abort(),
  };
}

describe('two instances on one database', () => {
  it('know each other’s agents and numbers at once', async () => {
    const [one, other] = await twoInstances();
    const agent = await one.assign();

    await knows(other, `/numbers/${NUMBER}`);
    const { text: twiml } = await other.webhook('/twilio/voice', other.form('CA1'));

    expect(twiml).toContain('<Stream');
    expect((await other.record('CA1')).agentId).toBe(agent.id);
  });

  it('show each other’s live calls as they happen, and go on after a break without a fact lost or told twice', async () => {
    const [one, other] = await twoInstances();
    await one.assign();
    const events = await openEvents(other, '/events');
    expect(events.type).toContain('text/event-stream');
    expect((await events.next())?.event).toBe('snapshot');

    const { socket } = await connectedCall(one, 'CA0001');
    const rang = await events.until('rang');
    events.close();
    await one.fact('CA0001', 'ended');
    const resumed = await openEvents(other, '/events', rang!.id);
    const kinds: string[] = [];
    for (let event = await resumed.next(); event; event = await resumed.next()) {
      kinds.push(event.event);
      if (event.event === 'ended') break;
    }

    expect(rang?.data).toMatchObject({ callSid: 'CA0001', to: NUMBER });
    expect(kinds[0]).toBe('answered');
    expect(kinds.filter((kind) => kind === 'rang' || kind === 'answered' || kind === 'ended')).toEqual([
      'answered',
      'ended',
    ]);
    socket.terminate();
  });

  it('pass on what concerns a call of the other, and say so when that one does not answer', async () => {
    const [one, other] = await twoInstances();
    await one.assign();
    await one.webhook('/twilio/voice', one.form('CA0001'));
    await knows(other, '/calls/CA0001');

    // The carrier cannot be reached here, which only the instance that has the call can find out.
    const passedOn = await other.api('POST', '/calls/CA0001/hangup');
    await one.app.server.close();
    const unreachable = await other.api('POST', '/calls/CA0001/hangup');

    expect(passedOn).toMatchObject({ status: 502, body: { code: 'CARRIER_UNREACHABLE' } });
    expect(unreachable).toMatchObject({ status: 502, body: { code: 'INSTANCE_UNREACHABLE' } });
  });
});

describe('a stream of events', () => {
  it('of one call ends with it', async () => {
    const [one] = await twoInstances({ clock: swiftClock() });
    await one.assign();
    const { socket } = await connectedCall(one, 'CA0001');
    const events = await openEvents(one, '/calls/CA0001/events');

    await one.fact('CA0001', 'ended');
    // Until the carrier says so, the call might come back.
    await one.webhook('/twilio/status', one.form('CA0001', { CallStatus: 'completed' }));

    expect(await events.until('end')).toBeDefined();
    expect(await events.next()).toBeUndefined();
    expect((await openEvents(one, '/calls/CA404/events')).status).toBe(404);
    socket.terminate();
  });
});

describe('the end of a call', () => {
  it('is posted to the webhook of its number, signed', async () => {
    const received: { headers: Record<string, unknown>; body: string }[] = [];
    let arrived = (): void => undefined;
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const receiver = createServer(async (request, response) => {
      received.push({ headers: request.headers, body: await text(request) });
      response.end();
      arrived();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => receiver.once('listening', resolve));
    onTestFinished(() => void receiver.close());
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/ended`;
    const bridge = await startBridge();
    onTestFinished(() => bridge.close());
    const agent = await bridge.assign();
    const { body: number } = await bridge.api('PUT', `/numbers/${NUMBER}`, { agentId: agent.id, webhookUrl: url });

    const { socket } = await connectedCall(bridge, 'CA0001');
    socket.terminate();
    await bridge.fact('CA0001', 'ended');
    // Until the carrier says so, the call might come back.
    await bridge.webhook('/twilio/status', bridge.form('CA0001', { CallStatus: 'completed' }));
    await arrival;

    const [{ headers, body }] = received as [(typeof received)[number]];
    const key = Buffer.from(number.webhookSecret.replace('whsec_', ''), 'base64');
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
    expect(JSON.parse(body)).toEqual((await bridge.api('GET', '/calls/CA0001')).body);
    expect(JSON.parse(body)).toMatchObject({ state: 'ended', carrierStatus: 'completed', to: NUMBER, cost: null });
  });
});
