import { describe, expect, it } from 'vitest';
import { openLeg } from './leg-rig.js';

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

describe('a stream that is opened held', () => {
  const CONFIGURED = OPENING.slice(0, -1);
  const history = [
    { role: 'caller' as const, text: 'one' },
    { role: 'agent' as const, text: 'two' },
  ];

  it('is configured, and takes nothing before it begins', () => {
    const { leg, names } = openLeg({ history }, { held: true });
    leg.hear(FRAME, 20);
    leg.tell('Greet the caller');
    leg.answerTool('t1', {});

    expect(names()).toEqual(CONFIGURED);
  });

  it('begins once, with the history that it is given then, before the audio', () => {
    const { leg, sent, names } = openLeg({ history: [{ role: 'caller', text: 'old' }] }, { held: true });
    leg.begin(history);
    leg.begin(history);
    leg.hear(FRAME, 20);

    const texts = sent.filter(({ name }) => name === 'textInput').map(({ body }) => body.content);
    const starts = sent.filter(({ name }) => name === 'contentStart').map(({ body }) => `${body.type} ${body.role}`);
    expect(texts).toEqual(['You help.', 'one', 'two']);
    expect(starts).toEqual(['TEXT SYSTEM', 'TEXT USER', 'TEXT ASSISTANT', 'AUDIO USER']);
    expect(names().at(-1)).toBe('audioInput');
  });

  it('is ended in the legal order although it never began', () => {
    const { leg, names, ended } = openLeg({}, { held: true });
    leg.close();
    leg.begin(history);

    expect(names()).toEqual([...OPENING, 'audioInput', 'contentEnd', 'promptEnd', 'sessionEnd']);
    expect(ended()).toBe(1);
  });

  it('begins at once when it is not held, and not again', () => {
    const { leg, names } = openLeg();
    leg.begin(history);

    expect(names()).toEqual(OPENING);
  });
});

describe('opening', () => {
  it('tells when it was asked for, and when it stands until when its credentials are good', () => {
    const { leg, clock, handlers, events } = openLeg();
    clock.advance(300);
    handlers().opened({ credentialsExpireAtMs: 7000 });

    expect(leg.openedAtMs).toBe(1000);
    expect(events).toEqual([{ kind: 'ready', credentialsExpireAtMs: 7000 }]);
  });
});

describe('giving up', () => {
  it('breaks the stream off without the order of an end, and nothing follows', () => {
    const { leg, names, aborted, handlers, events } = openLeg();
    leg.abort();
    leg.hear(FRAME, 20);
    leg.close();
    handlers().closed({ kind: 'aborted' });

    expect(names()).toEqual(OPENING);
    expect(aborted()).toBe(1);
    expect(events).toEqual([{ kind: 'closed', asked: true, reason: 'aborted' }]);
  });

  it('breaks off a stream that is ending, too', () => {
    const { leg, aborted } = openLeg();
    leg.close();
    leg.abort();

    expect(aborted()).toBe(1);
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
    expect(lost.events).toEqual([
      { kind: 'closed', asked: false, reason: 'ModelTimeoutException: timed out', loss: 'expired' },
    ]);

    const silent = openLeg();
    silent.handlers().closed({ kind: 'ended' });
    expect(silent.events).toEqual([
      { kind: 'closed', asked: false, reason: expect.stringContaining('StreamEnded'), loss: 'ended' },
    ]);

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
