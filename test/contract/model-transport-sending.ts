import { describe, expect, it, vi } from 'vitest';
import { encodeChunk, encodeFrame, KEYS } from '../sonic/h2-server.js';
import { Recorder } from '../sonic/recorder.js';
import {
  audioFrame,
  contentOf,
  type Differences,
  FRAME_MS,
  HEAD,
  type MakeTransport,
  MODEL_ID,
  TAIL,
  textEvent,
  turn,
  useRig,
} from './model-transport-rig.js';

/** What goes over the wire, in which order, and what is dropped. */
export function sendingContract(name: string, makeTransport: MakeTransport, differences: Differences): void {
  describe(`what a model transport sends and receives: ${name}`, () => {
    const rig = useRig(makeTransport);
    const { clock, make, open, openLive, expectReleased } = rig;

    it('signs the request and every frame, and ends with the signed empty frame', async () => {
      const { stream, seen } = open();
      stream.send(textEvent('hello'));
      for (let number = 0; number < 5; number++) stream.sendAudio(audioFrame(number), FRAME_MS);
      stream.end();

      const served = await rig.server.streams.next();
      served.respond();
      const texts = await served.textsUntilEnd();
      await served.inputEnded;
      served.finish();

      expect(served.isRequestSigned).toBe(true);
      expect(served.areFramesSigned).toBe(true);
      expect(served.headers[':path']).toBe('/model/amazon.nova-2-sonic-v1%3A0/invoke-with-bidirectional-stream');
      expect(texts).toHaveLength(6);
      await expectReleased(seen, { kind: 'ended' });
    });

    it('signs with a session token when the credentials have one', async () => {
      const withToken = make({ credentials: async () => ({ ...KEYS, sessionToken: 'token==' }) });
      const { stream, seen } = open(withToken);
      stream.send(textEvent('hello'));

      const served = await rig.server.streams.next();
      await served.frames.next();

      expect(served.headers['x-amz-security-token']).toBe('token==');
      expect(served.isRequestSigned).toBe(true);
      expect(served.areFramesSigned).toBe(true);
      withToken.close();
      await expectReleased(seen, { kind: 'aborted' });
    });

    it('finds endpoint and credentials in the environment, and passes over a bearer token there', async () => {
      vi.stubEnv('AWS_ENDPOINT_URL_BEDROCK_RUNTIME', rig.server.url);
      vi.stubEnv('AWS_ACCESS_KEY_ID', KEYS.accessKeyId);
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', KEYS.secretAccessKey);
      vi.stubEnv('AWS_BEARER_TOKEN_BEDROCK', 'a-bearer-token');
      const fromEnvironment = makeTransport({ region: 'eu-north-1', clock });
      const { stream, seen } = open(fromEnvironment);
      stream.send(textEvent('hello'));

      const served = await rig.server.streams.next();
      await served.frames.next();

      expect(fromEnvironment.region).toBe('eu-north-1');
      expect(served.headers.authorization).toContain(`${KEYS.accessKeyId}/`);
      expect(served.headers.authorization).toContain('/eu-north-1/bedrock/');
      expect(served.isRequestSigned).toBe(true);
      expect(served.areFramesSigned).toBe(true);
      stream.abort();
      await expectReleased(seen, { kind: 'aborted' });
    });

    it('keeps the order of events and audio, also of what was sent before the connection was open', async () => {
      const { stream, seen } = open();
      const sent: string[] = [];
      const send = (number: number) => {
        stream.send(textEvent(`text ${number}`));
        stream.sendAudio(audioFrame(number), FRAME_MS);
        sent.push(`text ${number}`, `audio ${(number * 31) & 0xff}`);
      };
      for (let number = 0; number < 20; number++) send(number);
      const served = await rig.server.streams.next();
      served.respond();
      for (let number = 20; number < 40; number++) {
        send(number);
        await turn();
      }
      stream.end();

      expect((await served.textsUntilEnd()).map(contentOf)).toEqual(sent);
      expect(stream.backlogMs).toBe(0);
      served.finish();
      await expectReleased(seen, { kind: 'ended' });
    });

    it('copies audio, so that the caller may reuse the buffer', async () => {
      const { stream } = open();
      const buffer = audioFrame(1);
      stream.sendAudio(buffer, FRAME_MS);
      buffer.fill(0);
      stream.sendAudio(buffer, FRAME_MS);

      const served = await rig.server.streams.next();

      expect(contentOf((await served.frames.next()).text ?? '')).toBe('audio 31');
      expect(contentOf((await served.frames.next()).text ?? '')).toBe('audio 0');
      stream.abort();
    });

    it('sends queued audio under the envelope it was given with', async () => {
      const { stream } = open();
      stream.sendAudio(audioFrame(1), FRAME_MS);
      stream.setAudioEnvelope(HEAD.replace('c-1', 'c-22'), TAIL);
      stream.sendAudio(audioFrame(2, 320), FRAME_MS);

      const served = await rig.server.streams.next();

      expect((await served.frames.next()).text).toContain('c-1');
      expect((await served.frames.next()).text).toContain('c-22');
      stream.abort();
    });

    it('refuses audio before the envelope is set', () => {
      const stream = rig.transport.open({ modelId: MODEL_ID, maxBacklogMs: 1000 }, new Recorder());

      expect(() => stream.sendAudio(audioFrame(1), FRAME_MS)).toThrow('envelope');
      stream.abort();
    });

    it('hands over events of the model as they come, whole or in pieces', async () => {
      const { stream, seen, served } = await openLive();
      const events = Array.from({ length: 30 }, (_, number) => ({ event: { textOutput: { content: `ä${number}` } } }));
      const bytes = Buffer.concat(events.map((event) => encodeChunk(event)));
      for (let at = 0; at < bytes.byteLength; at += 101) {
        served.write(bytes.subarray(at, at + 101));
        if (at % 5 === 0) await turn();
      }
      for (const event of events) expect(await seen.events.next()).toEqual(event);

      stream.abort();
      await expectReleased(seen, { kind: 'aborted' });
    });

    it('passes over frames of unknown event types', async () => {
      const { stream, seen, served } = await openLive();
      served.write(encodeFrame({ ':message-type': 'event', ':event-type': 'news' }, '{"bytes":"AAAA"}'));
      served.event({ event: { next: 1 } });

      expect(await seen.events.next()).toEqual({ event: { next: 1 } });
      stream.abort();
      await expectReleased(seen, { kind: 'aborted' });
    });

    it('is opened by the response head, and tells nothing of credentials that do not expire', async () => {
      const { stream, seen } = open();
      const served = await rig.server.streams.next();
      served.respond();

      await seen.whenOpened;

      expect(seen.credentialsExpireAtMs).toBeUndefined();

      expect(seen.events.all).toHaveLength(0);
      stream.abort();
      await expectReleased(seen, { kind: 'aborted' });
    });

    it('tells when the very credentials expire that a stream lives by, while these are rotated', async () => {
      let count = 0;
      const startMs = Date.now();
      const expiryMs = (number: number) => startMs + number * 1000;
      // So near their end that the SDK asks again for every stream.
      const transport = make({
        credentials: async () => ({
          ...KEYS,
          accessKeyId: `AKID${++count}`,
          expiration: new Date(expiryMs(count)),
        }),
      });
      const opened: { seen: Recorder; keyNumber: number }[] = [];
      for (let number = 0; number < 2; number++) {
        const { seen } = open(transport);
        const served = await rig.server.streams.next();
        served.respond();
        await seen.whenOpened;
        opened.push({ seen, keyNumber: Number(/AKID(\d+)/.exec(String(served.headers.authorization))?.[1]) });
      }

      expect(new Set(opened.map(({ keyNumber }) => keyNumber)).size).toBe(2);
      for (const { seen, keyNumber } of opened) expect(seen.credentialsExpireAtMs).toBe(expiryMs(keyNumber));
      transport.close();
      for (const { seen } of opened) await expectReleased(seen, { kind: 'aborted' });
    });

    it('is opened once, before the first event', async () => {
      const { stream, seen, served } = await openLive();
      served.event({ event: { hello: 2 } });
      await seen.events.next();

      expect(seen.openedCount).toBe(1);
      stream.abort();
      await expectReleased(seen, { kind: 'aborted' });
    });

    it('gives every stream its own connection', async () => {
      const opened = [open(), open(), open()];
      for (const _ of opened) await rig.server.streams.next();

      expect(rig.server.socketCount).toBe(3);
      rig.transport.close();
      await Promise.all(opened.map(({ seen }) => expectReleased(seen, { kind: 'aborted' })));
    });

    it('drops the oldest audio and no event while the connection is not open', async () => {
      let allow: () => void = () => undefined;
      const allowed = new Promise<void>((resolve) => {
        allow = resolve;
      });
      const { stream, seen } = open(make({ credentials: () => allowed.then(() => KEYS) }), 200);
      await turn();
      stream.send(textEvent('start'));
      for (let number = 0; number < 200; number++) stream.sendAudio(audioFrame(number), FRAME_MS);
      stream.send(textEvent('stop'));
      expect(stream.backlogMs).toBe(200);
      allow();
      const served = await rig.server.streams.next();
      stream.end();
      served.respond();
      const contents = (await served.textsUntilEnd()).map(contentOf);

      const audio = contents.filter((content) => content.startsWith('audio'));
      expect(seen.droppedMs).toBe((200 - audio.length) * FRAME_MS);
      expect(audio.length).toBeLessThanOrEqual(10 + differences.maxAheadFrames);
      expect(audio.slice(-10)).toEqual(Array.from({ length: 10 }, (_, at) => `audio ${((190 + at) * 31) & 0xff}`));
      expect(contents.at(0)).toBe('start');
      expect(contents.at(-1)).toBe('stop');
      served.finish();
      await expectReleased(seen, { kind: 'ended' });
    });

    it('bounds audio by age when the service takes no data, and keeps events and the chain of signatures', async () => {
      const { stream, seen } = open(rig.transport, 400);
      stream.send(textEvent('start'));
      const served = await rig.server.streams.next();
      served.respond();
      served.pause();
      const frameCount = 1000;
      for (let number = 0; number < frameCount; number++) {
        stream.sendAudio(audioFrame(number), FRAME_MS);
        if (number % 100 === 0) stream.send(textEvent(`text ${number}`));
        if (number % 10 === 0) await turn();
        expect(stream.backlogMs).toBeLessThanOrEqual(400);
      }
      expect(stream.backlogMs).toBe(400);
      expect(seen.droppedMs).toBeGreaterThan(0);
      served.resume();
      stream.end();
      const contents = (await served.textsUntilEnd()).map(contentOf);

      const texts = contents.filter((content) => content.startsWith('text'));
      expect(texts).toEqual(Array.from({ length: 10 }, (_, at) => `text ${at * 100}`));
      expect(contents.length - texts.length - 1).toBe(frameCount - seen.droppedMs / FRAME_MS);
      expect(contents.at(-1)).toBe(`audio ${((frameCount - 1) * 31) & 0xff}`);
      expect(served.areFramesSigned).toBe(true);
      served.finish();
      await expectReleased(seen, { kind: 'ended' });
    });
  });
}
