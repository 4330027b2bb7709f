import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../src/clock.js';
import type { Fault } from '../../../src/emulator/bedrock/faults.js';
import { OpeningFaults } from '../../../src/emulator/bedrock/openings.js';
import { type BedrockEmulator, type BedrockOptions, startBedrock } from '../../../src/emulator/bedrock/server.js';
import { connect } from './place.js';
import { SdkCall } from './sdk-client.js';

let bedrock: BedrockEmulator;

async function start(options: BedrockOptions = {}): Promise<FakeClock> {
  const clock = new FakeClock();
  bedrock = await startBedrock({ clock, ...options });
  return clock;
}

afterEach(() => bedrock.close());

/** The name of the error that an opening ends with; undefined when it went well. */
async function opening(credentials = bedrock.credentials): Promise<string | undefined> {
  const call = new SdkCall(bedrock.url, credentials);
  call.open();
  call.close();
  return (await call.ended).error?.name;
}

/** A stream that stands, and is heard of. */
async function running(credentials = bedrock.credentials) {
  const opened = bedrock.nextSession();
  const call = new SdkCall(bedrock.url, credentials);
  call.open();
  const session = await opened;
  session.fail({ kind: 'unknownEvent' });
  await call.until(({ name }) => name === 'userSpeechEnd');
  return { call, session };
}

describe('openings that fail', () => {
  it('are as many as were ordered, one order after the other', async () => {
    await start();
    bedrock.failNext({ kind: 'http', status: 429 }, 2);
    bedrock.failNext({ kind: 'http', status: 503 });

    const seen = [await opening(), await opening(), await opening(), await opening()];

    expect(seen).toEqual(['ThrottlingException', 'ThrottlingException', 'ServiceUnavailableException', undefined]);
  });

  it('are all of some time, whatever the way', async () => {
    const clock = await start();
    bedrock.failFor({ kind: 'refuse' }, 5000);
    expect([await opening(), await opening()]).toEqual([expect.any(String), expect.any(String)]);
    clock.advance(4999);
    expect(await opening()).toEqual(expect.any(String));
    clock.advance(1);

    expect(await opening()).toBeUndefined();
    expect(bedrock.sessions).toHaveLength(1);
  });

  it('end when the order is taken back', async () => {
    await start();
    const takeBack = bedrock.failNext({ kind: 'http', status: 403 }, Number.POSITIVE_INFINITY);
    expect(await opening()).toBe('AccessDeniedException');
    takeBack();

    expect(await opening()).toBeUndefined();
  });

  it('may never be answered, until the client gives up', async () => {
    await start();
    bedrock.failNext({ kind: 'hang' });
    const call = new SdkCall(bedrock.url, bedrock.credentials);
    call.open();
    while (bedrock.openStreams === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await opening()).toBeUndefined();

    call.abort();
    await call.ended;
    while (bedrock.openStreams > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(call.received).toEqual([]);
    expect(bedrock.sessions).toHaveLength(1);
  });

  it('are never more than were ordered, nor fewer while their time lasts', () => {
    const order = fc.record({
      count: fc.option(fc.integer({ min: 0, max: 4 })),
      untilMs: fc.integer({ min: 0, max: 20 }),
    });
    fc.assert(
      fc.property(fc.array(order, { maxLength: 4 }), fc.array(fc.nat(3), { maxLength: 30 }), (orders, steps) => {
        const faults = new OpeningFaults();
        for (const [at, { count, untilMs }] of orders.entries()) {
          const fault: Fault = { kind: 'http', status: 500 + at };
          if (count === null) faults.failUntil(fault, untilMs);
          else faults.failNext(fault, count);
        }
        const taken: number[] = [];
        let nowMs = 0;
        for (const step of steps) {
          nowMs += step;
          const peeked = faults.peek(nowMs);
          const fault = faults.take(nowMs);
          expect(fault).toBe(peeked);
          if (fault?.kind === 'http') taken.push(fault.status - 500);
        }
        expect(taken).toEqual([...taken].sort());
        for (const [at, { count }] of orders.entries()) {
          if (count !== null) expect(taken.filter((each) => each === at).length).toBeLessThanOrEqual(count);
        }
        const all = orders.reduce((sum, { count }) => sum + (count ?? 0), 0);
        if (orders.every(({ count }) => count !== null)) expect(taken.length).toBe(Math.min(all, steps.length));
      }),
    );
  });
});

describe('a fault of all live streams', () => {
  it('happens to each of them now, and to none that has ended or comes later', async () => {
    await start();
    const [one, two, gone] = [await running(), await running(), await running()];
    gone.call.close();
    await gone.session.closed;

    expect(bedrock.failLive({ kind: 'exception', type: 'internalServerException' })).toBe(2);

    expect((await one.call.ended).error?.name).toBe('InternalServerException');
    expect((await two.call.ended).error?.name).toBe('InternalServerException');
    expect(await gone.session.closed).toBe('sessionEnd');
    expect(await opening()).toBeUndefined();
  });
});

describe('a quota', () => {
  it('can be set while streams are open, which stay', async () => {
    await start();
    const { call, session } = await running();
    bedrock.setQuota(1);
    expect(await opening()).toBe('ThrottlingException');
    expect(session.endedBy).toBeUndefined();
    bedrock.setQuota(undefined);

    expect(await opening()).toBeUndefined();
    call.close();
    await call.ended;
  });
});

describe('limits', () => {
  it('can be set for the streams that are opened from then on', async () => {
    const clock = await start();
    const early = await running();
    bedrock.setLimits({ sessionMs: 10_000 });
    const late = await running();

    clock.advance(10_000);

    expect((await late.call.ended).error?.name).toBe('ModelTimeoutException');
    expect(late.session.endedBy).toBe('sessionLimit');
    expect(early.session.endedBy).toBeUndefined();
    early.call.close();
    await early.call.ended;
  });
});

describe('credentials that expire', () => {
  it('end the streams that were opened with them, and open no more', async () => {
    const clock = await start({ credentialsExpireAtMs: 30_000 + new FakeClock().now() });
    const { call, session } = await running();
    clock.advance(29_999);
    expect(session.endedBy).toBeUndefined();

    clock.advance(1);

    expect((await call.ended).error?.name).toBe('ExpiredTokenException');
    expect(await session.closed).toBe('credentials');
    expect(await opening()).toBe('ExpiredTokenException');
    expect(clock.pendingTimers).toBe(0);
  });

  it('are not those that were issued since, with which streams live on', async () => {
    const clock = await start({ credentialsExpireAtMs: 1000 + new FakeClock().now() });
    const renewed = { accessKeyId: 'ASIARENEWED', secretAccessKey: 'another', sessionToken: 'token' };
    expect(await opening(renewed)).toBe('UnrecognizedClientException');
    bedrock.issue(renewed);
    const { call, session } = await running(renewed);

    clock.advance(50_000);

    expect(session.endedBy).toBeUndefined();
    expect(await opening(renewed)).toBeUndefined();
    call.close();
    await call.ended;
  });
});

describe('a region', () => {
  it('goes away with all that is open, and comes back at its address', async () => {
    await start();
    const { url } = bedrock;
    const [one, two] = [await running(), await running()];

    await bedrock.disappear();
    await bedrock.disappear();

    await one.call.ended;
    await two.call.ended;
    expect([one, two].map(({ session }) => session.endedBy)).toEqual(['fault', 'fault']);
    expect(bedrock.openStreams).toBe(0);
    expect(await opening()).toEqual(expect.any(String));

    await bedrock.reappear();
    await bedrock.reappear();
    expect(bedrock.url).toBe(url);
    expect(await opening()).toBeUndefined();
  });

  it('can be closed while it is away', async () => {
    const place = await connect();
    bedrock = place.bedrock;
    await bedrock.disappear();
    await bedrock.close();

    await place.call.ended;
    expect(place.clock.pendingTimers).toBe(0);
  });
});

describe('a stalled stream', () => {
  it('takes audio and says nothing, until its time is up', async () => {
    const clock = await start({ limits: { sessionMs: 20_000 }, endpointingMs: 500 });
    const { call, session } = await running();
    const heard = new Promise<void>((resolve) => session.listen(({ kind }) => kind === 'utteranceEnded' && resolve()));
    expect(bedrock.failLive({ kind: 'stall' })).toBe(1);
    call.speech('goforward.wav');
    await heard;
    clock.advance(19_999);
    expect(call.received.map(({ name }) => name)).toEqual(['userSpeechEnd']);
    expect(session.endedBy).toBeUndefined();
    clock.advance(1);

    expect((await call.ended).error?.name).toBe('ModelTimeoutException');
  });
});
