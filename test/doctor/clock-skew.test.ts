import { createServer as createHttp, type Server } from 'node:http';
import { createServer as createHttp2, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { scaledClock } from '../../src/clock.js';
import { awsClockCheck, judgeSkew, twilioClockCheck } from '../../src/doctor/clock-skew.js';
import { findingOf, installation } from './rig.js';

const AT = Date.UTC(2026, 10, 25, 12, 0, 0);
const date = (ms: number) => new Date(ms).toUTCString();

describe('the difference of clocks', () => {
  it.each([
    [0, 'ok'],
    [4000, 'ok'],
    [-4000, 'ok'],
    [7000, 'warning'],
    [-7000, 'warning'],
    [299_000, 'warning'],
    [301_000, 'failed'],
    [-302_000, 'failed'],
  ] as const)('of %d ms is %s', (aheadMs, state) => {
    const reading = { date: date(AT), sentMs: AT + 500 + aheadMs - 40, receivedMs: AT + 500 + aheadMs + 40 };

    expect(judgeSkew('host', reading).state).toBe(state);
  });

  it('is told with its direction, and what AWS makes of it', () => {
    const ahead = judgeSkew('host', { date: date(AT), sentMs: AT + 600_000, receivedMs: AT + 600_000 });
    const behind = judgeSkew('host', { date: date(AT), sentMs: AT - 60_000, receivedMs: AT - 60_000 });

    expect(ahead).toMatchObject({ says: expect.stringMatching(/^this machine is \d+ s ahead of host$/) });
    expect(ahead.advice).toContain('AWS refuses every signature');
    expect(behind.says).toContain('behind host');
  });

  it('is unknown without a date', () => {
    expect(judgeSkew('host', { date: undefined, sentMs: AT, receivedMs: AT }).state).toBe('skipped');
    expect(judgeSkew('host', { date: 'yesterday', sentMs: AT, receivedMs: AT }).state).toBe('skipped');
  });
});

describe('the clocks of', () => {
  const servers: (Server | Http2Server)[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });
  const listening = async (server: Server | Http2Server) => {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const bedrockAt = (skewMs: number) =>
    listening(
      createHttp2((_request, response) => {
        response.writeHead(404, { date: date(Date.now() + skewMs) }).end();
      }),
    );
  const twilioAt = (skewMs: number) =>
    listening(
      createHttp((_request, response) => {
        response.writeHead(401, { date: date(Date.now() + skewMs) }).end();
      }),
    );

  it('AWS and Twilio are read from any answer of theirs', async () => {
    const [bedrock, twilio] = [await bedrockAt(0), await twilioAt(0)];

    const aws = await findingOf(awsClockCheck(installation({}, { bedrock: { endpoint: bedrock } })));
    const carrier = await findingOf(twilioClockCheck(installation({ TWILIO_API_URL: twilio })));

    expect([aws.state, carrier.state]).toEqual(['ok', 'ok']);
  });

  it('AWS and Twilio may differ from ours', async () => {
    const [bedrock, twilio] = [await bedrockAt(-600_000), await twilioAt(60_000)];

    const aws = await findingOf(awsClockCheck(installation({}, { bedrock: { endpoint: bedrock } })));
    const carrier = await findingOf(twilioClockCheck(installation({ TWILIO_API_URL: twilio })));

    expect(aws).toMatchObject({ state: 'failed', says: expect.stringContaining('ahead of') });
    expect(carrier).toMatchObject({ state: 'warning', says: expect.stringContaining('behind') });
  });

  it('hosts that cannot be asked are left to the checks that need them', async () => {
    const finding = await findingOf(awsClockCheck(installation({}, { bedrock: { endpoint: 'http://127.0.0.1:9' } })));

    expect(finding.state).toBe('skipped');
    expect(finding.says).toContain('the check of the voice model says more');
  });

  it('hosts that say nothing are given up before the check itself is', async () => {
    const silent = await listening(createHttp(() => undefined));
    const place = installation({ TWILIO_API_URL: silent }, { clock: scaledClock(50) });

    expect((await findingOf(twilioClockCheck(place))).state).toBe('skipped');
  });
});
