import { describe, expect, it } from 'vitest';
import { type CallEvent, emptyRecord } from '../../src/call/events.js';
import type { VoiceEvent, VoiceLeg, VoiceListener } from '../../src/call/ports.js';
import { CallRegistry } from '../../src/call/registry.js';
import type { CallSession } from '../../src/call/session.js';
import { UNCLAIMED_STREAM_MS } from '../../src/call/waiting-voice.js';
import { FakeClock } from '../../src/clock.js';
import type { AgentVersion } from '../../src/directory/agent.js';
import { createLog } from '../../src/log.js';
import { settle } from './virtual-call.js';

const SERVED = { agent: { id: 'a', version: 1 } as AgentVersion, number: undefined };

function registry() {
  const clock = new FakeClock();
  const events: CallEvent[] = [];
  const calls = new CallRegistry({ clock, log: createLog('silent'), listeners: [(event) => events.push(event)] });
  let closed = 0;
  let model: VoiceListener | undefined;
  const leg: VoiceLeg = {
    modelId: 'm',
    region: 'r',
    takesText: true,
    openedAtMs: 0,
    begin: () => undefined,
    hear: () => undefined,
    tell: () => undefined,
    answerTool: () => undefined,
    close: () => closed++,
    abort: () => closed++,
  };
  const openVoice = (listener: VoiceListener) => {
    model = listener;
    return leg;
  };
  return {
    clock,
    calls,
    events,
    leg,
    openVoice,
    closed: () => closed,
    say: (event: VoiceEvent) => model!.event(event),
  };
}

const sessionOf = (callSid: string) =>
  ({ callSid, callFinished: () => undefined, hangUp: () => undefined }) as unknown as CallSession;

describe('a model stream opened at the ring', () => {
  it('is closed when nobody claims it', () => {
    const { calls, clock, openVoice, closed } = registry();
    calls.ring('CA1', SERVED, openVoice);

    clock.advance(UNCLAIMED_STREAM_MS);

    expect(closed()).toBe(1);
    expect(calls.claimVoice('CA1')).toBeUndefined();
    expect(calls.activeCount).toBe(0);
  });

  it('is claimed once, with what it has said since', async () => {
    const { calls, clock, openVoice, closed, say, leg } = registry();
    calls.ring('CA1', SERVED, openVoice);
    clock.advance(0);
    say({ kind: 'ready' });
    const heard: VoiceEvent[] = [];

    const claimed = calls.claimVoice('CA1')!({ audio: () => undefined, event: (event) => heard.push(event) });
    await settle();
    say({ kind: 'interrupted' });
    clock.advance(60_000);

    expect(claimed).toBe(leg);
    expect(heard).toEqual([{ kind: 'ready' }, { kind: 'interrupted' }]);
    expect(closed()).toBe(0);
    expect(calls.claimVoice('CA1')).toBeUndefined();
  });

  it('is closed when the caller hangs up while it rings, and the call has ended', () => {
    const { calls, clock, openVoice, closed, events } = registry();
    calls.ring('CA1', SERVED, openVoice);
    clock.advance(0);

    calls.finished('CA1');
    calls.finished('CA1');

    expect(closed()).toBe(1);
    expect(events).toMatchObject([{ callSid: 'CA1', kind: 'ended', endReason: 'caller-hung-up' }]);
  });

  it('is opened at the claim when there was no time before, and never when the caller is gone by then', () => {
    const early = registry();
    early.calls.ring('CA1', SERVED, early.openVoice);
    expect(early.calls.claimVoice('CA1')!({ audio: () => undefined, event: () => undefined })).toBe(early.leg);

    const gone = registry();
    gone.calls.ring('CA1', SERVED, () => {
      throw new Error('opened for nobody');
    });
    gone.calls.finished('CA1');
    gone.clock.advance(1000);
    expect(gone.calls.activeCount).toBe(0);
  });

  it('is replaced, not leaked, when the call rings again', () => {
    const { calls, clock, openVoice, closed } = registry();
    calls.ring('CA1', SERVED, openVoice);
    clock.advance(0);
    calls.ring('CA1', SERVED, openVoice);

    expect(closed()).toBe(1);
    expect(calls.activeCount).toBe(1);
  });
});

describe('what comes after a media stream', () => {
  it('is what was decided before it was closed', () => {
    const { calls } = registry();
    const session = sessionOf('CA1');
    calls.began(session, SERVED);
    calls.ended(session, { kind: 'hang-up' });

    expect(calls.nextFor('CA1')).toEqual({ kind: 'hang-up' });
  });

  it('is another stream when nothing was decided, three times in five minutes, then the fallback', () => {
    const { calls, clock } = registry();
    const kinds = () => calls.nextFor('CA1').kind;

    expect([kinds(), kinds(), kinds(), kinds()]).toEqual([
      'connect-again',
      'connect-again',
      'connect-again',
      'fallback',
    ]);
    clock.advance(300_000);
    expect(kinds()).toBe('connect-again');
  });

  it('is forgotten in time, so that nothing grows', () => {
    const { calls, clock } = registry();
    for (let i = 0; i < 50; i++) {
      const session = sessionOf(`CA${i}`);
      calls.began(session, SERVED);
      void calls.answerOnce(`CA${i}`, async () => '<Response/>');
      calls.ended(session, undefined);
    }

    clock.advance(300_000);

    expect(calls.agentOf('CA1')).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a call that was handed over', () => {
  const handedOver = () => {
    const { calls, ...rest } = registry();
    const session = { ...sessionOf('CA1'), callMs: 7000 } as CallSession;
    calls.began(session, SERVED);
    calls.ended(session, { kind: 'connect-again' });
    return { calls, session, ...rest };
  };

  it('is connected again, which counts for no line that broke', () => {
    const { calls } = handedOver();

    for (let i = 0; i < 6; i++) expect(calls.nextFor('CA1')).toEqual({ kind: 'connect-again' });
    expect(calls.returnOf('CA1')).toBe('handed-over');
  });

  it('is bounded all the same', () => {
    const { calls } = handedOver();
    const kinds = Array.from({ length: 20 }, () => calls.nextFor('CA1').kind);

    expect(kinds.filter((kind) => kind === 'connect-again')).toHaveLength(12 + 3);
  });

  it('has not ended when the instance does', () => {
    const { calls, events } = handedOver();

    calls.close();

    expect(events).toEqual([]);
  });

  it('has ended when its caller hangs up on the way', () => {
    const { calls, events } = handedOver();

    calls.finished('CA1');

    expect(events).toMatchObject([{ kind: 'ended', endReason: 'caller-hung-up', atMs: 7000 }]);
  });

  it('counts for its number until it goes on', () => {
    const { calls } = registry();
    const session = sessionOf('CA1');
    calls.began(session, { ...SERVED, number: '+14155550199' });
    calls.ended(session, { kind: 'connect-again' });

    expect(calls.activeOver('+14155550199')).toEqual(['CA1']);
    expect(calls.liveCount).toBe(0);
  });

  it('is known as such from its record', () => {
    const { calls } = registry();
    const stream = { modelId: 'm', region: 'r', openedMs: 0, closedMs: 4000, closed: 'handed-over' };
    calls.takeUp({ ...emptyRecord('CA1', ''), state: 'live', streams: [stream] }, undefined);

    expect(calls.nextFor('CA1')).toEqual({ kind: 'connect-again' });
    expect(calls.returnOf('CA1')).toBe('handed-over');
  });
});

describe('the answer to a call that rings', () => {
  it('is made once, however often the carrier asks and however long it takes', async () => {
    const { calls } = registry();
    let made = 0;
    const make = async () => `<Response>${++made}</Response>`;

    const answers = await Promise.all([calls.answerOnce('CA1', make), calls.answerOnce('CA1', make)]);

    expect(answers).toEqual(['<Response>1</Response>', '<Response>1</Response>']);
    expect(await calls.answerOnce('CA1', make)).toBe('<Response>1</Response>');
  });

  it('is made again when making it failed', async () => {
    const { calls } = registry();
    await expect(calls.answerOnce('CA1', () => Promise.reject(new Error('no')))).rejects.toThrow('no');

    expect(await calls.answerOnce('CA1', async () => '<Response/>')).toBe('<Response/>');
  });
});

describe('what is left of a call', () => {
  it('is forgotten in time although the carrier asked about it, known or not', () => {
    const { calls, clock } = registry();
    const session = sessionOf('CA1');
    calls.began(session, SERVED);
    void calls.answerOnce('CA1', async () => '<Response/>');
    calls.ended(session, { kind: 'hang-up' });
    calls.nextFor('CA1');
    calls.nextFor('CA404');

    clock.advance(300_000);

    expect(calls.agentOf('CA1')).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });

  it('is an end on record, also for a caller whose media stream never came', () => {
    const { calls, clock, openVoice, events } = registry();
    calls.ring('CA1', SERVED, openVoice);

    clock.advance(UNCLAIMED_STREAM_MS + 300_000);

    expect(events).toMatchObject([{ callSid: 'CA1', kind: 'ended', endReason: 'failed' }]);
  });

  it('is ended first when the carrier asks what comes after a stream that has not closed here', () => {
    const { calls } = registry();
    let finished = 0;
    const session = { callSid: 'CA1', callFinished: () => finished++ } as unknown as CallSession;
    calls.began(session, SERVED);

    expect(calls.nextFor('CA1')).toEqual({ kind: 'connect-again' });
    expect(finished).toBe(1);
  });
});

describe('draining', () => {
  it('is done when the last call has ended, ringing ones included', async () => {
    const { calls, openVoice, clock } = registry();
    const session = sessionOf('CA1');
    calls.began(session, SERVED);
    calls.ring('CA2', SERVED, openVoice);
    let isDone = false;
    void calls.drain().then(() => {
      isDone = true;
    });

    calls.ended(session, undefined);
    await settle();
    expect(isDone).toBe(false);
    clock.advance(UNCLAIMED_STREAM_MS);
    await settle();
    expect(isDone).toBe(true);
  });

  it('is done at once when there is no call', async () => {
    const { calls } = registry();

    await expect(calls.drain()).resolves.toBeUndefined();
  });
});
