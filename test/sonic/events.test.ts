import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSonicEvent } from '../../src/sonic/events.js';

const parse = (event: unknown) => parseSonicEvent(Buffer.from(JSON.stringify({ event })));
const IDS = { sessionId: 's', promptName: 'p', completionId: 'c', contentId: 'b1' };
const stage = (generationStage: string) => JSON.stringify({ generationStage });

describe('output events', () => {
  it.each([
    ['completionStart', { completionStart: IDS }, { kind: 'completionStarted' }],
    ['completionEnd', { completionEnd: { ...IDS, stopReason: 'END_TURN' } }, { kind: 'completionEnded' }],
    [
      'speculative text of the agent',
      { contentStart: { ...IDS, type: 'TEXT', role: 'ASSISTANT', additionalModelFields: stage('SPECULATIVE') } },
      { kind: 'contentStarted', contentId: 'b1', type: 'TEXT', role: 'agent', isFinal: false },
    ],
    [
      'final text of the caller',
      { contentStart: { ...IDS, type: 'TEXT', role: 'USER', additionalModelFields: stage('FINAL') } },
      { kind: 'contentStarted', contentId: 'b1', type: 'TEXT', role: 'caller', isFinal: true },
    ],
    [
      'text without fields of the model',
      { contentStart: { ...IDS, type: 'TEXT', role: 'ASSISTANT' } },
      { kind: 'contentStarted', contentId: 'b1', type: 'TEXT', role: 'agent', isFinal: false },
    ],
    [
      'audio',
      { contentStart: { ...IDS, type: 'AUDIO', role: 'ASSISTANT' } },
      { kind: 'contentStarted', contentId: 'b1', type: 'AUDIO' },
    ],
    [
      'text',
      { textOutput: { ...IDS, content: 'Hello', role: 'ASSISTANT' } },
      { kind: 'text', contentId: 'b1', role: 'agent', text: 'Hello' },
    ],
    [
      'the signal of an interruption',
      { textOutput: { ...IDS, content: '{ "interrupted" : true }' } },
      { kind: 'interruption' },
    ],
    [
      'the same written otherwise',
      { textOutput: { ...IDS, content: '{"interrupted":true}' } },
      { kind: 'interruption' },
    ],
    [
      'words about interruptions',
      { textOutput: { ...IDS, content: 'You interrupted me' } },
      { kind: 'text', contentId: 'b1', role: undefined, text: 'You interrupted me' },
    ],
    [
      'a tool call',
      { toolUse: { ...IDS, toolName: 'f', toolUseId: 't', content: '{"a":1}', role: 'TOOL' } },
      { kind: 'toolUse', toolUseId: 't', name: 'f', input: { a: 1 } },
    ],
    [
      'a tool call encoded twice',
      { toolUse: { ...IDS, toolName: 'f', toolUseId: 't', content: JSON.stringify('{"a":1}') } },
      { kind: 'toolUse', toolUseId: 't', name: 'f', input: { a: 1 } },
    ],
    [
      'a tool call with prose',
      { toolUse: { ...IDS, toolName: 'f', toolUseId: 't', content: 'order one' } },
      { kind: 'toolUse', toolUseId: 't', name: 'f', input: undefined, rawInput: 'order one' },
    ],
    [
      'a tool call without name',
      { toolUse: { ...IDS, toolUseId: 't' } },
      { kind: 'invalid', reason: expect.any(String) },
    ],
    [
      'the end of a block',
      { contentEnd: { ...IDS, type: 'AUDIO', stopReason: 'END_TURN' } },
      { kind: 'contentEnded', contentId: 'b1', type: 'AUDIO', stopReason: 'END_TURN' },
    ],
    ['something new', { userSpeechEnd: { at: 5 } }, { kind: 'unknown', name: 'userSpeechEnd' }],
    ["an object's own field", { constructor: {} }, { kind: 'unknown', name: 'constructor' }],
    ['no event', {}, { kind: 'invalid', reason: expect.any(String) }],
  ])('%s', (_what, event, expected) => {
    expect(parse(event)).toEqual(expected);
  });

  it('take of usage only what was added, because totals are cumulative', () => {
    const details = {
      delta: { input: { speechTokens: 5, textTokens: 0 }, output: { speechTokens: 7, textTokens: 1 } },
      total: { input: { speechTokens: 100, textTokens: 9 }, output: { speechTokens: 70, textTokens: 8 } },
    };

    expect(parse({ usageEvent: { ...IDS, details, totalTokens: 187 } })).toEqual({
      kind: 'usage',
      usage: details.delta,
    });
    expect(parse({ usageEvent: { ...IDS } })).toMatchObject({ usage: { input: { speechTokens: 0 } } });
  });

  it('with audio are read alike by the scanner and by the parser', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, contentFirst) => {
        const content = Buffer.from(bytes).toString('base64');
        const body = contentFirst ? { content, ...IDS } : { ...IDS, content };
        const scanned = parse({ audioOutput: body });
        const escaped = parseSonicEvent(
          Buffer.from(JSON.stringify({ event: { audioOutput: body } }).replace('"b1"', '"\\u0062\\u0031"')),
        );

        expect(scanned).toMatchObject({ kind: 'audio', contentId: 'b1' });
        expect(Buffer.from((scanned as { s16le: Uint8Array }).s16le)).toEqual(Buffer.from(bytes));
        expect(escaped).toEqual(scanned);
      }),
    );
  });

  it.each(['@@@@', 'A', 'AAA*', ''])('with "%s" for audio are no audio', (content) => {
    expect(parse({ audioOutput: { ...IDS, content } }).kind).toBe(content === '' ? 'audio' : 'invalid');
  });

  it('that are cut off are not taken for whole ones', () => {
    const json = JSON.stringify({ event: { audioOutput: { ...IDS, content: 'AAAA' } } });

    expect(parseSonicEvent(Buffer.from(json.slice(0, -3)))).toMatchObject({ kind: 'invalid' });
  });

  it('of any content never throw', () => {
    const names = ['contentStart', 'textOutput', 'audioOutput', 'toolUse', 'contentEnd', 'usageEvent', 'x'];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.jsonValue(), fc.string(), (name, body, raw) => {
        expect(parse({ [name]: body })).toHaveProperty('kind');
        expect(parseSonicEvent(Buffer.from(raw))).toHaveProperty('kind');
        expect(parseSonicEvent(Buffer.from(`{"event":{"audioOutput":${raw}`))).toHaveProperty('kind');
      }),
      { numRuns: 1000 },
    );
  });
});
