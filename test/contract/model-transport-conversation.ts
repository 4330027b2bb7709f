import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../src/emulator/bedrock/faults.js';
import type { ModelSession } from '../../src/emulator/bedrock/model-session.js';
import { type BedrockEmulator, startBedrock } from '../../src/emulator/bedrock/server.js';
import type { ModelStream, ModelTransport } from '../../src/sonic/stream.js';
import { Recorder } from '../sonic/recorder.js';
import { type Differences, FRAME_MS, HEAD, type MakeTransport, MODEL_ID, TAIL, turn } from './model-transport-rig.js';

/** What starts a conversation, up to caller audio; and what ends it in order. */
const TEXT_CONFIGURATION = { mediaType: 'text/plain' };
const AUDIO_CONFIGURATION = { mediaType: 'audio/lpcm', sampleSizeBits: 16, channelCount: 1, encoding: 'base64' };
const SYSTEM_BLOCK = { promptName: 'p-1', contentName: 's-1' };
const AUDIO_BLOCK = { promptName: 'p-1', contentName: 'c-1' };
const STARTING_EVENTS = [
  { sessionStart: { inferenceConfiguration: { maxTokens: 1024, topP: 0.9, temperature: 0.7 } } },
  {
    promptStart: {
      promptName: 'p-1',
      textOutputConfiguration: TEXT_CONFIGURATION,
      audioOutputConfiguration: {
        ...AUDIO_CONFIGURATION,
        sampleRateHertz: 24_000,
        voiceId: 'matthew',
        audioType: 'SPEECH',
      },
    },
  },
  {
    contentStart: {
      ...SYSTEM_BLOCK,
      type: 'TEXT',
      interactive: false,
      role: 'SYSTEM',
      textInputConfiguration: TEXT_CONFIGURATION,
    },
  },
  { textInput: { ...SYSTEM_BLOCK, content: 'You are friendly.' } },
  { contentEnd: SYSTEM_BLOCK },
  {
    contentStart: {
      ...AUDIO_BLOCK,
      type: 'AUDIO',
      interactive: true,
      role: 'USER',
      audioInputConfiguration: { ...AUDIO_CONFIGURATION, sampleRateHertz: 16_000, audioType: 'SPEECH' },
    },
  },
];
const ENDING_EVENTS = [{ contentEnd: AUDIO_BLOCK }, { promptEnd: { promptName: 'p-1' } }, { sessionEnd: {} }];

/** The same contract against the strict stand-in, which checks every signature and every rule of the conversation. */
export function conversationContract(name: string, makeTransport: MakeTransport, differences: Differences): void {
  describe(`model transport against the stand-in: ${name}`, () => {
    let emulator: BedrockEmulator;
    let transport: ModelTransport;

    beforeEach(async () => {
      emulator = await startBedrock();
      const { region, credentials, url } = emulator;
      transport = makeTransport({ region, credentials, endpoint: url });
    });

    afterEach(async () => {
      transport.close();
      await emulator.close();
    });

    const start = async (): Promise<{ stream: ModelStream; seen: Recorder; session: ModelSession }> => {
      const seen = new Recorder();
      const nextSession = emulator.nextSession();
      const stream = transport.open({ modelId: MODEL_ID, maxBacklogMs: 5000 }, seen);
      stream.setAudioEnvelope(HEAD, TAIL);
      for (const event of STARTING_EVENTS) stream.send(JSON.stringify({ event }));
      for (let number = 0; number < 10; number++) stream.sendAudio(new Uint8Array(640), FRAME_MS);
      return { stream, seen, session: await nextSession };
    };

    /** Hangs until the test times out when a stream stays open. */
    const untilReleased = async () => {
      while (emulator.openStreams > 0) await turn();
    };

    const untilEvent = async (seen: Recorder, eventName: string): Promise<unknown> => {
      for (;;) {
        const { event } = (await seen.events.next()) as { event: Record<string, unknown> };
        if (event[eventName]) return event[eventName];
      }
    };

    it('carries a whole conversation without breaking a rule', async () => {
      const { stream, seen, session } = await start();
      const isListening = new Promise<void>((resolve) => {
        session.listen(({ kind }) => kind === 'listening' && resolve());
      });
      await isListening;
      session.say('activated');
      await untilEvent(seen, 'audioOutput');
      for (const event of ENDING_EVENTS) stream.send(JSON.stringify({ event }));
      stream.end();

      expect(await seen.whenClosed).toEqual({ kind: 'ended' });
      expect(await session.closed).toBe('sessionEnd');
      expect(session.violations).toEqual([]);
      expect(session.heard.samples.length).toBe(10 * 320);
      await untilReleased();
    });

    it('fails with the words of the service when a rule is broken', async () => {
      const { stream, seen, session } = await start();
      stream.send(JSON.stringify({ event: { promptStart: { promptName: 'p-1' } } }));

      expect(await seen.whenClosed).toMatchObject({ kind: 'failed', name: 'ValidationException' });
      expect(session.violations).toHaveLength(1);
    });

    const lost = { kind: 'failed', name: 'ConnectionLost' };
    const hidden = differences.seesLoss ? lost : { kind: expect.stringMatching(/^(ended|failed)$/) };
    it.each<[Fault, Record<string, unknown>]>([
      [
        { kind: 'exception', type: 'modelTimeoutException' },
        { kind: 'failed', name: 'ModelTimeoutException' },
      ],
      [
        { kind: 'errorFrame', code: 'Oops', message: 'no' },
        { kind: 'failed', name: 'Oops', message: 'no' },
      ],
      [{ kind: 'badCrc' }, lost],
      [{ kind: 'truncatedFrame' }, lost],
      [{ kind: 'end' }, { kind: 'ended' }],
      [{ kind: 'reset', code: 'INTERNAL_ERROR' }, hidden],
      [{ kind: 'reset', code: 'CANCEL' }, hidden],
      [{ kind: 'tcpReset' }, hidden],
      [{ kind: 'refuse' }, lost],
      [
        { kind: 'http', status: 429 },
        { kind: 'failed', name: 'ThrottlingException', httpStatus: 429 },
      ],
    ])('ends as it should on %o', async (fault, outcome) => {
      const seen = new Recorder();
      emulator.failNext(fault);
      const stream = transport.open({ modelId: MODEL_ID, maxBacklogMs: 5000 }, seen);
      for (const event of STARTING_EVENTS) stream.send(JSON.stringify({ event }));

      expect(await seen.whenClosed).toMatchObject(outcome);
      await untilReleased();
    });

    it('fails with 403 when the secret is wrong', async () => {
      const { region, credentials, url } = emulator;
      const wrong = { ...credentials, secretAccessKey: 'wrong' };
      const seen = new Recorder();
      const stranger = makeTransport({ region, credentials: wrong, endpoint: url });
      stranger.open({ modelId: MODEL_ID, maxBacklogMs: 5000 }, seen);

      expect(await seen.whenClosed).toMatchObject({ kind: 'failed', httpStatus: 403 });
      stranger.close();
    });
  });
}
