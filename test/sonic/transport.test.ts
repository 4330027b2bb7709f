import { constants } from 'node:http2';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import { Backlog } from '../../src/sonic/backlog.js';
import { INACTIVITY_LIMIT_MS, type TransportOptions } from '../../src/sonic/bedrock-client.js';
import { createLeanTransport } from '../../src/sonic/lean.js';
import { failureOf } from '../../src/sonic/outcome.js';
import type { ModelStream } from '../../src/sonic/stream.js';
import { KEYS, ModelServer, type ServedStream } from './h2-server.js';
import { Recorder } from './recorder.js';

const MODEL_ID = 'amazon.nova-2-sonic-v1:0';
const EVENT = '{"event":{"sessionEnd":{}}}';
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('lean transport', () => {
  let server: ModelServer;
  let clock: FakeClock;

  beforeEach(async () => {
    server = await ModelServer.listen((accessKeyId) => `secret of ${accessKeyId}`);
    clock = new FakeClock();
  });

  afterEach(() => server.close());

  const open = async (options: Partial<TransportOptions> = {}) => {
    const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret of AKIDEXAMPLE' };
    const transport = createLeanTransport({
      region: 'us-east-1',
      credentials,
      endpoint: server.url,
      clock,
      ...options,
    });
    const seen = new Recorder();
    const stream: ModelStream = transport.open({ modelId: MODEL_ID, maxBacklogMs: 1000 }, seen);
    const served: ServedStream = await server.streams.next();
    served.respond();
    await seen.whenOpened;
    return { transport, stream, seen, served };
  };

  it('signs frames with the credentials of their own request while these are rotated', async () => {
    let count = 0;
    const credentials = async () => {
      const accessKeyId = `AKID${count++}`;
      // Expired at once, so that the SDK asks again for every use.
      return { accessKeyId, secretAccessKey: `secret of ${accessKeyId}`, expiration: new Date(0) };
    };
    for (let round = 0; round < 3; round++) {
      const { stream, seen, served } = await open({ credentials });
      stream.send(EVENT);
      await served.frames.next();
      stream.abort();
      await seen.whenClosed;

      expect(served.isRequestSigned).toBe(true);
      expect(served.areFramesSigned).toBe(true);
      // Nothing asks again after the signing: a provider that fails then cannot do any harm.
      expect(served.headers.authorization).toContain(`AKID${count - 1}/`);
    }
    expect(count).toBeGreaterThan(3);
  });

  it('gives up a connection without traffic after five minutes', async () => {
    const { seen } = await open();
    clock.advance(INACTIVITY_LIMIT_MS);

    expect(await seen.whenClosed).toMatchObject({ kind: 'failed', name: 'ConnectionLost', message: /no traffic/ });
    await server.released();
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not take a connection with traffic for inactive', async () => {
    const { stream, seen, served } = await open();
    clock.advance(INACTIVITY_LIMIT_MS - 1);
    stream.send(EVENT);
    clock.advance(INACTIVITY_LIMIT_MS - 1);
    served.event({ event: {} });
    await seen.events.next();
    clock.advance(INACTIVITY_LIMIT_MS - 1);
    await turn();
    expect(seen.closedCount).toBe(0);
    clock.advance(1);

    expect(await seen.whenClosed).toMatchObject({ kind: 'failed', name: 'ConnectionLost' });
  });

  it('tells the code of a reset, also when it follows the last event at once', async () => {
    const { seen, served } = await open();
    served.event({ event: {} });
    served.reset(constants.NGHTTP2_ENHANCE_YOUR_CALM);

    const outcome = await seen.whenClosed;

    expect(outcome).toMatchObject({ kind: 'failed', name: 'ConnectionLost', message: /code 11/ });
  });

  it('has ended when the service closes the connection right after END_STREAM', async () => {
    const { seen, served } = await open();
    served.event({ event: {} });
    served.finishAndClose();

    expect(await seen.whenClosed).toEqual({ kind: 'ended' });
  });

  it('is lost by a GOAWAY with an error', async () => {
    const { seen, served } = await open();
    served.goaway(constants.NGHTTP2_INTERNAL_ERROR);

    expect(await seen.whenClosed).toMatchObject({ kind: 'failed', name: 'ConnectionLost' });
  });

  it('is lost by a frame of impossible length, at its prelude', async () => {
    const { seen, served } = await open();
    served.write(Buffer.from('01000001000000005e9c2a8a', 'hex'));

    expect(await seen.whenClosed).toMatchObject({ kind: 'failed', name: 'ConnectionLost' });
    await server.released();
  });

  it('fails with the status of a refusal whose body is endless', async () => {
    const transport = createLeanTransport({ region: 'us-east-1', credentials: KEYS, endpoint: server.url, clock });
    const seen = new Recorder();
    transport.open({ modelId: MODEL_ID, maxBacklogMs: 1000 }, seen);
    const served = await server.streams.next();
    served.respond(500, { 'content-type': 'text/html' });
    served.write(Buffer.alloc(200_000, 'x'));

    expect(await seen.whenClosed).toMatchObject({ kind: 'failed', httpStatus: 500 });
    expect(seen.openedCount).toBe(0);
    await server.released();
  });

  it('cuts off a service that takes nothing, one second after the abort', async () => {
    const { stream, seen, served } = await open();
    server.stopReading();
    for (let number = 0; number < 40; number++) stream.send(`{"event":"${'x'.repeat(1_000_000)}"}`);
    await turn();
    stream.abort();
    await turn();
    clock.advance(1000);

    expect(await seen.whenClosed).toEqual({ kind: 'aborted' });
    expect(clock.pendingTimers).toBe(0);
    expect(served.areFramesSigned).toBe(true);
  });
});

describe('backlog', () => {
  it('keeps order and every event, and never more audio than its bound', () => {
    const action = fc.oneof(
      fc.record({ kind: fc.constant('event' as const) }),
      fc.record({ kind: fc.constant('audio' as const), durationMs: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ kind: fc.constant('shift' as const) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), fc.integer({ min: 0, max: 200 }), (actions, maxMs) => {
        const backlog = new Backlog<string>(maxMs);
        const out: number[] = [];
        const durations = new Map<number, number>();
        let droppedMs = 0;
        const take = () => {
          const item = backlog.shift();
          if (item) out.push(item.kind === 'event' ? Number(item.json) : Number(item.envelope));
          return item;
        };
        actions.forEach((step, number) => {
          if (step.kind === 'event') backlog.pushEvent(String(number));
          else if (step.kind === 'shift') take();
          else {
            durations.set(number, step.durationMs);
            droppedMs += backlog.pushAudio(String(number), new Uint8Array(2), step.durationMs);
          }
          expect(backlog.audioMs).toBeLessThanOrEqual(maxMs);
        });
        while (take());

        const eventNumbers = actions.flatMap((step, number) => (step.kind === 'event' ? [number] : []));
        const sum = (numbers: number[]) => numbers.reduce((total, number) => total + (durations.get(number) ?? 0), 0);
        expect(out.filter((number) => !durations.has(number))).toEqual(eventNumbers);
        expect(out).toEqual([...out].sort((one, other) => one - other));
        expect(sum(out) + droppedMs).toBe(sum([...durations.keys()]));
        expect(backlog.isEmpty && backlog.audioMs === 0).toBe(true);
      }),
    );
  });

  it('drops the oldest audio first', () => {
    const backlog = new Backlog<number>(40);

    expect([1, 2, 3, 4].map((number) => backlog.pushAudio(number, new Uint8Array(2), 20))).toEqual([0, 0, 20, 20]);
    expect(backlog.shift()).toMatchObject({ envelope: 3 });
  });
});

describe('failure', () => {
  const named = (name: string, message: string, more: object = {}) =>
    Object.assign(new Error(message), { name, ...more });

  it.each([
    ['a typed error', named('ValidationException', 'no'), { name: 'ValidationException', message: 'no' }],
    [
      'a refusal',
      named('ThrottlingException', 'slow', { $metadata: { httpStatusCode: 429 } }),
      { name: 'ThrottlingException', message: 'slow', httpStatus: 429 },
    ],
    [
      'an exception frame with the hint of the SDK',
      named('ModelTimeoutException', 'late\n  Deserialization error: to see', { $metadata: { httpStatusCode: 200 } }),
      { name: 'ModelTimeoutException', message: 'late' },
    ],
    [
      'a fault of the connection',
      named('Error', 'read ECONNRESET'),
      { name: 'ConnectionLost', message: 'read ECONNRESET' },
    ],
    [
      'a refused connection',
      named('AggregateError', '', { code: 'ECONNREFUSED' }),
      { name: 'ConnectionLost', message: 'ECONNREFUSED' },
    ],
    ['what is no error', 'text', { name: 'ConnectionLost', message: 'text' }],
  ])('of %s keeps name, message and status', (_, error, expected) => {
    expect(failureOf(error)).toEqual({ kind: 'failed', ...expected, cause: error });
  });
});
