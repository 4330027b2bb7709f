import { describe, expect, it } from 'vitest';
import * as indexSchemas from '../../src/admin/index-schemas.js';
import { baseQueryBody, indexQueryBody } from '../../src/admin/knowledge-schemas.js';
import * as sourceSchemas from '../../src/admin/source-document-schemas.js';
import type { Agent } from '../../src/console/api/types.js';
import * as documentState from '../../src/console/pages/knowledge/document-state.js';
import {
  INDEX_FILES,
  judge,
  judgeForSource,
  MAX_FILE_BYTES,
  MAX_SOURCE_FILE_BYTES,
  SOURCE_FILES,
  shownBytes,
} from '../../src/console/pages/knowledge/files.js';
import * as ingestionState from '../../src/console/pages/knowledge/ingestion-state.js';
import { knownStateOf } from '../../src/console/pages/knowledge/known-state.js';
import { foremost, withLatest } from '../../src/console/pages/knowledge/latest.js';
import { type MetadataField, readMetadata, shownMetadata } from '../../src/console/pages/knowledge/metadata.js';
import { filterProblem, queryBody } from '../../src/console/pages/knowledge/question.js';
import { addressOf, apiPathOf, askersOf, namesOf, thingAt } from '../../src/console/pages/knowledge/thing.js';
import type { Document, Ingestion } from '../../src/console/pages/knowledge/types.js';

const BASE = { kind: 'base', id: 'ABCDEFGHIJ' } as const;
const INDEX = { kind: 'index', bucket: 'documents', index: 'manuals.v2' } as const;
const file = (name: string, size: number, type = '') => ({ name, size, type });

describe('a file that is dropped in', () => {
  it('is taken by its ending, else by what the browser calls it', () => {
    expect(judge(file('A.PDF', 10))).toEqual({ mediaType: 'application/pdf' });
    expect(judge(file('a.htm', 10))).toEqual({ mediaType: 'text/html' });
    expect(judge(file('a.markdown', 10, 'text/plain'))).toEqual({ mediaType: 'text/markdown' });
    expect(judge(file('README', 10, 'text/plain'))).toEqual({ mediaType: 'text/plain' });
  });

  it('is refused before anything is sent when it is too large, with the limit and what to do', () => {
    expect(judge(file('big.pdf', 200_000_000))).toEqual({
      refused:
        '200 MB, the limit is 16 MB: split it, or put it into the source of a knowledge base (up to 50 MB each).',
    });
    expect(judge(file('full.pdf', MAX_FILE_BYTES))).toEqual({ mediaType: 'application/pdf' });
    expect(judge(file('over.pdf', MAX_FILE_BYTES + 1))).toHaveProperty('refused');
  });

  it('is held against the limits and kinds of the API', () => {
    expect(MAX_FILE_BYTES).toBe(indexSchemas.MAX_FILE_BYTES);
    expect(MAX_SOURCE_FILE_BYTES).toBe(sourceSchemas.MAX_SOURCE_FILE_BYTES);
    for (const [ending, mediaType] of Object.entries(sourceSchemas.SOURCE_FILES)) {
      expect(judgeForSource(file(`a.${ending}`, 10))).toEqual({ mediaType });
      expect(SOURCE_FILES.accepted.split(',')).toContain(`.${ending}`);
    }
    for (const mediaType of INDEX_FILES.accepted.split(',').map((ending) => judge(file(`a${ending}`, 10)))) {
      expect(indexSchemas.MEDIA_TYPES.map((type) => ({ mediaType: type }))).toContainEqual(mediaType);
    }
    expect(judgeForSource(file('a.mp4', 10))).toMatchObject({ refused: expect.stringContaining('.mp4') });
    expect(judgeForSource(file('a.pdf', 50_000_001))).toEqual({ refused: '50 MB, the limit is 50 MB: split it.' });
  });

  it('is refused with words when it is of a wrong kind, empty, or called too long', () => {
    expect(judge(file('plan.docx', 10))).toMatchObject({ refused: expect.stringMatching(/^\.docx is not .* as PDF/) });
    expect(judge(file('movie.mp4', 10))).toMatchObject({ refused: expect.stringContaining('save it as one of these') });
    expect(judge(file('folder', 4096))).toMatchObject({ refused: expect.stringMatching(/^This kind of file/) });
    expect(judge(file('a.txt', 0))).toEqual({ refused: 'The file is empty.' });
    expect(judge(file(`${'a'.repeat(200)}.txt`, 1))).toMatchObject({ refused: expect.stringContaining('200') });
    expect([1, 12_400, 3_200_000, 200_000_000].map(shownBytes)).toEqual(['1 byte', '12 kB', '3.2 MB', '200 MB']);
  });
});

describe('metadata that is typed', () => {
  const field = (key: string, value: string, kind: MetadataField['kind'] = 'text', id = 1) => ({
    id,
    key,
    kind,
    value,
  });

  it('is what the API takes, each value of its kind', () => {
    const read = readMetadata([
      field(' product ', ' lamps '),
      field('year', '2026', 'number', 2),
      field('sold', 'false', 'boolean', 3),
      field('rooms', 'hall, kitchen,', 'list', 4),
      field('', '', 'text', 5),
    ]);
    const metadata = { product: 'lamps', year: 2026, sold: false, rooms: ['hall', 'kitchen'] };
    expect(read).toEqual({ metadata });
    expect(indexSchemas.metadata.safeParse(metadata).success).toBe(true);
    expect(shownMetadata(metadata)).toBe('product = lamps; year = 2026; sold = false; rooms = hall, kitchen');
    expect(readMetadata([])).toEqual({ metadata: {} });
  });

  it.each([
    ['without a name', [field('', 'lamps')], 'key'],
    ['with a name that no filter can have', [field('a b', 'lamps')], 'key'],
    ['with a name of the bridge', [field('page', '1')], 'key'],
    ['twice named', [field('a', 'x', 'text', 2), field('a', 'y')], 'key'],
    ['without a value', [field('a', ' ')], 'value'],
    ['with a number that is none', [field('a', 'x', 'number')], 'value'],
    ['with an empty list', [field('a', ' , ', 'list')], 'value'],
    ['with too long a list', [field('a', 'x,'.repeat(21), 'list')], 'value'],
    ['with too long a value', [field('a', 'x'.repeat(501))], 'value'],
    ['with too much', [field('a', 'ä'.repeat(300), 'text', 2), field('b', 'ä'.repeat(300))], 'value'],
  ] as const)('is refused %s', (_what, fields, part) => {
    const read = readMetadata(fields);
    expect('problems' in read && Object.keys(read.problems.get(1) ?? {})).toEqual([part]);
  });
});

describe('a document as Bedrock knows it', () => {
  const stateOf = (status: string, reason: string | null = null) =>
    knownStateOf({ id: 's3://a/b', status, reason, updatedAt: null });

  it('stands in words, with why where Bedrock tells it', () => {
    expect(stateOf('INDEXED')).toEqual({ look: 'good', words: 'found', reason: null });
    expect(stateOf('IGNORED', 'too large')).toEqual({ look: 'bad', words: 'ignored', reason: 'too large' });
    expect(stateOf('FAILED').reason).toContain('with the ingestion');
    expect(stateOf('NEW_IN_2027').words).toBe('new in 2027');
  });
});

describe('an address', () => {
  it('names a knowledge base or an index, and opens it again', () => {
    for (const thing of [BASE, INDEX]) expect(thingAt(addressOf(thing))).toEqual(thing);
    expect(addressOf(BASE)).toBe('/knowledge/bases/ABCDEFGHIJ');
    expect(apiPathOf(INDEX)).toBe('/indexes/documents/manuals.v2');
    for (const other of [
      '/knowledge',
      '/knowledge/',
      '/knowledge/indexes/a',
      '/knowledge/bases/a/b',
      '/knowledge/x/y',
    ]) {
      expect(thingAt(other), other).toBeUndefined();
    }
    expect(thingAt('/knowledge/bases/%')).toEqual({ kind: 'base', id: '%' });
  });
});

const tool = (fields: object) => ({ name: 'look_up', filter: {}, ...fields });
const agents = [
  { id: 'a', name: 'Orders', tools: [tool({ kind: 'knowledge-base', knowledgeBaseId: BASE.id, numberOfResults: 3 })] },
  {
    id: 'b',
    name: 'FAQ',
    tools: [
      tool({
        kind: 's3-vectors',
        vectorBucketName: 'documents',
        indexName: 'manuals.v2',
        topK: 7,
        filter: { product: 'hammer' },
        embeddingModelId: 'other.model',
        textKey: 'text',
      }),
      tool({ kind: 's3-vectors', vectorBucketName: 'other', indexName: 'manuals.v2' }),
      tool({ kind: 'hang-up' }),
    ],
  },
] as unknown as Agent[];

describe('a question', () => {
  const plain = { q: 'refund?', n: '', filter: '' };

  it('is asked as the tool of the agent that uses it asks', () => {
    const [asker] = askersOf(agents, INDEX);
    expect(namesOf(askersOf(agents, INDEX))).toBe('FAQ');
    expect(namesOf(askersOf([...agents, ...agents], BASE))).toBe('Orders');
    const body = queryBody(INDEX, plain, asker?.tool);
    expect(body).toEqual({
      text: 'refund?',
      topK: 7,
      filter: { product: 'hammer' },
      embeddingModelId: 'other.model',
      textKey: 'text',
    });
    expect(indexQueryBody.safeParse(body).success).toBe(true);
    const base = queryBody(BASE, { ...plain, n: '9', filter: '{"a":1}' }, askersOf(agents, BASE)[0]?.tool);
    expect(base).toEqual({ text: 'refund?', numberOfResults: 9, filter: { a: 1 }, searchType: undefined });
    expect(baseQueryBody.safeParse(base).success).toBe(true);
  });

  it('is asked with what the API has when no agent uses it', () => {
    for (const n of ['', '0', '101', 'x', '1.5']) {
      expect(queryBody(INDEX, { ...plain, n }, undefined)).toEqual({ text: 'refund?' });
    }
  });

  it('has a filter only when that is an object', () => {
    for (const text of ['', '  ', '{}', '{"a":1}']) expect(filterProblem(text), text).toBeUndefined();
    for (const text of ['[]', 'null', '1', '"a"']) expect(filterProblem(text), text).toContain('braces');
    expect(filterProblem('{a:1}')).toContain('not JSON');
  });
});

describe('what goes on', () => {
  const row = (key: string, updatedAt: string | null, state = 'waiting') => ({ key, updatedAt, state });

  it('is shown as it was told last, what is new first', () => {
    const read = [row('a', '2026-01-01T00:00:02Z'), row('b', '2026-01-01T00:00:02Z')];
    const told = new Map([
      ['a', row('a', '2026-01-01T00:00:01Z', 'old')],
      ['b', row('b', '2026-01-01T00:00:02Z', 'stored')],
      ['c', row('c', null)],
      ['d', row('d', null)],
    ]);
    const rows = withLatest(read, told, ({ key }) => key);
    expect(rows.map(({ key, state }) => `${key} ${state}`)).toEqual([
      'd waiting',
      'c waiting',
      'a waiting',
      'b stored',
    ]);
  });

  it('is followed where something is being done, two at a time', () => {
    const document = (documentId: string, state: Document['state'], error: string | null = null) =>
      ({ documentId, state, error }) as Document;
    const rows = [
      document('again', 'waiting', 'busy'),
      document('over', 'stored'),
      document('failed', 'failed', 'no'),
      document('next', 'waiting'),
      document('now', 'storing'),
    ];
    const idsOf = (all: readonly Document[]) => foremost(all, documentState.rankOf).map(({ documentId }) => documentId);
    expect(idsOf(rows)).toEqual(['now', 'next']);
    expect(idsOf(rows.slice(0, 3))).toEqual(['again']);
    expect(documentState.stateOf(rows[0]!)).toEqual({ look: 'again', words: 'tried again soon', reason: 'busy' });
  });

  it('is said in words for an ingestion, with what failed in part and each reason once', () => {
    const documents = { scanned: 5, added: 2, modified: 0, deleted: 1, failed: 2, skipped: 0 };
    const ingestion = { status: 'COMPLETE', documents } as Ingestion;
    expect(ingestionState.stateOf(ingestion)).toEqual({ look: 'again', words: 'complete but for 2 documents' });
    expect(ingestionState.dealtWith(ingestion)).toBe(5);
    expect(ingestionState.figuresOf(ingestion)).toBe('5 scanned, 2 added, 1 deleted, 2 failed');
    expect(ingestionState.rankOf(ingestion)).toBeUndefined();
    expect(ingestionState.reasonsOf({ failureReasons: ['["one","two"]', 'two', '[not JSON', '[1]'] })).toEqual([
      'one',
      'two',
      '[not JSON',
      '[1]',
    ]);
  });
});
