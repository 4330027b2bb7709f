import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROLES } from '../../src/access/actor.js';
import { RecordingPeaks } from '../../src/admin/recording-peaks.js';
import { rang } from '../store/opened-store.js';
import { type Api, startApi } from './rig.js';

type Pair = readonly [caller: number, agent: number];

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

/** What a recording has after its header: pairs of samples, 8 in a ms. */
function samples(pairs: readonly Pair[]): Buffer {
  const bytes = Buffer.alloc(pairs.length * 4);
  for (const [index, [caller, agent]] of pairs.entries()) {
    bytes.writeInt16LE(caller, index * 4);
    bytes.writeInt16LE(agent, index * 4 + 2);
  }
  return bytes;
}

const recording = (pairs: readonly Pair[]) => Buffer.concat([Buffer.alloc(44, 'RIFF'), samples(pairs)]);

/** So many ms in which neither side changes its level. */
const steady = (ms: number, caller: number, agent: number): Pair[] =>
  Array.from({ length: ms * 8 }, () => [caller, agent] as const);

async function call(callSid: string, { isOver = true } = {}): Promise<string> {
  api.opened.tell(callSid, rang());
  api.opened.tell(callSid, { kind: 'answered' });
  if (isOver) api.opened.tell(callSid, { kind: 'ended', endReason: 'caller-hung-up' }, 1000);
  await api.store.flush(5000);
  return `/api/calls/${callSid}/peaks`;
}

describe('the peaks of a recording', () => {
  it('are the loudest sample of each side in each step', async () => {
    const path = await call('CApeaks');
    const quiet = steady(100, 0, -3277);
    const loud = steady(100, -32_768, 0);
    api.sounds.set('CApeaks', recording([...quiet, ...loud, ...quiet, ...steady(100, 16_384, 655)]));

    const { status, body } = await api.api('GET', `${path}?points=4`);

    expect([status, body]).toEqual([
      200,
      { durationMs: 400, rateHz: 8000, caller: [0, 1, 0, 0.5], agent: [0.1, 0, 0.1, 0.02] },
    ]);
  });

  it('are those of a stretch, when one is asked for', async () => {
    const path = await call('CAstretch');
    api.sounds.set('CAstretch', recording([...steady(100, 3277, 0), ...steady(100, 16_384, 0)]));
    const levels = async (query: string) => (await api.api('GET', `${path}?points=2&${query}`)).body;

    expect(await levels('fromMs=50&toMs=150')).toMatchObject({ durationMs: 200, caller: [0.1, 0.5] });
    expect(await levels('fromMs=100')).toMatchObject({ durationMs: 200, caller: [0.5, 0.5] });
    expect(await levels('fromMs=200')).toMatchObject({ durationMs: 200, caller: [], agent: [] });
    expect(await levels('fromMs=5000&toMs=6000')).toMatchObject({ durationMs: 200, caller: [], agent: [] });
  });

  it('are 2000 unless another number is asked for, and no more than there are samples', async () => {
    const path = await call('CAmany');
    api.sounds.set('CAmany', recording(steady(1000, 1, 1)));
    const count = async (query: string) => (await api.api('GET', path + query)).body.caller.length;

    expect([await count(''), await count('?points=7'), await count('?points=10000')]).toEqual([2000, 7, 8000]);
  });

  it('are for everybody who may look at calls', async () => {
    const path = await call('CAshown');
    api.sounds.set('CAshown', recording(steady(10, 1, 1)));

    for (const role of ROLES) {
      const { token } = await api.tokenOf(role);
      expect([role, (await api.api('GET', path, { token })).status]).toEqual([role, 200]);
    }
  });

  it('are not there without a recording, while it is made, and of a call that nobody knows', async () => {
    const answers = [
      await api.api('GET', await call('CAnone')),
      await api.api('GET', await call('CAgoing', { isOver: false })),
      await api.api('GET', '/api/calls/CA404/peaks'),
    ];

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect(answers.map(({ body }) => body.detail)).toEqual([
      'There is no recording of the call CAnone.',
      'The recording of the call CAgoing is still being made.',
      'There is no call CA404.',
    ]);
  });

  it.each([
    ['points=0', 'points'],
    ['points=10001', 'points'],
    ['points=many', 'points'],
    ['fromMs=-1', 'fromMs'],
    ['toMs=0', 'toMs'],
    ['fromMs=500&toMs=500', 'toMs'],
    ['colour=blue', 'colour'],
  ])('are refused for %s', async (query, field) => {
    const { status, body } = await api.api('GET', `${await call('CAasked')}?${query}`);

    expect([status, body.errors.map((error: { field: string }) => error.field)]).toEqual([400, [field]]);
  });

  it('do not depend on the pieces in which the recording comes', () => {
    const sample = fc.integer({ min: -32_768, max: 32_767 });
    const pairs = fc.array(fc.tuple(sample, sample), { maxLength: 60 });
    fc.assert(
      fc.property(pairs, fc.integer({ min: 1, max: 80 }), fc.integer({ min: 1, max: 17 }), (given, points, size) => {
        const bytes = samples(given);
        const peaks = new RecordingPeaks(points, bytes.length);
        for (let offset = 0; offset < bytes.length; offset += size) peaks.add(bytes.subarray(offset, offset + size));

        const steps = Math.min(points, given.length);
        const loudest = (side: 0 | 1) =>
          Array.from({ length: steps }, (_, step) => {
            const inStep = given.filter((_pair, index) => Math.floor((index * steps) / given.length) === step);
            return Math.round((Math.max(...inStep.map((pair) => Math.abs(pair[side]))) / 32_768) * 1000) / 1000;
          });
        expect(peaks.levels()).toEqual({ caller: loudest(0), agent: loudest(1) });
      }),
    );
  });
});
