import { afterEach, describe, expect, it } from 'vitest';
import type { BedrockOptions } from '../../../src/emulator/bedrock/server.js';
import { loadVoice } from '../../../src/emulator/bedrock/voice.js';
import { connect, endOf, isText, type Place, speak } from './place.js';
import { audioStart, SdkCall } from './sdk-client.js';

const LONG = 'Your call is now first in line and will be answered by the next available representative.';

let place: Place | undefined;

async function begin(options: BedrockOptions = {}, opening: Parameters<SdkCall['open']>[0] = {}): Promise<Place> {
  place = await connect(options, opening);
  return place;
}

afterEach(async () => {
  await place?.bedrock.close();
});

describe('a conversation over the real SDK', () => {
  it('greets when asked by live text, answers speech by the script, and ends in order', async () => {
    const at = await begin({
      script: {
        turns: [
          { text: 'greet the caller', say: 'Hello.' },
          { hear: 'go forward ten meters', say: 'Thank you. One moment please.' },
        ],
      },
    });
    const { clock, call, session, happens } = at;

    call.text('Greet the caller with: hello');
    await happens('textHeard');
    clock.advance(5000);
    await speak(at);
    clock.advance(10_000);
    await call.until(endOf('AUDIO', 'END_TURN'), 2);
    call.close();
    const { error } = await call.ended;

    expect(error).toBeUndefined();
    expect(call.texts('USER', 'FINAL')).toEqual(['go forward ten meters']);
    expect(call.texts('ASSISTANT', 'SPECULATIVE')).toEqual(['Hello.', 'Thank you.', 'One moment please.']);
    expect(call.texts('ASSISTANT', 'FINAL')).toEqual(['Hello.', 'Thank you.', 'One moment please.']);
    expect(call.named('completionStart')).toHaveLength(1);
    expect(call.received.at(-1)?.name).toBe('completionEnd');
    expect(session.interactiveTexts).toEqual(['Greet the caller with: hello']);
    expect(session.violations).toEqual([]);
    expect(await session.closed).toBe('sessionEnd');
  });

  it('waits silently until somebody speaks', async () => {
    const { clock, call, bedrock } = await begin();

    clock.advance(50_000);
    call.close();
    await call.ended;

    expect(call.received).toEqual([]);
    expect(bedrock.sessions[0]?.eventsIn.map(({ name }) => name)).toEqual([
      ...['sessionStart', 'promptStart', 'contentStart', 'textInput', 'contentEnd'],
      ...['contentStart', 'audioInput', 'contentEnd', 'promptEnd', 'sessionEnd'],
    ]);
  });

  it('opens one block at a time, with ids, generation stage and usage that adds up', async () => {
    const at = await begin();

    await speak(at);
    at.clock.advance(10_000);
    at.call.close();
    await at.call.ended;

    let open: unknown;
    for (const { name, body } of at.call.received) {
      expect(body).toMatchObject({ promptName: 'prompt', sessionId: at.session.sessionId });
      expect(body.completionId).toBe(at.call.received[0]?.body.completionId);
      if (name === 'contentStart') {
        expect(open).toBeUndefined();
        open = body.contentId;
      } else if (name === 'contentEnd') {
        expect(body.contentId).toBe(open);
        open = undefined;
      }
    }
    const usages = at.call
      .named('usageEvent')
      .map(({ body }) => body.details as Record<string, typeof at.session.usage>);
    const spoken = usages.reduce((sum, { delta }) => sum + (delta?.output.speechTokens ?? 0), 0);
    expect(usages.at(-1)?.total).toEqual(at.session.usage);
    expect(spoken).toBe(at.session.usage.output.speechTokens);
  });

  it.each([8000, 16_000, 24_000])('hears and speaks at %i Hz, sample by sample', async (rateHz) => {
    const { call, clock, session, happens } = await begin({}, { rateHz, outputRateHz: rateHz });
    const spoken = loadVoice().speak('Hello.', rateHz)[0]!.samples;

    call.audio(spoken);
    call.silence(500, rateHz);
    await happens('utteranceEnded');
    clock.advance(10_000);
    await call.until(endOf('AUDIO', 'END_TURN'));

    const { samples } = session.heard;
    expect(session.heard.rateHz).toBe(rateHz);
    expect(samples.slice(rateHz / 10, rateHz / 10 + spoken.length)).toEqual(spoken);
    const answer = loadVoice().speak('Thank you one second.', rateHz)[0]!.samples;
    expect(call.audioBytes.equals(Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength))).toBe(true);
  });

  it.each([true, 'bytes'] as const)('delivers the same audio in irregular pieces (%s)', async (oddChunks) => {
    const at = await begin({ script: { turns: [{ hear: 'x', say: 'Hello.', burst: 0, oddChunks }] } });

    await speak(at);
    at.clock.advance(300);
    await at.call.until(endOf('AUDIO', 'END_TURN'));

    const { samples } = loadVoice().speak('Hello.', 24_000)[0]!;
    expect(at.call.audioBytes.equals(Buffer.from(samples.buffer))).toBe(true);
    const lengths = at.call.named('audioOutput').map(({ body }) => Buffer.from(String(body.content), 'base64').length);
    expect(lengths.some((byteLength) => byteLength % 2 === 1)).toBe(oddChunks === 'bytes');
  });

  it('sends faster than real time, but no faster than it is told', async () => {
    const at = await begin({ delivery: { burst: 2, chunkMs: 100 }, script: { turns: [{ hear: 'x', say: LONG }] } });

    await speak(at);
    at.clock.advance(300 + 950);
    at.session.fail({ kind: 'unknownEvent' });
    await at.call.until(({ name }) => name === 'userSpeechEnd');

    expect(at.call.named('audioOutput')).toHaveLength(20);
  });

  it('takes live text without enough audio and never answers it', async () => {
    const { call, clock, session, happens } = await begin({}, { audio: false });

    call.send(...audioStart(16_000));
    call.audio(new Int16Array(1000));
    call.text('Greet the caller');
    await happens('textHeard');
    clock.advance(20_000);

    expect(session.interactiveTexts).toEqual(['Greet the caller']);
    expect(session.answers).toEqual([]);
  });

  it('does not answer what the end of the prompt overtakes', async () => {
    const at = await begin();

    await speak(at);
    at.call.close();
    await at.call.ended;
    at.clock.advance(20_000);

    expect(at.call.texts('USER', 'FINAL')).toEqual(['(speech of 2 seconds)']);
    expect(at.call.named('audioOutput')).toEqual([]);
    expect(at.clock.pendingTimers).toBe(0);
  });

  it('gives each turn its own completion in the way of the documentation', async () => {
    const at = await begin({ completionMode: 'docs' });

    await speak(at);
    at.clock.advance(10_000);
    await speak(at);
    at.clock.advance(10_000);
    at.call.close();
    await at.call.ended;

    const names = at.call.received.map(({ name }) => name).filter((name) => name.startsWith('completion'));
    expect(names).toEqual(['completionStart', 'completionEnd', 'completionStart', 'completionEnd']);
    expect(at.call.texts('ASSISTANT', 'FINAL')).toHaveLength(2);
  });

  it('chooses a script by prompt, voice and model', async () => {
    const at = await begin();
    at.bedrock.useFor(({ systemPrompt, voiceId, modelId }) =>
      systemPrompt === 'You are helpful.' && voiceId === 'matthew' && modelId.includes('2-sonic')
        ? { turns: [{ text: 'go', say: 'Goodbye.' }] }
        : undefined,
    );
    at.call.close();
    await at.call.ended;

    const opened = at.bedrock.nextSession();
    const call = new SdkCall(at.bedrock.url, at.bedrock.credentials);
    call.open();
    const session = await opened;
    const heard = new Promise<void>((resolve) => session.listen((event) => event.kind === 'textHeard' && resolve()));
    call.text('go');
    await heard;
    at.clock.advance(300);
    await call.until(isText('Goodbye.'));
  });
});
