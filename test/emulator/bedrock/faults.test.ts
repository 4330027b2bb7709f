import { afterEach, describe, expect, it } from 'vitest';
import { EXCEPTION_TYPES, type Fault } from '../../../src/emulator/bedrock/faults.js';
import { type BedrockEmulator, startBedrock } from '../../../src/emulator/bedrock/server.js';
import { connect, isText, type Place } from './place.js';
import { SdkCall } from './sdk-client.js';

let bedrock: BedrockEmulator | undefined;

afterEach(async () => {
  await bedrock?.close();
});

/** A call whose first event has arrived, so that faults are those of a running stream. */
async function running(): Promise<Place> {
  const place = await connect();
  bedrock = place.bedrock;
  place.session.fail({ kind: 'unknownEvent' });
  await place.call.until(({ name }) => name === 'userSpeechEnd');
  return place;
}

describe('faults of a running stream', () => {
  it.each(EXCEPTION_TYPES)('%s reaches the client as its own error', async (type) => {
    const { call, session } = await running();

    session.fail({ kind: 'exception', type, message: 'on demand' });

    const { error } = await call.ended;
    expect(error?.name).toBe(type[0]?.toUpperCase() + type.slice(1));
    expect(error?.message).toBe('on demand');
    expect(await session.closed).toBe('fault');
  });

  it.each<[string, Fault, string]>([
    ['a frame of type error', { kind: 'errorFrame', code: 'Odd', message: 'strange' }, 'Odd'],
    ['a broken connection', { kind: 'tcpReset' }, 'Error'],
    ['a reset without an end', { kind: 'reset', code: 'INTERNAL_ERROR', isAbrupt: true }, 'Error'],
    ['a truncated frame', { kind: 'truncatedFrame' }, 'Error'],
    ['a wrong checksum', { kind: 'badCrc' }, 'Error'],
    ['a connection that is given up with an error', { kind: 'goAway', code: 'INTERNAL_ERROR' }, 'Error'],
  ])('%s is thrown at the client', async (_title, fault, name) => {
    const { call, session } = await running();

    session.fail(fault);

    expect((await call.ended).error?.name).toBe(name);
  });

  it.each<Fault>([{ kind: 'reset', code: 'INTERNAL_ERROR' }, { kind: 'reset', code: 'CANCEL' }, { kind: 'end' }])(
    'ends without a word: %j',
    async (fault) => {
      const { call, session } = await running();

      session.fail(fault);

      expect((await call.ended).error).toBeUndefined();
      expect(await session.closed).toBe('fault');
    },
  );

  it.each<[Fault, string]>([
    [{ kind: 'goAway' }, 'userSpeechEnd'],
    [{ kind: 'malformedEvent' }, 'malformed'],
    [{ kind: 'oversizedEvent' }, 'usageEvent'],
  ])('goes on after %j', async (fault, name) => {
    const { call, session, clock } = await running();

    session.fail(fault);
    session.say('Hello.');
    clock.advance(1000);

    await call.until((event) => event.name === name);
    await call.until(isText('Hello.'));
    expect(session.endedBy).toBeUndefined();
  });

  it('stalls: takes audio, says nothing', async () => {
    const { call, session, clock, happens } = await running();

    session.fail({ kind: 'stall' });
    call.speech('goforward.wav');
    await happens('utteranceEnded');
    clock.advance(20_000);
    call.close();
    await call.ended;

    expect(call.named('textOutput')).toEqual([]);
    expect(session.utterances).toHaveLength(1);
  });
});

describe('faults in a script', () => {
  it('happen in place of the answer', async () => {
    const script = { turns: [{ hear: 'a', fail: { kind: 'exception', type: 'modelStreamErrorException' } as const }] };
    const { call, clock, happens, ...place } = await connect({ script });
    bedrock = place.bedrock;
    call.speech('goforward.wav');
    await happens('utteranceEnded');
    clock.advance(300);

    expect((await call.ended).error?.name).toBe('ModelStreamErrorException');
    expect(call.texts('USER', 'FINAL')).toEqual(['a']);
  });

  it('happen within the answer', async () => {
    const script = {
      turns: [{ hear: 'a', say: 'Hello.', burst: 1, fail: { kind: 'end' } as const, failAfterMs: 250 }],
    };
    const { call, clock, happens, ...place } = await connect({ script });
    bedrock = place.bedrock;
    call.speech('goforward.wav');
    await happens('utteranceEnded');
    clock.advance(2000);

    expect((await call.ended).error).toBeUndefined();
    expect(call.named('audioOutput')).toHaveLength(4);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('faults of an opening', () => {
  it.each([
    [{ kind: 'http', status: 429 }, 'ThrottlingException', 429],
    [{ kind: 'http', status: 403 }, 'AccessDeniedException', 403],
    [{ kind: 'http', status: 503 }, 'ServiceUnavailableException', 503],
    [{ kind: 'http', status: 400, type: 'ServiceQuotaExceededException' }, 'ServiceQuotaExceededException', 400],
  ] as const)('%j is a typed error before any stream', async (fault, name, status) => {
    bedrock = await startBedrock();
    bedrock.failNext(fault);

    const { error } = await new SdkCall(bedrock.url, bedrock.credentials).ended;

    expect(error?.name).toBe(name);
    expect(error?.$metadata?.httpStatusCode).toBe(status);
    expect(bedrock.sessions).toEqual([]);
  });

  it.each<Fault>([{ kind: 'refuse' }, { kind: 'reset', code: 'INTERNAL_ERROR' }, { kind: 'tcpReset' }])(
    '%j ends the call at once, and only that one',
    async (fault) => {
      bedrock = await startBedrock();
      bedrock.failNext(fault);
      const first = new SdkCall(bedrock.url, bedrock.credentials);
      first.open();

      expect((await first.ended).error).toBeDefined();

      const second = new SdkCall(bedrock.url, bedrock.credentials);
      second.open();
      second.close();
      expect((await second.ended).error).toBeUndefined();
    },
  );

  it('can be a stream that never says anything', async () => {
    const place = await connect({}, {});
    bedrock = place.bedrock;
    bedrock.failNext({ kind: 'stall' });
    const opened = bedrock.nextSession();
    const call = new SdkCall(bedrock.url, bedrock.credentials);
    const session = await opened;
    const heard = new Promise<void>((resolve) => session.listen(({ kind }) => kind === 'utteranceEnded' && resolve()));
    call.open();
    call.speech('goforward.wav');
    await heard;
    place.clock.advance(20_000);
    call.close();
    await call.ended;

    expect(call.received).toEqual([]);
  });
});
