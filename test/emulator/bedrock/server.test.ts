import { afterEach, describe, expect, it, vi } from 'vitest';
import { scaledClock } from '../../../src/clock.js';
import { type BedrockEmulator, type BedrockOptions, startBedrock } from '../../../src/emulator/bedrock/server.js';
import { connect, isText } from './place.js';
import { SdkCall } from './sdk-client.js';

let bedrock: BedrockEmulator | undefined;

async function start(options: BedrockOptions = {}): Promise<BedrockEmulator> {
  bedrock = await startBedrock(options);
  return bedrock;
}

afterEach(async () => {
  await bedrock?.close();
});

describe('who may open a stream', () => {
  it('takes temporary credentials with their session token', async () => {
    const credentials = { accessKeyId: 'ASIALOCAL', secretAccessKey: 'secret', sessionToken: 'token' };
    const { url, sessions } = await start({ credentials });
    const call = new SdkCall(url, credentials);
    call.open();
    call.close();

    expect((await call.ended).error).toBeUndefined();
    expect(sessions[0]?.violations).toEqual([]);
  });

  it.each([
    ['a wrong secret', { secretAccessKey: 'other' }, 'InvalidSignatureException'],
    ['an unknown key', { accessKeyId: 'AKIDOTHER' }, 'UnrecognizedClientException'],
    ['an uncalled-for session token', { sessionToken: 'token' }, 'UnrecognizedClientException'],
  ])('answers 403 to %s', async (_title, wrong, name) => {
    const { url, credentials, sessions } = await start();

    const { error } = await new SdkCall(url, { ...credentials, ...wrong }).ended;

    expect(error?.name).toBe(name);
    expect(error?.$metadata?.httpStatusCode).toBe(403);
    expect(sessions).toEqual([]);
  });

  it('answers 404 to an unknown model', async () => {
    const { url, credentials } = await start();

    const { error } = await new SdkCall(url, credentials, 'amazon.nova-9-sonic-v1:0').ended;

    expect(error?.name).toBe('ResourceNotFoundException');
    expect(error?.$metadata?.httpStatusCode).toBe(404);
  });

  it('answers 429 above its quota, and takes calls again when one has ended', async () => {
    const emulator = await start({ quota: 1 });
    const first = new SdkCall(emulator.url, emulator.credentials);
    first.open();
    const session = await emulator.nextSession();

    const second = await new SdkCall(emulator.url, emulator.credentials).ended;
    first.close();
    await session.closed;
    const third = new SdkCall(emulator.url, emulator.credentials);
    third.open();
    third.close();

    expect(second.error?.$metadata?.httpStatusCode).toBe(429);
    expect((await third.ended).error).toBeUndefined();
  });
});

describe('how a stream ends', () => {
  it('names the broken rule to the client in the service’s words', async () => {
    const place = await connect();
    bedrock = place.bedrock;
    place.call.send('promptEnd', { promptName: 'prompt' });

    const { error } = await place.call.ended;
    expect(error?.name).toBe('ValidationException');
    expect(error?.message).toMatch(/^RequestId=[0-9a-f-]{36} : All contents must be closed before ending prompt$/);
    expect(await place.session.closed).toBe('violation');
    expect(place.session.violations).toEqual(['All contents must be closed before ending prompt (still open: audio)']);
  });

  it('after 55 s without audio', async () => {
    const place = await connect();
    bedrock = place.bedrock;
    place.clock.advance(30_000);
    place.call.silence(100);
    place.call.text('hello');
    await place.happens('textHeard');
    place.clock.advance(54_999);
    expect(place.session.endedBy).toBeUndefined();

    place.clock.advance(1);

    const { error } = await place.call.ended;
    expect(error?.name).toBe('ValidationException');
    expect(error?.message).toBe(
      'Timed out waiting for audio bytes or interactive content. Please ensure gaps between audio bytes and interactive content are less than 55 seconds',
    );
    expect(place.session.endedBy).toBe('idle');
  });

  it('after 60 s when nothing useful ever came', async () => {
    const place = await connect({}, { audio: false });
    bedrock = place.bedrock;

    place.clock.advance(60_000);

    expect((await place.call.ended).error?.message).toBe('Timed out waiting for input events');
  });

  it('after eight minutes, whatever happens', async () => {
    const place = await connect({ limits: { idleMs: 1_000_000 } });
    bedrock = place.bedrock;

    place.clock.advance(480_000);

    expect((await place.call.ended).error?.name).toBe('ModelTimeoutException');
    expect(await place.session.closed).toBe('sessionLimit');
    expect(place.clock.pendingTimers).toBe(0);
  });

  it('when the client aborts', async () => {
    const place = await connect();
    bedrock = place.bedrock;
    place.session.fail({ kind: 'unknownEvent' });
    await place.call.until(({ name }) => name === 'userSpeechEnd');

    place.call.abort();

    expect(await place.session.closed).toBe('clientAborted');
    expect(place.session.violations).toEqual([]);
  });

  it('is counted until both sides have closed it', async () => {
    const place = await connect();
    bedrock = place.bedrock;
    expect(place.bedrock.openStreams).toBe(1);

    place.call.close();
    await place.call.ended;

    await vi.waitUntil(() => place.bedrock.openStreams === 0, { interval: 1, timeout: 60_000 });
  });

  it('when the client ends its input without a word', async () => {
    const place = await connect();
    bedrock = place.bedrock;

    place.call.finish();

    expect(await place.session.closed).toBe('inputEnded');
    await place.call.ended;
  });

  it('when the stand-in is closed, which leaves nothing behind', async () => {
    const place = await connect();
    place.session.say('Hello.');

    await place.bedrock.close();
    await place.bedrock.close();

    expect(await place.session.closed).toBe('serverClosed');
    await place.call.ended;
    expect(place.clock.pendingTimers).toBe(0);
    expect(place.bedrock.openStreams).toBe(0);
  });
});

describe('a script that cannot be spoken', () => {
  const script = { turns: [{ hear: 'a', say: 'Your order has been shipped.' }] };
  const reason = 'bad model script: turns[0].say has words without a clip: order, has, been, shipped.';

  it('is refused where it is given', async () => {
    await expect(startBedrock({ script })).rejects.toThrow(reason);
    const emulator = await start();
    expect(() => emulator.use(script)).toThrow(reason);
  });

  it('fails the session when it is chosen for it', async () => {
    const emulator = await start();
    emulator.useFor(() => script);
    const call = new SdkCall(emulator.url, emulator.credentials);
    call.open();

    expect((await call.ended).error?.name).toBe('InternalServerException');
    expect(emulator.sessions[0]?.violations[0]).toContain(reason);
  });

  it('is refused when it is to be said at once', async () => {
    const place = await connect();
    bedrock = place.bedrock;

    expect(() => place.session.say('Your order')).toThrow(expect.objectContaining({ code: 'FIXTURE_INVALID' }));
  });
});

describe('many calls on a clock that runs', () => {
  it('answers each of eight callers at once, twenty times faster than real time', async () => {
    const emulator = await start({ clock: scaledClock(20), endpointingMs: 500, keepsAudio: false });
    const calls = Array.from({ length: 8 }, () => new SdkCall(emulator.url, emulator.credentials));

    await Promise.all(
      calls.map(async (call) => {
        call.open({ rateHz: 16_000 });
        call.speech('goforward.wav');
        // The second time is the FINAL text, after the answer has sounded.
        await call.until(isText('Thank you two seconds.'), 2);
        call.close();
        await call.ended;
      }),
    );

    expect(emulator.sessions.map(({ endedBy, violations }) => [endedBy, violations])).toEqual(
      calls.map(() => ['sessionEnd', []]),
    );
    expect(calls.every((call) => call.texts('ASSISTANT', 'FINAL').join() === 'Thank you two seconds.')).toBe(true);
    expect(emulator.sessions[0]?.heard.samples).toHaveLength(0);
  });
});
