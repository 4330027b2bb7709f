import { once } from 'node:events';
import websocket from '@fastify/websocket';
import { expect, it, onTestFinished } from 'vitest';
import type { WebSocket } from 'ws';
import type { AdminRoutesOptions } from '../../src/admin/options.js';
import { FakeClock } from '../../src/clock.js';
import { BridgeError } from '../../src/errors.js';
import { liveListening } from '../../src/listening/listening.js';
import { rang } from '../store/opened-store.js';
import { ask, listenTo } from '../wire/listener.js';
import { ADMIN_TOKEN, startApi } from './rig.js';

const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));

/** The API on a socket, and a live call whose time is the test's, as is that of the API. */
async function liveCall(more: Partial<AdminRoutesOptions> = {}) {
  const clock = new FakeClock(Date.now());
  const callClock = new FakeClock(0);
  const listening = liveListening({ clock: callClock });
  const api = await startApi({
    clock,
    more: { listening, ...more },
    extend: (server) => void server.register(websocket, { options: { perMessageDeflate: false } }),
  });
  onTestFinished(() => api.close());
  const base = await api.listen();
  api.opened.tell('CA1', rang({ test: true }));
  api.opened.tell('CA1', { kind: 'answered' });
  const tap = listening.tap({ callSid: 'CA1', startMs: 0 }, { play() {}, mark() {}, clear() {}, close() {} });
  const caller = tap.listen({ hear() {}, event() {} });
  return { api, base, clock, callClock, tap, caller };
}

/** One that an operator listens to: both ends of the socket. */
async function listenedCall() {
  const call = await liveCall();
  const { token, id: tokenId } = await call.api.tokenOf('operator');
  const listener = await listenTo({ base: call.base, adminToken: token }, 'CA1');
  const [served] = call.api.server.websocketServer.clients as Set<WebSocket>;
  return { ...call, tokenId, listener, served: served! };
}

it('a listener who stops to read is sent away; the call goes on for the others', async () => {
  const { base, callClock, tap, caller, listener, served } = await listenedCall();
  const quick = await listenTo({ base, adminToken: ADMIN_TOKEN }, 'CA1');
  listener.socket.pause();
  const second = Uint8Array.from({ length: 8000 }, (_, index) => index % 200);
  let passedMs = 0;
  // What the machine keeps between two sockets is some megabytes.
  while (served.readyState === served.OPEN && passedMs < 6_000_000) {
    callClock.advance(1000);
    caller.hear(second, passedMs);
    tap.phone.play(second);
    passedMs += 1000;
    await turn();
  }
  expect(served.bufferedAmount).toBeLessThan(512 * 1024);
  listener.socket.resume();

  expect(await listener.closed).toEqual({ code: 1013, reason: 'too slow' });
  const heardBefore = quick.sounds.length;
  callClock.advance(2000);
  await quick.when(() => quick.sounds.length > heardBefore);
});

it('a listener whose token is revoked hears nothing more', async () => {
  const { api, clock, callClock, tokenId, listener, served } = await listenedCall();
  const answered = once(served, 'pong');
  clock.advance(15_000);
  await answered;
  await api.api('DELETE', `/api/tokens/${tokenId}`);

  clock.advance(15_000);

  expect(await listener.closed).toMatchObject({ code: 1008 });
  expect(callClock.pendingTimers).toBe(0);
});

it('a listener who is gone without a word is cut off', async () => {
  const { clock, callClock, listener, served } = await listenedCall();
  listener.socket.pause();
  clock.advance(15_000);
  expect(callClock.pendingTimers).toBe(1);

  clock.advance(15_000);
  await once(served, 'close');

  expect(callClock.pendingTimers).toBe(0);
});

it('a server that is closed does not wait for a listener who does not answer', async () => {
  const { api, clock, listener, served } = await listenedCall();
  listener.socket.pause();

  const closed = api.server.close();
  while (served.readyState === served.OPEN) await turn();
  clock.advance(1000);
  await closed;

  expect(served.readyState).toBe(served.CLOSED);
});

it('a listener who closes the socket is forgotten', async () => {
  const { callClock, listener, served } = await listenedCall();

  listener.socket.close(1000);
  await once(served, 'close');

  expect(callClock.pendingTimers).toBe(0);
});

it('nobody listens while it cannot be entered who does', async () => {
  const away = () => Promise.reject(new BridgeError('STORE_UNAVAILABLE', 'The store is away.'));
  const { base, callClock } = await liveCall({ audit: { enter: away, keep: away, list: away } });

  const answer = await ask({ base, adminToken: ADMIN_TOKEN }, 'CA1');

  expect(answer).toMatchObject({ status: 503, body: { code: 'STORE_UNAVAILABLE' } });
  expect(callClock.pendingTimers).toBe(0);
});
