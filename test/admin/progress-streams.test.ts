import Fastify from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { progressStreams } from '../../src/admin/progress-streams.js';
import { FakeClock } from '../../src/clock.js';
import { SOON } from '../knowledge/rig.js';
import { readEvents } from './event-reader.js';

interface State {
  readonly step: number;
}

/** A server with one stream; what `look` answers from the second look on comes from `looks`. */
async function startStream(looks: (() => State | undefined)[]) {
  const clock = new FakeClock();
  const rights = { holds: true };
  let looked = 0;
  const server = Fastify();
  server.decorateRequest('credential', null);
  server.addHook('onRequest', async (request) => {
    const actor = { id: 'tok_1', name: 'a test', role: 'viewer' } as const;
    request.credential = { actor, expiresAtMs: null, stillHolds: () => rights.holds };
  });
  const send = progressStreams(server as never, clock);
  server.get('/', async (request, reply) =>
    send<State>(
      request,
      reply,
      { step: 0 },
      {
        look: async () => looks[looked++]!(),
        isOver: ({ step }) => step === 9,
        everyMs: 1000,
      },
    ),
  );
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close());
  const stream = await readEvents(url, {});
  onTestFinished(() => {
    stream.close();
  });
  await stream.kind('progress');
  return {
    server,
    clock,
    rights,
    stream,
    /** Lets one look come, and waits until it has been made. */
    async look() {
      const before = looked;
      clock.advance(1000);
      await expect.poll(() => looked > before || clock.pendingTimers === 0, SOON).toBe(true);
      await expect.poll(() => clock.pendingTimers, SOON).toBeLessThanOrEqual(1);
    },
    looked: () => looked,
  };
}

const is = (step: number) => () => ({ step });
const fails = () => {
  throw new Error('busy');
};

describe('a stream of progress', () => {
  it('tells each change once, and ends with the last one', async () => {
    const { look, stream, clock } = await startStream([is(0), is(1), is(1), is(9)]);
    for (let i = 0; i < 4; i++) await look();
    await stream.ended();

    expect(stream.events).toEqual([
      { kind: 'progress', data: { step: 0 } },
      { kind: 'progress', data: { step: 1 } },
      { kind: 'progress', data: { step: 9 } },
      { id: 'end', kind: 'end', data: {} },
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends when what it tells of is gone', async () => {
    const { look, stream } = await startStream([() => undefined]);
    await look();

    expect(await stream.kind('end')).toMatchObject({ id: 'end' });
  });

  it('goes on after a look that failed, and is broken off after five in a row', async () => {
    const { look, stream, looked } = await startStream([fails, is(1), fails, fails, fails, fails, fails, is(9)]);
    for (let i = 0; i < 7; i++) await look();
    await stream.ended();

    expect(stream.events.map(({ data }) => data)).toEqual([{ step: 0 }, { step: 1 }]);
    expect(looked()).toBe(7);
  });

  it('shows that it is alive while nothing changes', async () => {
    const { look, stream } = await startStream(Array.from({ length: 15 }, () => is(0)));
    for (let i = 0; i < 15; i++) await look();

    await stream.comment('keep-alive');
    expect(stream.events).toHaveLength(1);
  });

  it('ends without a word when its reader has lost the right to it, goes away, or the server closes', async () => {
    const lost = await startStream([is(9)]);
    lost.rights.holds = false;
    await lost.look();
    await lost.stream.ended();
    expect(lost.stream.events).toHaveLength(1);
    expect(lost.looked()).toBe(0);

    const left = await startStream([]);
    left.stream.close();
    await expect.poll(() => left.clock.pendingTimers, SOON).toBe(0);

    const closed = await startStream([]);
    await closed.server.close();
    await closed.stream.ended();
    expect(closed.clock.pendingTimers).toBe(0);
  });
});
