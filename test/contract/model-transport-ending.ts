import { constants } from 'node:http2';
import { describe, expect, it } from 'vitest';
import { FINISH_LIMIT_MS } from '../../src/sonic/bedrock-client.js';
import type { ModelStreamHandlers, StreamOutcome } from '../../src/sonic/stream.js';
import { encodeChunk, encodeFrame, ModelServer } from '../sonic/h2-server.js';
import { Recorder } from '../sonic/recorder.js';
import {
  audioFrame,
  contentOf,
  type Differences,
  FRAME_MS,
  type MakeTransport,
  MODEL_ID,
  textEvent,
  turn,
  useRig,
} from './model-transport-rig.js';

/** Every way a stream can end: which outcome, once, and nothing is left behind. */
export function endingContract(name: string, makeTransport: MakeTransport, differences: Differences): void {
  describe(`how a model transport ends: ${name}`, () => {
    const rig = useRig(makeTransport);
    const { clock, make, open, openLive, expectReleased } = rig;

    it('fails with the typed name of an exception frame in mid-stream', async () => {
      const { seen, served } = await openLive();
      served.exception('modelStreamErrorException', 'the model stumbled');

      await expectReleased(seen, { kind: 'failed', name: 'ModelStreamErrorException', message: 'the model stumbled' });
    });

    it('fails with the typed name of an exception frame that comes first', async () => {
      const { seen } = open();
      const served = await rig.server.streams.next();
      served.respond();
      served.exception('validationException', 'no such prompt');

      await expectReleased(seen, { kind: 'failed', name: 'ValidationException', message: 'no such prompt' });
    });

    it('lets an exception win over the reset that follows it', async () => {
      const { seen, served } = await openLive();
      served.exception('throttlingException', 'slow down');
      served.finish();

      await expectReleased(seen, { kind: 'failed', name: 'ThrottlingException', message: 'slow down' });
    });

    it('fails with the code of an unmodeled error frame', async () => {
      const { seen, served } = await openLive();
      const headers = { ':message-type': 'error', ':error-code': 'InternalError', ':error-message': 'out of order' };
      served.write(encodeFrame(headers, ''));

      await expectReleased(seen, { kind: 'failed', name: 'InternalError', message: 'out of order' });
    });

    it('fails on an unmodeled exception frame under its own name', async () => {
      const { seen, served } = await openLive();
      served.exception('strangeException', 'what');

      await expectReleased(seen, { kind: 'failed', name: 'strangeException', message: '{"message":"what"}' });
    });

    it('is lost on a frame with a wrong checksum', async () => {
      const { seen, served } = await openLive();
      const frame = encodeChunk({ event: {} });
      frame[frame.byteLength - 9] = (frame[frame.byteLength - 9] ?? 0) ^ 1;
      served.write(frame);
      served.event({ event: { never: 1 } });

      await expectReleased(seen, {
        kind: 'failed',
        name: 'ConnectionLost',
        message: expect.stringMatching('checksum'),
      });
      expect(seen.events.all).toHaveLength(1);
    });

    it('is lost when the response ends inside a frame', async () => {
      const { seen, served } = await openLive();
      served.write(encodeChunk({ event: {} }).subarray(0, 30));
      await turn();
      served.finish();

      await expectReleased(seen, { kind: 'failed', name: 'ConnectionLost', message: expect.any(String) });
    });

    it('is lost when the body of a chunk is broken', async () => {
      const { seen, served } = await openLive();
      served.write(encodeFrame({ ':event-type': 'chunk', ':message-type': 'event' }, '{"bytes":"A*'));

      await expectReleased(seen, { kind: 'failed', name: 'ConnectionLost', message: expect.any(String) });
    });

    it.each([
      [403, 'AccessDeniedException', 'not yours'],
      [429, 'ThrottlingException', 'too many requests'],
      [400, 'ValidationException', 'no such model'],
      [503, 'ServiceUnavailableException', 'later'],
    ])('fails with name and status when the service refuses with %i', async (httpStatus, errorName, message) => {
      const { stream, seen } = open();
      stream.send(textEvent('first'));
      const served = await rig.server.streams.next();
      served.refuse(httpStatus, errorName, message);

      await expectReleased(seen, { kind: 'failed', name: errorName, message, httpStatus });
      expect(seen.openedCount).toBe(0);
      expect(rig.server.streams.all).toHaveLength(1);
    });

    it('is lost when nobody listens', async () => {
      const gone = await ModelServer.listen();
      const { url } = gone;
      await gone.close();
      const { stream, seen } = open(make({ endpoint: url }));
      stream.send(textEvent('first'));

      await expectReleased(seen, { kind: 'failed', name: 'ConnectionLost', message: expect.any(String) });
    });

    it('fails with the error of the credentials provider', async () => {
      const error = Object.assign(new Error('no credentials here'), { name: 'CredentialsProviderError' });
      const { seen } = open(make({ credentials: () => Promise.reject(error) }));

      await expectReleased(seen, { kind: 'failed', name: 'CredentialsProviderError', message: 'no credentials here' });
    });

    it('is over when the connection is cut', async () => {
      const { seen } = await openLive();
      rig.server.cutSockets();

      await expectReleased(
        seen,
        differences.seesLoss
          ? { kind: 'failed', name: 'ConnectionLost', message: expect.any(String) }
          : { kind: expect.stringMatching(/^(ended|failed)$/) },
      );
    });

    it('is lost when the stream is reset before the response head', async () => {
      const { seen } = open();
      const served = await rig.server.streams.next();
      served.reset(constants.NGHTTP2_INTERNAL_ERROR);

      await expectReleased(seen, { kind: 'failed', name: 'ConnectionLost', message: expect.any(String) });
    });

    it('is over when the stream is reset in the middle', async () => {
      const { seen, served } = await openLive();
      served.reset(constants.NGHTTP2_INTERNAL_ERROR);

      await expectReleased(
        seen,
        differences.seesLoss
          ? { kind: 'failed', name: 'ConnectionLost', message: expect.stringContaining('code 2') }
          : { kind: 'ended' },
      );
    });

    it('ends when the service ends, also unasked', async () => {
      const { stream, seen, served } = await openLive();
      served.event({ event: { last: 1 } });
      served.finish();

      await expectReleased(seen, { kind: 'ended' });
      expect(seen.events.all).toHaveLength(2);
      stream.send(textEvent('into the void'));
      stream.sendAudio(audioFrame(1), FRAME_MS);
      expect(stream.backlogMs).toBe(0);
    });

    it('lets the running stream finish after GOAWAY without an error', async () => {
      const { stream, seen, served } = await openLive();
      served.goaway(constants.NGHTTP2_NO_ERROR);
      await turn();
      stream.send(textEvent('second'));
      await served.frames.next();
      expect(contentOf((await served.frames.next()).text ?? '')).toBe('second');
      served.event({ event: { still: 'here' } });
      expect(await seen.events.next()).toEqual({ event: { still: 'here' } });
      stream.end();
      await served.inputEnded;
      served.finish();

      await expectReleased(seen, { kind: 'ended' });
    });

    it('receives what the service says after the end of our input', async () => {
      const { stream, seen, served } = await openLive();
      stream.end();
      stream.send(textEvent('too late'));
      await served.inputEnded;
      served.event({ event: { completionEnd: 1 } });
      served.finish();

      await expectReleased(seen, { kind: 'ended' });
      expect(seen.events.all).toHaveLength(2);
      expect(served.frames.all.map((frame) => frame.text)).toEqual([textEvent('first'), undefined]);
    });

    it('is lost when the service does not finish after the end of our input', async () => {
      const { stream, seen, served } = await openLive();
      stream.end();
      await served.inputEnded;
      clock.advance(FINISH_LIMIT_MS - 1);
      await turn();
      expect(seen.closedCount).toBe(0);
      clock.advance(1);

      await expectReleased(seen, {
        kind: 'failed',
        name: 'ConnectionLost',
        message: expect.stringContaining('finish'),
      });
    });

    it('is aborted at once in the middle, with a cancelled stream', async () => {
      const { stream, seen, served } = await openLive();
      stream.abort();
      stream.abort();

      await expectReleased(seen, { kind: 'aborted' });
      expect(await served.closed).toBe(constants.NGHTTP2_CANCEL);
    });

    it('is aborted while credentials are awaited for ever', async () => {
      const { stream, seen } = open(make({ credentials: () => new Promise(() => undefined) }));
      stream.send(textEvent('first'));
      await turn();
      stream.abort();

      await expectReleased(seen, { kind: 'aborted' });
      expect(rig.server.streams.all).toHaveLength(0);
    });

    it('is aborted right after it was opened, without calling back meanwhile', async () => {
      const { stream, seen } = open();
      stream.abort();
      expect(seen.closedCount).toBe(0);

      await expectReleased(seen, { kind: 'aborted' });
    });

    it('is aborted before the response head', async () => {
      const { stream, seen } = open();
      await rig.server.streams.next();
      stream.abort();

      await expectReleased(seen, { kind: 'aborted' });
    });

    it('aborts what is open when the transport is closed', async () => {
      const [one, two] = [open(), open()];
      await rig.server.streams.next();
      await rig.server.streams.next();
      rig.transport.close();

      await expectReleased(one.seen, { kind: 'aborted' });
      await expectReleased(two.seen, { kind: 'aborted' });
    });

    it('ends the stream, and nothing else, when the receiver of an event throws', async () => {
      const seen = new Recorder();
      const broken = new Error('receiver is broken');
      const throwing: ModelStreamHandlers = {
        opened: (info) => seen.opened(info),
        event: () => {
          throw broken;
        },
        dropped: (durationMs: number) => seen.dropped(durationMs),
        closed: (outcome: StreamOutcome) => seen.closed(outcome),
      };
      rig.transport.open({ modelId: MODEL_ID, maxBacklogMs: 1000 }, throwing);
      const served = await rig.server.streams.next();
      served.respond();
      served.event({ event: {} });

      await expectReleased(seen, { kind: 'failed', name: 'ConnectionLost', message: broken.message, cause: broken });
    });
  });
}
