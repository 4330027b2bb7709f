import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CollectedSpan, startCollector } from './collector.js';
import { agentTurn, CALL_SID, callerTurn, RANG, STREAM, TOOL, traced } from './rig.js';

let collector: Awaited<ReturnType<typeof startCollector>>;
let call: Awaited<ReturnType<typeof traced>>;

beforeEach(async () => {
  collector = await startCollector();
  call = await traced(collector.url);
});

afterEach(async () => {
  await call.traces.close();
  await collector.close();
});

const collected = async () => {
  await call.traces.close();
  return collector.spans();
};
const named = (spans: CollectedSpan[], name: string) => spans.filter((span) => span.name === name);
const answer = () => {
  call.tell(RANG);
  call.clock.advance(1500);
  call.tell({ kind: 'answered' });
};
const end = () => call.tell({ kind: 'ended', endReason: 'caller-hung-up' });

describe('the spans of a call', () => {
  it('are one for the call, and below it its turns, tools and model streams, at the times on record', async () => {
    answer();
    call.tell({ kind: 'streamChanged', index: 0, stream: STREAM });
    call.clock.advance(2100);
    call.tell({ kind: 'turnChanged', index: 0, turn: callerTurn() });
    call.clock.advance(1900);
    call.tell({ kind: 'toolChanged', toolCall: TOOL });
    call.clock.advance(800);
    call.tell({ kind: 'toolChanged', toolCall: { ...TOOL, durationMs: 800, outcome: 'answered' } });
    call.tell({ kind: 'turnChanged', index: 1, turn: agentTurn({ startMs: 4900, endMs: 5800 }) });
    call.clock.advance(1200);
    call.tell({ kind: 'streamChanged', index: 0, stream: { ...STREAM, closedMs: 6000, closed: 'ended' } });
    end();

    const spans = await collected();

    const top = spans.find((span) => span.name === 'call')!;
    expect(new Set(spans.map((span) => span.traceId)).size).toBe(1);
    expect(top.parentSpanId).toBeUndefined();
    expect(spans.filter((span) => span !== top).every((span) => span.parentSpanId === top.spanId)).toBe(true);
    const answeredMs = call.startMs + 1500;
    const times = spans.map(({ name, kind, startMs, endMs }) => [name, kind, startMs - answeredMs, endMs - answeredMs]);
    expect(times).toHaveLength(5);
    expect(times).toEqual(
      expect.arrayContaining([
        ['call', 'server', -1500, 6000],
        ['caller turn', 'internal', 1000, 2000],
        ['agent turn', 'internal', 4900, 5800],
        ['execute_tool orders', 'internal', 4000, 4800],
        ['generate_content amazon.nova-2-sonic-v1:0', 'client', 0, 6000],
      ]),
    );
    expect(spans.map((span) => span.error)).toEqual([undefined, undefined, undefined, undefined, undefined]);
  });

  it('carry the call and its agent, and what they are by the semantic conventions', async () => {
    answer();
    call.tell({ kind: 'streamChanged', index: 0, stream: STREAM });
    for (const speechTokens of [100, 50]) {
      const usage = { input: { speechTokens, textTokens: 7 }, output: { speechTokens: 20, textTokens: 3 } };
      call.tell({ kind: 'used', usage });
    }
    call.tell({ kind: 'toolChanged', toolCall: TOOL });
    call.tell({ kind: 'toolChanged', toolCall: { ...TOOL, durationMs: 10, outcome: 'answered' } });
    call.tell({ kind: 'streamChanged', index: 0, stream: { ...STREAM, closedMs: 100, closed: 'ended' } });
    end();

    const spans = await collected();

    for (const { attributes } of spans) {
      expect(attributes).toMatchObject({
        'gen_ai.conversation.id': CALL_SID,
        'gen_ai.agent.id': 'agent_1',
        'gen_ai.agent.version': '3',
      });
    }
    expect(named(spans, 'execute_tool orders')[0]!.attributes).toMatchObject({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'orders',
      'gen_ai.tool.type': 'function',
      'gen_ai.tool.call.id': 'tool-use-1',
      'oratio.tool.kind': 'agentcore',
      'oratio.tool.outcome': 'answered',
    });
    expect(spans.find((span) => span.kind === 'client')!.attributes).toMatchObject({
      'gen_ai.operation.name': 'generate_content',
      'gen_ai.provider.name': 'aws.bedrock',
      'gen_ai.request.model': 'amazon.nova-2-sonic-v1:0',
      'gen_ai.output.type': 'speech',
      'cloud.region': 'us-east-1',
      'gen_ai.usage.input_tokens': 164,
      'gen_ai.usage.audio.input_tokens': 150,
      'gen_ai.usage.text.input_tokens': 14,
      'gen_ai.usage.output_tokens': 46,
      'gen_ai.usage.audio.output_tokens': 40,
      'gen_ai.usage.text.output_tokens': 6,
    });
    expect(named(spans, 'call')[0]!.attributes).toMatchObject({
      'oratio.call.direction': 'inbound',
      'oratio.call.test': false,
      'oratio.call.end_reason': 'caller-hung-up',
    });
  });

  it('add up what is told of silence and missing audio part by part', async () => {
    answer();
    for (const deadAirMs of [4500, 6000]) {
      call.tell({ kind: 'audioCounted', audio: { deadAirMs, filledMs: 20, droppedMs: 0, clears: 1 } });
    }
    end();

    const [top] = named(await collected(), 'call');

    expect(top!.attributes).toMatchObject({
      'oratio.audio.dead_air_ms': 10_500,
      'oratio.audio.filled_ms': 40,
      'oratio.audio.clears': 2,
    });
  });

  it('say how a turn went: where its response gap lies, what was heard of it, whether it was cut', async () => {
    answer();
    const responseGapParts = { endpointing: 800, model: 300, tools: 0, bridge: 5, playout: 95 };
    const gap = { responseGapMs: 1200, responseGapFromTurnEndMs: 400, responseGapParts };
    call.tell({ kind: 'turnChanged', index: 0, turn: agentTurn({ ...gap, interrupted: true, sensitive: true }) });
    end();

    const [turn] = named(await collected(), 'agent turn');

    expect(turn!.attributes).toMatchObject({
      'gen_ai.operation.name': 'invoke_agent',
      'oratio.turn.index': 0,
      'oratio.turn.interrupted': true,
      'oratio.turn.heard_ms': 900,
      'oratio.turn.response_gap_ms': 1200,
      'oratio.turn.response_gap_from_turn_end_ms': 400,
      'oratio.turn.response_gap.endpointing_ms': 800,
      'oratio.turn.response_gap.playout_ms': 95,
      'oratio.turn.sensitive': true,
    });
  });

  it('tell a turn once, as it was in the end, also when the other side spoke meanwhile', async () => {
    answer();
    call.tell({ kind: 'turnChanged', index: 0, turn: agentTurn({ startMs: 100, endMs: 100, heardMs: 0 }) });
    call.tell({ kind: 'turnChanged', index: 1, turn: callerTurn() });
    call.tell({ kind: 'turnChanged', index: 0, turn: agentTurn({ startMs: 150, endMs: 2500, interrupted: true }) });
    call.tell({ kind: 'turnChanged', index: 2, turn: agentTurn() });
    // The model's late word on what it spoke.
    call.tell({ kind: 'turnChanged', index: 0, turn: agentTurn({ startMs: 150, endMs: 2500, interrupted: true }) });
    end();

    const turns = (await collected()).filter((span) => span.name.endsWith(' turn'));

    const answeredMs = call.startMs + 1500;
    expect(turns.map(({ name, startMs, endMs }) => [name, startMs - answeredMs, endMs - answeredMs]).sort()).toEqual([
      ['agent turn', 150, 2500],
      ['agent turn', 3000, 3900],
      ['caller turn', 1000, 2000],
    ]);
  });

  it('hold moments of the call: when it was answered, interrupted, at fault, put through', async () => {
    answer();
    call.clock.advance(10);
    call.tell({ kind: 'interrupted', unheardMs: 480 });
    call.clock.advance(10);
    call.tell({ kind: 'faulted', code: 'TWILIO_PEER_SLOW', count: 2 });
    call.clock.advance(10);
    call.tell({ kind: 'keysEntered', count: 4 });
    call.clock.advance(10);
    call.tell({ kind: 'transferred', to: '+14155550103' });
    end();

    const [top] = named(await collected(), 'call');

    const answeredMs = call.startMs + 1500;
    expect(top!.events.map(({ name, atMs, attributes }) => [name, atMs - answeredMs, attributes])).toEqual([
      ['answered', 0, {}],
      ['interrupted', 10, { 'oratio.unheard_ms': 480 }],
      ['faulted', 20, { 'error.type': 'TWILIO_PEER_SLOW', 'oratio.fault.count': 2 }],
      ['keys_entered', 30, { 'oratio.keys.count': 4 }],
      ['transferred', 40, {}],
    ]);
  });

  it('last as long as it rang when nobody was served', async () => {
    call.tell({ ...RANG, direction: 'outbound' } as typeof RANG);
    call.clock.advance(20_000);
    call.tellOutside({ kind: 'carrierReported', status: 'no-answer' });
    call.tellOutside({ kind: 'ended', endReason: 'failed' });

    const [top] = await collected();

    expect(top).toMatchObject({ name: 'call', kind: 'client', startMs: call.startMs, endMs: call.startMs + 20_000 });
    expect(top!.attributes).toMatchObject({ 'oratio.call.carrier_status': 'no-answer' });
    expect(top!.error).toBe('failed');
  });

  it('end as errors by code: a stream that was lost, a call that failed', async () => {
    answer();
    call.tell({ kind: 'streamChanged', index: 0, stream: STREAM });
    const closed = 'ModelTimeoutException: the model of account 123456789012 took too long';
    call.tell({ kind: 'streamChanged', index: 0, stream: { ...STREAM, closedMs: 900, closed } });
    call.tell({ kind: 'ended', endReason: 'failed' });

    const spans = await collected();

    const stream = spans.find((span) => span.kind === 'client')!;
    expect(stream.error).toBe('VOICE_STREAM_LOST');
    expect(stream.attributes).toMatchObject({
      'error.type': 'VOICE_STREAM_LOST',
      'oratio.stream.closed': 'ModelTimeoutException',
    });
    expect(named(spans, 'call')[0]).toMatchObject({ error: 'failed', attributes: { 'error.type': 'failed' } });
  });

  it('end as errors by the code on record, also of what the call itself refused', async () => {
    answer();
    call.tell({ kind: 'toolChanged', toolCall: TOOL });
    call.tell({ kind: 'toolChanged', toolCall: { ...TOOL, outcome: 'failed', code: 'DIAL_NOT_ALLOWED' } });
    end();

    const [tool] = named(await collected(), 'execute_tool orders');

    expect(tool).toMatchObject({ error: 'DIAL_NOT_ALLOWED', attributes: { 'error.type': 'DIAL_NOT_ALLOWED' } });
  });

  it('are no errors when nobody waited for a tool any more, or a stream was renewed', async () => {
    answer();
    call.tell({ kind: 'streamChanged', index: 0, stream: STREAM });
    call.tell({ kind: 'toolChanged', toolCall: TOOL });
    call.tell({ kind: 'toolChanged', toolCall: { ...TOOL, durationMs: 5, outcome: 'aborted' } });
    call.tell({ kind: 'streamChanged', index: 0, stream: { ...STREAM, closedMs: 900, closed: 'renewed' } });
    end();

    expect((await collected()).map((span) => span.error)).toEqual([undefined, undefined, undefined]);
  });

  it('go on in the same trace when the call comes back to a new media stream', async () => {
    answer();
    call.clock.advance(5000);
    end();
    call.clock.advance(2000);
    call.tell({ kind: 'answered' });
    call.tell({ kind: 'turnChanged', index: 4, turn: callerTurn() });
    call.clock.advance(3000);
    end();

    const spans = await collected();

    const [first, second] = named(spans, 'call').sort((a, b) => a.startMs - b.startMs);
    expect(second).toMatchObject({ traceId: first!.traceId, parentSpanId: first!.spanId });
    expect(second!.attributes).toMatchObject({ 'oratio.call.resumed': true, 'gen_ai.agent.id': 'agent_1' });
    expect(second!.startMs - first!.endMs).toBe(2000);
    expect(named(spans, 'caller turn')[0]).toMatchObject({
      parentSpanId: second!.spanId,
      startMs: second!.startMs + 1000,
    });
  });

  it('begin with the media stream when the call rang at another instance', async () => {
    call.tell({ kind: 'answered' });
    call.clock.advance(100);
    end();

    const [top] = await collected();

    expect(top).toMatchObject({ name: 'call', startMs: call.startMs, endMs: call.startMs + 100 });
    expect(top!.parentSpanId).toBeUndefined();
  });

  it('never hold words or telephone numbers', async () => {
    const secret = 'my card is 4111';
    const number = '+14155550101';
    call.tell({ ...RANG, variables: { name: secret } } as typeof RANG);
    call.tell({ kind: 'answered' });
    call.tell({ kind: 'turnChanged', index: 0, turn: callerTurn({ text: secret }) });
    call.tell({ kind: 'turnChanged', index: 1, turn: agentTurn({ text: secret, heardText: secret }) });
    const data = { input: { said: secret }, output: { error: secret } };
    const toolCall = { ...TOOL, ...data, id: secret, name: secret };
    call.tell({ kind: 'toolChanged', toolCall });
    call.tell({ kind: 'toolChanged', toolCall: { ...toolCall, outcome: 'failed' } });
    call.tell({ kind: 'streamChanged', index: 0, stream: STREAM });
    call.tell({ kind: 'streamChanged', index: 0, stream: { ...STREAM, closedMs: 1, closed: secret } });
    call.tell({ kind: 'answererDetected', answeredBy: secret });
    call.tell({ kind: 'carrierReported', status: secret });
    call.tell({ kind: 'transferred', to: number });
    end();

    const spans = await collected();

    expect(spans).toHaveLength(5);
    expect(named(spans, 'execute_tool _OTHER')[0]!.error).toBe('_OTHER');
    // Identifiers are random, and hold any digits.
    const text = JSON.stringify(
      spans.map(({ traceId: _trace, spanId: _span, parentSpanId: _parent, ...told }) => told),
    );
    expect(text).not.toContain('4111');
    expect(text).not.toMatch(/\+?1415555/);
  });
});
