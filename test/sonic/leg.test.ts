import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { VoiceEvent, VoiceProfile } from '../../src/call/ports.js';
import { countingIds } from '../../src/ids.js';
import { pieces } from '../../src/sonic/input.js';
import { sonicModel } from '../../src/sonic/leg.js';
import type { ModelStreamHandlers, ModelTransport } from '../../src/sonic/stream.js';

const PROFILE: VoiceProfile = {
  modelId: 'amazon.nova-2-sonic-v1:0',
  systemPrompt: 'You help.',
  voiceId: 'matthew',
  endpointing: undefined,
  inference: { maxTokens: 1024, topP: 0.9, temperature: 0.7 },
  audio: { inputRateHz: 16000, outputRateHz: 24000 },
  tools: [],
  history: [],
};

type Sent = { name: string; body: Record<string, unknown> };

function openLeg(profile: Partial<VoiceProfile> = {}) {
  const sent: Sent[] = [];
  let handlers: ModelStreamHandlers | undefined;
  let ended = 0;
  const transport: ModelTransport = {
    region: 'us-east-1',
    open(_options, given) {
      handlers = given;
      return {
        backlogMs: 0,
        send: (json) => {
          const [name, body] = Object.entries(
            (JSON.parse(json) as { event: Record<string, Record<string, unknown>> }).event,
          )[0]!;
          sent.push({ name, body });
        },
        setAudioEnvelope: () => undefined,
        sendAudio: (_s16le, durationMs) => sent.push({ name: 'audioInput', body: { durationMs } }),
        end: () => ended++,
        abort: () => undefined,
      };
    },
    close: () => undefined,
  };
  const events: VoiceEvent[] = [];
  const audio: string[] = [];
  const leg = sonicModel(transport, countingIds()).open(
    { ...PROFILE, ...profile },
    { event: (event) => events.push(event), audio: (blockId) => audio.push(blockId) },
  );
  const output = (event: unknown) => handlers!.event(Buffer.from(JSON.stringify({ event })));
  return {
    leg,
    sent,
    names: () => sent.map(({ name }) => name),
    events,
    audio,
    output,
    handlers: () => handlers!,
    ended: () => ended,
  };
}

const OPENING = ['sessionStart', 'promptStart', 'contentStart', 'textInput', 'contentEnd', 'contentStart'];
const FRAME = new Uint8Array(640);

describe('the opening of a stream', () => {
  it('follows the order that the service demands', () => {
    const { names, sent } = openLeg();

    expect(names()).toEqual(OPENING);
    expect(sent[2]!.body).toMatchObject({ type: 'TEXT', role: 'SYSTEM', interactive: false });
    expect(sent[5]!.body).toMatchObject({ type: 'AUDIO', role: 'USER', interactive: true });
  });

  it('says nothing of tools when there are none, and sends schemas as text when there are', () => {
    const without = openLeg().sent[1]!.body;
    expect(without).not.toHaveProperty('toolConfiguration');
    expect(without).not.toHaveProperty('toolUseOutputConfiguration');

    const tools = [{ name: 'f', description: 'd', inputSchema: { type: 'object' } }];
    const { toolConfiguration } = openLeg({ tools }).sent[1]!.body as {
      toolConfiguration: { tools: { toolSpec: { inputSchema: { json: string } } }[] };
    };
    expect(JSON.parse(toolConfiguration.tools[0]!.toolSpec.inputSchema.json)).toEqual({ type: 'object' });
  });

  it('gives the endpointing sensitivity to the second generation only', () => {
    const second = openLeg({ endpointing: 'HIGH' }).sent[0]!.body;
    const first = openLeg({ endpointing: 'HIGH', modelId: 'amazon.nova-sonic-v1:0' }).sent[0]!.body;

    expect(second.turnDetectionConfiguration).toEqual({ endpointingSensitivity: 'HIGH' });
    expect(first).not.toHaveProperty('turnDetectionConfiguration');
  });

  it('puts history between system prompt and audio, beginning with the caller, roles in turn', () => {
    const { sent } = openLeg({
      history: [
        { role: 'agent', text: 'Hello' },
        { role: 'caller', text: 'one' },
        { role: 'caller', text: 'two' },
        { role: 'agent', text: 'three' },
      ],
    });

    const texts = sent.filter(({ name }) => name === 'textInput').map(({ body }) => body.content);
    const roles = sent.filter(({ name }) => name === 'contentStart').map(({ body }) => body.role);
    expect(texts).toEqual(['You help.', 'one two', 'three']);
    expect(roles).toEqual(['SYSTEM', 'USER', 'ASSISTANT', 'USER']);
  });

  it('sends long prompts in pieces that the service takes, whole when put together', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 3000 }), (text) => {
        expect(pieces(text).join('')).toBe(text);
        expect(pieces(text).every((piece) => Buffer.byteLength(piece) <= 1000)).toBe(true);
      }),
    );
  });
});

describe('live text', () => {
  it('is primed with silence when the model has heard too little to answer it', () => {
    const { leg, names } = openLeg();
    leg.tell('Greet the caller');

    expect(names().slice(OPENING.length)).toEqual(['audioInput', 'contentStart', 'textInput', 'contentEnd']);
  });

  it('needs no priming once audio flows', () => {
    const { leg, names } = openLeg();
    for (let i = 0; i < 5; i++) leg.hear(FRAME, 20);
    leg.tell('Greet the caller');

    expect(names().filter((name) => name === 'audioInput')).toHaveLength(5);
  });

  it('is never sent to the first generation', () => {
    const { leg, names } = openLeg({ modelId: 'amazon.nova-sonic-v1:0' });
    leg.tell('Greet the caller');

    expect(names()).toEqual(OPENING);
  });
});

describe('tool results', () => {
  const toolUse = { toolUse: { toolUseId: 't1', toolName: 'f', content: '{"a":1}' } };

  it('answer a call of this stream once', () => {
    const { leg, sent, output, events } = openLeg();
    output(toolUse);
    expect(events).toEqual([{ kind: 'toolCalled', callId: 't1', name: 'f', input: { a: 1 } }]);

    leg.answerTool('t1', { ok: true });
    leg.answerTool('t1', { ok: true });

    const results = sent.filter(({ name }) => name === 'toolResult');
    expect(results).toHaveLength(1);
    expect(JSON.parse(results[0]!.body.content as string)).toEqual({ ok: true });
  });

  it('for calls that this stream never made are not sent: the service would end the stream', () => {
    const { leg, names } = openLeg();
    leg.answerTool('t9', {});

    expect(names()).toEqual(OPENING);
  });
});

describe('closing', () => {
  it('ends audio, prompt and session in this order, then the input', () => {
    const { leg, names, ended } = openLeg();
    leg.hear(FRAME, 20);
    leg.close();
    leg.close();

    expect(names().slice(-3)).toEqual(['contentEnd', 'promptEnd', 'sessionEnd']);
    expect(ended()).toBe(1);
  });

  it('fills an audio block that nobody has spoken into: an empty one cannot be ended', () => {
    const { leg, names } = openLeg();
    leg.close();

    expect(names().slice(OPENING.length)).toEqual(['audioInput', 'contentEnd', 'promptEnd', 'sessionEnd']);
  });

  it('lets nothing follow', () => {
    const { leg, names } = openLeg();
    leg.close();
    const count = names().length;

    leg.hear(FRAME, 20);
    leg.tell('more');
    leg.answerTool('t1', {});

    expect(names()).toHaveLength(count);
  });

  it('that was not asked for is a loss, told with its cause', () => {
    const lost = openLeg();
    lost.handlers().closed({ kind: 'failed', name: 'ModelTimeoutException', message: 'timed out' });
    expect(lost.events).toEqual([{ kind: 'closed', asked: false, reason: 'ModelTimeoutException: timed out' }]);

    const silent = openLeg();
    silent.handlers().closed({ kind: 'ended' });
    expect(silent.events).toEqual([{ kind: 'closed', asked: false, reason: expect.stringContaining('StreamEnded') }]);

    const asked = openLeg();
    asked.leg.close();
    asked.handlers().closed({ kind: 'ended' });
    expect(asked.events).toEqual([{ kind: 'closed', asked: true, reason: 'ended' }]);
  });
});

describe('what the model says', () => {
  const text = (id: string, role: string, generationStage: string, content: string) => [
    { contentStart: { contentId: id, type: 'TEXT', role, additionalModelFields: JSON.stringify({ generationStage }) } },
    { textOutput: { contentId: id, role, content } },
    { contentEnd: { contentId: id, type: 'TEXT', stopReason: 'PARTIAL_TURN' } },
  ];

  it('comes in our words, empty transcripts left out', () => {
    const { output, events, audio } = openLeg();
    for (const event of [
      ...text('u1', 'USER', 'FINAL', 'go forward'),
      ...text('u2', 'USER', 'FINAL', '  '),
      ...text('a1', 'ASSISTANT', 'SPECULATIVE', 'Going.'),
      { contentStart: { contentId: 'b1', type: 'AUDIO', role: 'ASSISTANT' } },
      { audioOutput: { contentId: 'b1', content: 'AAAA' } },
      { contentEnd: { contentId: 'b1', type: 'AUDIO', stopReason: 'END_TURN' } },
      ...text('a2', 'ASSISTANT', 'FINAL', 'Going.'),
    ]) {
      output(event);
    }

    expect(events).toEqual([
      { kind: 'callerText', text: 'go forward' },
      { kind: 'agentText', text: 'Going.', stage: 'spoken' },
      { kind: 'audioStarted', blockId: 'b1' },
      { kind: 'audioEnded', blockId: 'b1', turnEnded: true },
      { kind: 'agentText', text: 'Going.', stage: 'confirmed' },
    ]);
    expect(audio).toEqual(['b1']);
  });

  it('is one interruption, however many events tell of it', () => {
    const { output, events } = openLeg();
    output({ contentStart: { contentId: 'b1', type: 'AUDIO', role: 'ASSISTANT' } });
    output({
      contentStart: {
        contentId: 'i1',
        type: 'TEXT',
        role: 'ASSISTANT',
        additionalModelFields: '{"generationStage":"FINAL"}',
      },
    });
    output({ textOutput: { contentId: 'i1', content: '{ "interrupted" : true }' } });
    output({ contentEnd: { contentId: 'i1', type: 'TEXT', stopReason: 'INTERRUPTED' } });
    output({ contentEnd: { contentId: 'b1', type: 'AUDIO', stopReason: 'INTERRUPTED' } });

    expect(events.filter(({ kind }) => kind === 'interrupted')).toHaveLength(1);
  });

  it('is no interruption when words of a cut turn end late as interrupted', () => {
    const { output, events } = openLeg();
    output({ contentStart: { contentId: 'b1', type: 'AUDIO', role: 'ASSISTANT' } });
    output({ textOutput: { contentId: 'i1', content: '{ "interrupted" : true }' } });
    output({ contentStart: { contentId: 'b2', type: 'AUDIO', role: 'ASSISTANT' } });
    output({ contentEnd: { contentId: 'b1', type: 'AUDIO', stopReason: 'INTERRUPTED' } });
    for (const event of text('a1', 'ASSISTANT', 'FINAL', 'What was spoken')) output(event);
    output({
      contentStart: {
        contentId: 'a2',
        type: 'TEXT',
        role: 'ASSISTANT',
        additionalModelFields: '{"generationStage":"FINAL"}',
      },
    });
    output({ textOutput: { contentId: 'a2', content: 'of it' } });
    output({ contentEnd: { contentId: 'a2', type: 'TEXT', stopReason: 'INTERRUPTED' } });

    expect(events.filter(({ kind }) => kind === 'interrupted')).toHaveLength(1);
  });

  it('is counted and passed over when it makes no sense', () => {
    const { output, events, handlers } = openLeg();
    output({ userSpeechEnd: {} });
    handlers().event(Buffer.from('not json'));
    output({ textOutput: { contentId: 'x', content: 'y'.repeat(300_000), role: 'ASSISTANT' } });
    output({ textOutput: { contentId: 'x', content: 'of nobody' } });

    expect(events.map((event) => (event.kind === 'faulted' ? event.code : event.kind))).toEqual([
      'VOICE_EVENT_UNKNOWN',
      'VOICE_EVENT_INVALID',
      'VOICE_EVENT_OVERSIZED',
      'VOICE_EVENT_INVALID',
    ]);
  });

  it('ends a turn at completionEnd where no audio block did', () => {
    const { output, events } = openLeg();
    output({ contentStart: { contentId: 'b1', type: 'AUDIO', role: 'ASSISTANT' } });
    output({ contentEnd: { contentId: 'b1', type: 'AUDIO', stopReason: 'PARTIAL_TURN' } });
    output({ completionEnd: { stopReason: 'END_TURN' } });

    expect(events.slice(1)).toEqual([
      { kind: 'audioEnded', blockId: 'b1', turnEnded: false },
      { kind: 'audioEnded', blockId: 'b1', turnEnded: true },
    ]);
  });
});
