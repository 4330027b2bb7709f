import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut } from '../../../src/emulator/knowledge-bases/cutting.js';
import { countTokens } from '../../../src/emulator/models/tokens.js';
import { connectToBase } from './place.js';

const LAMPS = 'The lamp has a red lamp switch. The lamp switch turns the lamp on. ';
const REFUNDS = 'A refund takes five days. The refund is paid as a card refund. ';

describe('text that is cut in layers', () => {
  it('has small parts within larger ones, none longer than allowed', () => {
    const words = fc.array(fc.constantFrom('word', 'another', 'end.', '\n\n'), { minLength: 1, maxLength: 300 });
    const sizes = { parentTokens: 40, childTokens: 12, overlapTokens: 4 };
    fc.assert(
      fc.property(words, (list) => {
        const text = list.map((word, position) => `${word}${position}`).join(' ');
        const chunks = cut(text, { strategy: 'HIERARCHICAL', ...sizes });
        const covered = new Set(chunks.flatMap((chunk) => chunk.text.match(/[\p{L}\p{N}]+/gu) ?? []));

        expect([...covered].sort()).toEqual([...new Set(text.match(/[\p{L}\p{N}]+/gu) ?? [])].sort());
        for (const { text: child, parent } of chunks) {
          expect(parent).toContain(child);
          expect(countTokens(child)).toBeLessThanOrEqual(sizes.childTokens);
          expect(countTokens(parent ?? '')).toBeLessThanOrEqual(sizes.parentTokens);
        }
      }),
    );
  });
});

describe('text that is cut by meaning', () => {
  const cutting = { strategy: 'SEMANTIC', maxTokens: 300, bufferSize: 0, percentile: 70 } as const;

  it('is parted where its subject changes', () => {
    const chunks = cut(LAMPS + REFUNDS, cutting);

    expect(chunks.map(({ text }) => text)).toEqual([LAMPS.trim(), REFUNDS.trim()]);
  });

  it('is parted further where a part is too long, and has no chunks without words', () => {
    const chunks = cut(LAMPS.repeat(20), { ...cutting, maxTokens: 30 });

    expect(chunks.length).toBeGreaterThan(5);
    for (const { text } of chunks) expect(countTokens(text)).toBeLessThanOrEqual(30);
    expect(cut(' \n', cutting)).toEqual([]);
    expect(cut('One.', { ...cutting, bufferSize: 1 })).toEqual([{ text: 'One.' }]);
  });
});

describe('a data source that cuts in layers', () => {
  it('is searched by the small parts and answers with the larger one, once', async () => {
    const { ingest, index, bucket, retrieve } = await connectToBase({
      source: {
        vectorIngestionConfiguration: {
          chunkingConfiguration: {
            chunkingStrategy: 'HIERARCHICAL',
            hierarchicalChunkingConfiguration: {
              levelConfigurations: [{ maxTokens: 200 }, { maxTokens: 16 }],
              overlapTokens: 2,
            },
          },
        },
      },
    });
    const body = (LAMPS + REFUNDS).trim();
    bucket.objects = [{ key: 'help/lamps.txt', body }];
    await ingest();

    const { retrievalResults = [] } = await retrieve('refund');

    expect(index.size).toBeGreaterThan(1);
    expect(retrievalResults.map(({ content }) => content?.text)).toEqual([body]);
  });
});
