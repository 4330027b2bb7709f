import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../src/clock.js';
import type { Fault } from '../../../src/emulator/bedrock/faults.js';
import { ModelService } from '../../../src/emulator/bedrock/service.js';
import { countingIds } from '../../../src/ids.js';
import { VOICE_DIR } from '../../../src/replay/fixture/fixture.js';
import { memoryTransport } from '../../../src/replay/virtual/model-transport.js';
import type { StreamOutcome } from '../../../src/sonic/stream.js';

const MODEL_ID = 'amazon.nova-2-sonic-v1:0';

function place(modelId = MODEL_ID) {
  const clock = new FakeClock();
  const service = new ModelService({ clock, ids: countingIds(), voiceDir: VOICE_DIR });
  const transport = memoryTransport(service, { region: 'us-east-1', clock });
  const seen: string[] = [];
  const outcomes: StreamOutcome[] = [];
  const stream = transport.open(
    { modelId, maxBacklogMs: 3000 },
    {
      opened: () => seen.push('opened'),
      event: (json) => seen.push(Object.keys(JSON.parse(json.toString()).event)[0] ?? ''),
      dropped: () => seen.push('dropped'),
      closed: (outcome) => outcomes.push(outcome),
    },
  );
  return { clock, service, transport, stream, seen, outcomes };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a stream to the model in memory', () => {
  it('is opened a moment later, and takes events from the beginning', async () => {
    const { service, stream, seen } = place();
    stream.send(JSON.stringify({ event: { sessionStart: { inferenceConfiguration: {} } } }));
    expect(seen).toEqual([]);
    await settled();

    expect(seen).toEqual(['opened']);
    expect(service.sessions[0]?.eventsIn).toEqual([{ name: 'sessionStart', count: 1 }]);
  });

  it('is refused for a model that is not there', async () => {
    const { outcomes, seen } = place('amazon.nova-9-sonic-v1:0');
    await settled();

    expect(seen).toEqual([]);
    expect(outcomes).toMatchObject([{ kind: 'failed', name: 'ResourceNotFoundException', httpStatus: 404 }]);
  });

  it.each([
    ['429', { kind: 'http', status: 429 }, [], { name: 'ThrottlingException', httpStatus: 429 }],
    ['a refused connection', { kind: 'refuse' }, [], { name: 'ConnectionLost' }],
    ['a reset right after the answer', { kind: 'tcpReset' }, ['opened'], { name: 'ConnectionLost' }],
  ] as const)('fails as the service is told to: %s', async (_title, fault, events, outcome) => {
    const { service, seen, outcomes } = place();
    service.failNext(fault);
    await settled();

    expect(seen).toEqual(events);
    expect(outcomes).toMatchObject([{ kind: 'failed', ...outcome }]);
  });

  it('waits for ever when its request is never answered, until it is given up', async () => {
    const { service, stream, seen, outcomes } = place();
    service.failNext({ kind: 'hang' });
    await settled();
    expect([seen, outcomes, service.sessions]).toEqual([[], [], []]);

    stream.abort();
    await settled();
    expect(outcomes).toEqual([{ kind: 'aborted' }]);
  });

  it('ends with the rule that was broken', async () => {
    const { stream, outcomes } = place();
    stream.send('{"event":{"promptStart":{}}}');
    await settled();

    expect(outcomes).toMatchObject([{ kind: 'failed', name: 'ValidationException' }]);
  });

  it('ends in order when it is ended, and at once when it is given up', async () => {
    const ended = place();
    ended.stream.end();
    ended.stream.end();
    const aborted = place();
    await settled();
    aborted.transport.close();
    await settled();

    expect(ended.outcomes).toEqual([{ kind: 'ended' }]);
    expect(aborted.outcomes).toEqual([{ kind: 'aborted' }]);
    expect(aborted.service.sessions[0]?.endedBy).toBe('clientAborted');
    expect(ended.clock.pendingTimers + aborted.clock.pendingTimers).toBe(0);
  });

  it.each<[Fault, Partial<StreamOutcome>]>([
    [
      { kind: 'exception', type: 'throttlingException', message: 'slow down' },
      { kind: 'failed', name: 'ThrottlingException', message: 'slow down' },
    ],
    [
      { kind: 'errorFrame', code: 'Broken', message: 'no idea' },
      { kind: 'failed', name: 'Broken', message: 'no idea' },
    ],
    [
      { kind: 'reset', code: 'INTERNAL_ERROR' },
      { kind: 'failed', name: 'ConnectionLost', message: 'the stream was reset with code 2' },
    ],
    [{ kind: 'tcpReset' }, { kind: 'failed', name: 'ConnectionLost' }],
    [{ kind: 'truncatedFrame' }, { kind: 'failed', name: 'ConnectionLost', message: 'response frame: cut' }],
    [{ kind: 'badCrc' }, { kind: 'failed', name: 'ConnectionLost' }],
    [{ kind: 'end' }, { kind: 'ended' }],
  ])('ends by the fault %j as a connection does', async (fault, outcome) => {
    const { service, outcomes } = place();
    await settled();
    service.sessions[0]?.fail(fault);
    await settled();

    expect(outcomes).toHaveLength(1);
    expect(outcomes[0]).toMatchObject(outcome);
  });

  it('goes on after what is no end', async () => {
    const { service, outcomes, seen } = place();
    await settled();
    service.sessions[0]?.fail({ kind: 'goAway' });
    service.sessions[0]?.fail({ kind: 'unknownEvent' });
    await settled();

    expect(seen).toEqual(['opened', 'userSpeechEnd']);
    expect(outcomes).toEqual([]);
  });

  it('wants the words around audio first', () => {
    const { stream } = place();

    expect(() => stream.sendAudio(new Uint8Array(2), 1)).toThrow('before its envelope');
  });
});
