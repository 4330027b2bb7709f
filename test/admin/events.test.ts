import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CallFact } from '../../src/call/events.js';
import { FakeClock } from '../../src/clock.js';
import { callerTurn, rang } from '../store/opened-store.js';
import { readEvents } from './event-reader.js';
import { ADMIN_TOKEN, type Api, startApi } from './rig.js';

const clock = new FakeClock(Date.now());
const USAGE = { input: { speechTokens: 1, textTokens: 0 }, output: { speechTokens: 0, textTokens: 0 } };
const used: CallFact = { kind: 'used', usage: USAGE };

let api: Api;
let base: string;
let callCount = 0;
const open: { close(): void }[] = [];
beforeAll(async () => {
  api = await startApi({ clock });
  base = await api.listen();
});
afterEach(() => {
  for (const stream of open.splice(0)) stream.close();
});
afterAll(() => api.close());

async function read(path: string, lastEventId?: string, token = ADMIN_TOKEN) {
  const stream = await readEvents(`${base}${path}`, {
    authorization: `Bearer ${token}`,
    ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
  });
  open.push(stream);
  return stream;
}

/** A live call whose first facts are kept. */
async function liveCall(more: Parameters<typeof rang>[0] = {}) {
  const callSid = `CA${++callCount}`;
  api.opened.tell(callSid, rang(more));
  api.opened.tell(callSid, { kind: 'answered' });
  await api.store.flush(5000);
  return callSid;
}

const kinds = (events: { kind: string }[]) => events.map(({ kind }) => kind);

describe('the event stream of all calls', () => {
  it('begins with the calls that go on, and tells every fact after that once, with its id and moment', async () => {
    const callSid = await liveCall();
    const over = await liveCall({ test: true });
    api.opened.tell(over, { kind: 'ended', endReason: 'caller-hung-up' });
    await api.store.flush(5000);

    const stream = await read('/api/events');
    const snapshot = await stream.kind('snapshot');
    api.opened.tell(callSid, callerTurn(0, 'Hello'), 500);
    const turn = await stream.kind('turnChanged');

    expect(stream.headers['content-type']).toMatch(/^text\/event-stream/);
    expect(stream.headers['cache-control']).toBe('no-store');
    expect(stream.comments[0]).toBe('retry: 1000');
    const listed = snapshot.data.calls.map((call: { callSid: string }) => call.callSid);
    expect(listed).toContain(callSid);
    expect(listed).not.toContain(over);
    expect(turn.data).toMatchObject({ callSid, kind: 'turnChanged', atMs: 500, turn: { text: 'Hello' } });
    expect(Date.parse(turn.data.wallTime)).toBeGreaterThan(0);
    expect(Number(turn.id)).toBeGreaterThan(Number(snapshot.id));
  });

  it('begins with what each call is at', async () => {
    const quiet = await liveCall();
    const busy = await liveCall();
    const stream = { modelId: 'm', region: 'r', openedMs: 0, closedMs: 900, closed: 'ended' };
    const toolCall = {
      id: 't1',
      name: 'findOrder',
      kind: 'webhook',
      input: {},
      output: {},
      startMs: 700,
      durationMs: 0,
    };
    for (const fact of [
      { kind: 'streamChanged', index: 0, stream },
      { kind: 'streamChanged', index: 1, stream: { ...stream, closedMs: null, closed: null } },
      callerTurn(0, 'Hello'),
      callerTurn(1, 'Where is my "sensitiveChanged"?'),
      { kind: 'toolChanged', toolCall: { ...toolCall, id: 't0', outcome: 'answered' } },
      { kind: 'toolChanged', toolCall: { ...toolCall, outcome: 'running' } },
      { kind: 'sensitiveChanged', active: false },
      { kind: 'sensitiveChanged', active: true },
      callerTurn(0, 'Hello!'),
      used,
    ] satisfies CallFact[])
      api.opened.tell(busy, fact);
    await api.store.flush(5000);

    const snapshot = await (await read('/api/events')).kind('snapshot');
    const nowOf = (wanted: string) =>
      snapshot.data.calls.find(({ callSid }: { callSid: string }) => callSid === wanted).now;

    expect(nowOf(quiet)).toEqual({
      ...{ lastTurn: null, runningTools: [], openStreams: [], hasHadStream: false, isSensitive: false },
    });
    expect(nowOf(busy)).toEqual({
      lastTurn: { role: 'caller', text: 'Where is my "sensitiveChanged"?', startMs: 1000, endMs: 1500 },
      runningTools: [{ id: 't1', name: 'findOrder', startMs: 700 }],
      openStreams: [1],
      hasHadStream: true,
      isSensitive: true,
    });
    api.opened.tell(busy, { kind: 'sensitiveChanged', active: false });
    await api.store.flush(5000);
    const later = await (await read('/api/events')).kind('snapshot');
    const [after] = later.data.calls.filter(({ callSid }: { callSid: string }) => callSid === busy);
    expect(after.now.isSensitive).toBe(false);
  });

  it('goes on behind the last event that the reader has', async () => {
    const callSid = await liveCall();
    const first = await read('/api/events');
    const { id } = await first.kind('snapshot');
    first.close();
    for (let index = 0; index < 5; index++) api.opened.tell(callSid, callerTurn(index, `${index}`));
    await api.store.flush(5000);

    const second = await read('/api/events', id);
    api.opened.tell(callSid, { kind: 'keysEntered', count: 1 });
    await second.kind('keysEntered');

    const missed = second.events.filter(({ data }) => data.callSid === callSid);
    expect(kinds(missed)).toEqual([...Array(5).fill('turnChanged'), 'keysEntered']);
    expect(missed.slice(0, 5).map(({ data }) => data.index)).toEqual([0, 1, 2, 3, 4]);
  });

  it('begins anew for a reader who has missed what is not kept any more', async () => {
    const stream = await read('/api/events', '999999999');
    await stream.kind('snapshot');

    expect(kinds(stream.events)).toEqual(['reset', 'snapshot']);
  });

  it('loses nothing and tells nothing twice, whatever happens while a reader comes', async () => {
    const callSid = await liveCall();
    let isTelling = true;
    let told = 0;
    const telling = (async () => {
      while (isTelling) {
        told++;
        api.opened.tell(callSid, used);
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    })();
    const streams = await Promise.all(Array.from({ length: 5 }, () => read(`/api/calls/${callSid}/events`)));
    await Promise.all(streams.map((stream) => stream.kind('used')));
    isTelling = false;
    await telling;
    api.opened.tell(callSid, { kind: 'keysEntered', count: 1 });

    for (const stream of streams) {
      await stream.kind('keysEntered');
      const [snapshot, ...events] = stream.events;
      const before = snapshot!.data.call.usage.input.speechTokens;
      const after = events.filter(({ kind }) => kind === 'used').length;
      expect(before + after).toBe(told);
      const ids = events.map(({ id }) => Number(id));
      expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    }
  });

  it('hears of calls of other instances', async () => {
    const other = await api.opened.another();
    const stream = await read('/api/events');
    await stream.kind('snapshot');

    other.tell('CAother', rang());

    expect((await stream.kind('rang')).data).toMatchObject({ callSid: 'CAother' });
  });

  it('stays open while nothing happens, and ends with its token', async () => {
    const { token, id } = await api.tokenOf('viewer');
    const stream = await read('/api/events', undefined, token);
    await stream.kind('snapshot');

    clock.advance(15_000);
    await stream.comment('keep-alive');
    await api.api('DELETE', `/api/tokens/${id}`);
    clock.advance(15_000);

    await stream.ended();
    expect(stream.comments.filter((comment) => comment.includes('keep-alive'))).toHaveLength(1);
  });

  it('refuses what is no id', async () => {
    for (const id of ['first', '-1', '1.5', '9'.repeat(30)]) {
      const answer = await api.api('GET', '/api/events', { headers: { 'last-event-id': id } });
      expect([id, answer.status]).toEqual([id, 400]);
    }
  });

  it('gives a slow reader up, and nobody else', async () => {
    const callSid = await liveCall();
    const slow = await read(`/api/calls/${callSid}/events`);
    const quick = await read(`/api/calls/${callSid}/events`);
    await Promise.all([slow.kind('snapshot'), quick.kind('snapshot')]);
    slow.response.pause();
    slow.response.socket.pause();

    const text = 'x'.repeat(100_000);
    for (let index = 0; index < 150; index++) {
      api.opened.tell(callSid, callerTurn(0, `${index} ${text}`));
      if (index % 10 !== 9) continue;
      await api.store.flush(5000);
      // The quick one keeps pace, however busy the machine is; before these came the snapshot.
      await quick.count(index + 2);
    }
    api.opened.tell(callSid, { kind: 'keysEntered', count: 1 });
    await quick.kind('keysEntered');
    slow.response.socket.resume();
    slow.response.resume();
    await slow.ended();

    expect(slow.events.length).toBeLessThan(quick.events.length);
    // It comes back and gets the rest.
    const again = await read(`/api/calls/${callSid}/events`, slow.events.at(-1)!.id);
    await again.kind('keysEntered');
    expect(slow.events.length + again.events.length).toBe(quick.events.length);
  });
});

describe('the event stream of one call', () => {
  it('begins with what is on record, tells of this call only, and ends with it', async () => {
    const callSid = await liveCall({ test: true });
    const other = await liveCall();
    const stream = await read(`/api/calls/${callSid}/events`);
    const snapshot = await stream.kind('snapshot');

    api.opened.tell(other, callerTurn(0, 'Elsewhere'));
    api.opened.tell(callSid, callerTurn(0, 'Goodbye'));
    api.opened.tell(callSid, { kind: 'ended', endReason: 'caller-hung-up' });
    await stream.ended();

    expect(snapshot.data.call).toMatchObject({ callSid, state: 'live', turns: [], cost: null });
    expect(kinds(stream.events)).toEqual(['snapshot', 'turnChanged', 'ended', 'end']);
  });

  it('waits for a call that may come back, and for the recording', async () => {
    const callSid = await liveCall();
    const stream = await read(`/api/calls/${callSid}/events`);
    await stream.kind('snapshot');
    const recording = { channels: 2, rateHz: 8000, durationMs: 1, byteLength: 1, url: '/x' } as const;

    api.opened.tell(callSid, { kind: 'recordingChanged', recording: { ...recording, state: 'recording' } });
    api.opened.tell(callSid, { kind: 'ended', endReason: 'transferred' });
    await stream.kind('ended');
    api.opened.tell(callSid, { kind: 'answered' });
    api.opened.tell(callSid, { kind: 'ended', endReason: 'caller-hung-up' });
    api.opened.tell(callSid, { kind: 'carrierReported', status: 'completed' });
    await stream.kind('carrierReported');
    expect(kinds(stream.events)).not.toContain('end');
    api.opened.tell(callSid, { kind: 'recordingChanged', recording: { ...recording, state: 'ready' } });
    await stream.ended();

    expect(kinds(stream.events).slice(-2)).toEqual(['recordingChanged', 'end']);
  });

  it('ends a minute after the call when the carrier says nothing', async () => {
    const callSid = await liveCall();
    const stream = await read(`/api/calls/${callSid}/events`);
    await stream.kind('snapshot');
    api.opened.tell(callSid, { kind: 'ended', endReason: 'failed' });
    await stream.kind('ended');

    // Moments of facts are those of the store's own clock, which has gone on meanwhile.
    clock.advance(75_000 + Math.max(0, Date.now() - clock.now()));

    await stream.ended();
    expect(kinds(stream.events).at(-1)).toBe('end');
  });

  it('of a call that is over is its record and the end; who has all of it need not come back', async () => {
    const callSid = await liveCall({ test: true });
    api.opened.tell(callSid, { kind: 'ended', endReason: 'failed' });
    await api.store.flush(5000);

    const stream = await read(`/api/calls/${callSid}/events`);
    const snapshot = await stream.kind('snapshot');
    await stream.ended();
    const again = await read(`/api/calls/${callSid}/events`, snapshot.id);

    expect(kinds(stream.events)).toEqual(['snapshot', 'end']);
    expect(again.status).toBe(204);
  });

  it('is there from the first ring, before anything is kept of the call', async () => {
    const callSid = `CA${++callCount}`;
    api.opened.tell(callSid, rang());
    const reading = read(`/api/calls/${callSid}/events`);
    const timer = setInterval(() => clock.advance(100), 10);

    const snapshot = await (await reading).kind('snapshot');
    clearInterval(timer);

    expect(snapshot.data.call).toMatchObject({ callSid, state: 'ringing' });
  });
});

describe('the server', () => {
  it('closes with event streams open', async () => {
    const own = await startApi();
    const url = await own.listen();
    const stream = await readEvents(`${url}/api/events`, { authorization: `Bearer ${ADMIN_TOKEN}` });
    await stream.kind('snapshot');

    await own.close();
    await stream.ended();
  });
});
