import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MODELS } from '../../src/emulator/bedrock/models.js';
import { InputRules } from '../../src/emulator/bedrock/rules.js';
import { countingIds } from '../../src/ids.js';
import { shapedHistory } from '../../src/sonic/history.js';
import { audioStart, pieces, promptStart, type SonicInput, sessionStart, textBlock } from '../../src/sonic/input.js';
import { PROFILE } from './leg-rig.js';

const message = fc.record({
  role: fc.constantFrom('caller' as const, 'agent' as const),
  text: fc.oneof(
    fc.string({ maxLength: 3000 }),
    fc.string({ unit: 'grapheme', maxLength: 1500 }),
    fc.lorem({ maxCount: 500 }),
  ),
});
const histories = fc.array(message, { maxLength: 120 });

describe('history', () => {
  it('keeps the newest that fits, in the shape that the service takes', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const shaped = shapedHistory(history);
        const texts = shaped.flatMap(({ text }) => pieces(text));

        expect(texts.length).toBeLessThanOrEqual(40);
        expect(texts.every((text) => Buffer.byteLength(text) <= 1000)).toBe(true);
        expect(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)).toBeLessThanOrEqual(38_000);
        expect(shaped.map(({ role }) => role)).toEqual(shaped.map((_, at) => (at % 2 === 0 ? 'caller' : 'agent')));
        const newest = history.findLast(({ text }) => text.trim() !== '');
        if (shaped.length > 0) expect(shaped.at(-1)!.text.endsWith(newest!.text)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('is taken by the strict stand-in, whatever was said', () => {
    const kept = (history: Parameters<typeof shapedHistory>[0]) => {
      const ids = countingIds();
      const [promptName, audioName] = [ids.uuid(), ids.uuid()];
      const block = (text: string, role: 'SYSTEM' | 'USER' | 'ASSISTANT') =>
        textBlock(promptName, ids.uuid(), text, { role, interactive: false });
      const inputs: SonicInput[] = [
        sessionStart(PROFILE),
        promptStart(PROFILE, promptName),
        ...block(PROFILE.systemPrompt, 'SYSTEM'),
        ...shapedHistory(history).flatMap(({ role, text }) => block(text, role === 'caller' ? 'USER' : 'ASSISTANT')),
        audioStart(PROFILE, promptName, audioName),
      ];
      const model = MODELS.find(({ modelId }) => modelId === PROFILE.modelId)!;
      const rules = new InputRules({ model, lenientHistory: false, refusesAudioDuringTools: false });
      return inputs.map((input) => rules.take(JSON.stringify(input))).filter((verdict) => !verdict.ok);
    };

    fc.assert(
      fc.property(histories, (history) => {
        expect(kept(history)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('leaves a short conversation as it was', () => {
    const history = [
      { role: 'caller' as const, text: 'one' },
      { role: 'agent' as const, text: 'two' },
    ];

    expect(shapedHistory(history)).toEqual(history);
  });

  it('keeps the whole of a long text that fits', () => {
    const text = 'word '.repeat(4000).trim();

    expect(shapedHistory([{ role: 'caller', text }])).toEqual([{ role: 'caller', text }]);
  });

  it('keeps the end of a text that is longer than all that fits, from a word on', () => {
    const text = Array.from({ length: 12_000 }, (_, number) => `w${number}`).join(' ');
    const [only, ...others] = shapedHistory([{ role: 'caller', text }]);

    expect(others).toEqual([]);
    expect(text.endsWith(` ${only!.text}`)).toBe(true);
    expect(Buffer.byteLength(only!.text)).toBeGreaterThan(36_000);
  });

  it('passes over turns in which nothing was said', () => {
    const history = [
      { role: 'caller' as const, text: 'one' },
      { role: 'agent' as const, text: ' ' },
      { role: 'caller' as const, text: 'two' },
    ];

    expect(shapedHistory(history)).toEqual([{ role: 'caller', text: 'one two' }]);
  });
});

describe('pieces of a text', () => {
  it('are whole when put together, and each is small enough', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 3000 }), (text) => {
        expect(pieces(text).join('')).toBe(text);
        expect(pieces(text).every((piece) => Buffer.byteLength(piece) <= 1000)).toBe(true);
      }),
    );
  });

  it('are cut between words where there are any', () => {
    fc.assert(
      fc.property(fc.lorem({ maxCount: 800 }), (text) => {
        expect(
          pieces(text)
            .slice(0, -1)
            .every((piece) => piece.endsWith(' ')),
        ).toBe(true);
      }),
    );
    expect(pieces('x'.repeat(2500)).map(({ length }) => length)).toEqual([1000, 1000, 500]);
  });
});
