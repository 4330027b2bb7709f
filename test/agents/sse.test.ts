import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SseEvent, SseParser } from '../../src/agents/sse.js';

const parsed = (...chunks: readonly (string | Uint8Array)[]): SseEvent[] => {
  const parser = new SseParser();
  const events = chunks.flatMap((chunk) => parser.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk));
  return [...events, ...parser.end()];
};
const dataOf = (text: string) => parsed(text).map(({ data }) => data);

describe('a stream of server-sent events', () => {
  it.each([
    ['an event', 'data: one\n\n', ['one']],
    ['two events', 'data: one\n\ndata: two\n\n', ['one', 'two']],
    ['several data lines', 'data: one\ndata: two\n\n', ['one\ntwo']],
    ['comments, ids and retries', ': hello\nid: 7\nretry: 10\ndata: one\n\n', ['one']],
    ['line ends of all kinds', 'data: one\r\n\r\ndata: two\r\rdata: three\n\n', ['one', 'two', 'three']],
    ['no space behind the colon', 'data:one\n\n', ['one']],
    ['more than one space', 'data:  one\n\n', [' one']],
    ['a field without a colon', 'data\n\n', ['']],
    ['an event without data', 'event: ping\n\ndata: one\n\n', ['one']],
    ['a byte order mark', '\uFEFFdata: one\n\n', ['one']],
    ['no empty line at the end', 'data: one\n\ndata: two', ['one', 'two']],
    ['nothing', '', []],
  ])('with %s is read', (_, text, data) => {
    expect(dataOf(text)).toEqual(data);
  });

  it('gives an event as soon as its empty line is there', () => {
    const parser = new SseParser();

    expect(parser.push(Buffer.from('data: one\n'))).toEqual([]);
    expect(parser.push(Buffer.from('\nda'))).toEqual([{ type: 'message', data: 'one' }]);
  });

  it('says the type of an event, for that event only', () => {
    expect(parsed('event: error\ndata: bad\n\ndata: good\n\n')).toEqual([
      { type: 'error', data: 'bad' },
      { type: 'message', data: 'good' },
    ]);
  });

  it('replaces what is not UTF-8', () => {
    expect(parsed('data: ', Uint8Array.of(0xff), 'x\n\n')).toEqual([{ type: 'message', data: '\uFFFDx' }]);
  });

  it('is the same however it is cut', () => {
    const piece = fc.constantFrom(
      'data: ',
      'data:',
      'é',
      '€',
      '😀',
      'event: x',
      ': c',
      '\r',
      '\n',
      '\r\n',
      '\n\n',
      ' ',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 7 })),
        (texts, sizes) => {
          const bytes = Buffer.from(texts.join(''));
          const chunks: Uint8Array[] = [];
          for (let from = 0; from < bytes.length; ) {
            const size = sizes.next().value as number;
            chunks.push(bytes.subarray(from, from + size));
            from += size;
          }

          expect(parsed(...chunks)).toEqual(parsed(bytes));
        },
      ),
    );
  });

  it('gives back any data that was written into it', () => {
    fc.assert(
      fc.property(fc.array(fc.json(), { minLength: 1 }), (values) => {
        expect(dataOf(values.map((value) => `data: ${value}\n\n`).join(''))).toEqual(values);
      }),
    );
  });
});
