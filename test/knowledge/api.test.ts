import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KnowledgeApi, startKnowledgeApi } from './api-rig.js';
import { ROLE_ARN, SOON } from './rig.js';

const BASE = {
  name: 'manuals',
  roleArn: ROLE_ARN,
  storage: { kind: 'S3_VECTORS', vectorBucketName: 'documents', indexName: 'manuals' },
};
const INDEX = { vectorBucketName: 'documents', indexName: 'direct', dimensions: 256 };
const PATH = '/indexes/documents/direct';
const DOCUMENT = {
  name: 'returns.md',
  mediaType: 'text/markdown',
  content: { text: '# Returns\nYou can send goods back within thirty days.\n' },
};

let rig: KnowledgeApi;
beforeEach(async () => {
  rig = await startKnowledgeApi({
    objects: { manuals: { 'lamps/returns.md': 'A refund takes five days.', 'desks/x.md': 'Desks.' } },
  });
});
afterEach(() => rig.close());

const actions = () => rig.entries.map(({ action, subject }) => `${action} ${subject}`);

describe('knowledge bases over the API', () => {
  it('are created, filled, asked and deleted', async () => {
    const created = await rig.api('POST', '/knowledge-bases', BASE);
    const { id } = created.body;
    expect([created.status, created.headers.location]).toEqual([202, `/api/knowledge-bases/${id}`]);
    expect(created.body).toMatchObject({ name: 'manuals', status: 'CREATING', storage: { kind: 'S3_VECTORS' } });

    const source = await rig.api('POST', `/knowledge-bases/${id}/sources`, {
      name: 'lamps',
      bucketArn: 'arn:aws:s3:::manuals',
      prefix: 'lamps/',
    });
    expect(source.status).toBe(201);
    expect(source.body.chunking).toEqual({ strategy: 'FIXED_SIZE', maxTokens: 500, overlapPercentage: 20 });
    expect((await rig.api('GET', `/knowledge-bases/${id}/sources`)).body).toEqual({
      items: [source.body],
      nextCursor: null,
    });
    expect((await rig.api('GET', `/knowledge-bases/${id}`)).body.status).toBe('ACTIVE');
    expect((await rig.api('GET', '/knowledge-bases')).body.items).toMatchObject([{ id, name: 'manuals' }]);

    const started = await rig.api('POST', `/knowledge-bases/${id}/ingestions`, { sourceId: source.body.id });
    expect(started.status).toBe(202);
    const path = started.headers.location!.replace('/api', '');
    await expect.poll(async () => (await rig.api('GET', path)).body.status, SOON).toBe('COMPLETE');
    expect((await rig.api('GET', path)).body.documents).toMatchObject({ scanned: 1, added: 1, failed: 0 });
    expect((await rig.api('GET', `/knowledge-bases/${id}/ingestions`)).body.items).toMatchObject([
      { id: started.body.id, status: 'COMPLETE' },
    ]);
    const later = () => {
      rig.opened.clock.advance(1000);
      return actions();
    };
    await expect.poll(later, SOON).toContain(`knowledge-base.ingested knowledge-base/${id}`);

    const found = await rig.api('POST', `/knowledge-bases/${id}/query`, { text: 'refund' });
    expect(found.body.passages).toMatchObject([
      { text: 'A refund takes five days.', source: 's3://manuals/lamps/returns.md' },
    ]);

    expect((await rig.api('DELETE', `/knowledge-bases/${id}/sources/${source.body.id}`)).status).toBe(204);
    expect((await rig.api('DELETE', `/knowledge-bases/${id}`)).status).toBe(204);
    await expect.poll(async () => (await rig.api('GET', `/knowledge-bases/${id}`)).status, SOON).toBe(404);
    expect(actions().filter((each) => !each.startsWith('knowledge-base.ingested'))).toEqual(
      ['created', 'source-added', 'ingestion-started', 'source-deleted', 'deleted'].map(
        (what) => `knowledge-base.${what} knowledge-base/${id}`,
      ),
    );
  });

  it('say what is wrong with a question in the words of the service', async () => {
    const { body: base } = await rig.api('POST', '/knowledge-bases', BASE);
    await expect
      .poll(async () => (await rig.api('GET', `/knowledge-bases/${base.id}`)).body.status, SOON)
      .toBe('ACTIVE');

    const hybrid = await rig.api('POST', `/knowledge-bases/${base.id}/query`, { text: 'refund', searchType: 'HYBRID' });
    const unknown = await rig.api('POST', '/knowledge-bases/NONE000000/query', { text: 'refund' });
    const modelArn = 'arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0';
    const reranked = { text: 'refund', rerankingConfiguration: { modelArn } };
    const other = await rig.api('POST', `/knowledge-bases/${base.id}/query`, reranked);

    expect(hybrid).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
    expect(hybrid.body.detail).toMatch(/HYBRID/);
    expect(unknown).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect(other).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
    expect(other.body.detail).toMatch(/not supported for reranking/);
  });

  it('are refused field by field', async () => {
    const { status, body } = await rig.api('POST', '/knowledge-bases', {
      ...BASE,
      name: 'no spaces',
      roleArn: 'nobody',
      dimensions: 300,
      colour: 'blue',
    });

    expect([status, body.code]).toEqual([400, 'REQUEST_INVALID']);
    const fields = (body.errors as { field: string }[]).map(({ field }) => field);
    expect(fields).toEqual(expect.arrayContaining(['name', 'roleArn', 'dimensions', 'colour']));
  });

  it.each([
    [
      { strategy: 'HIERARCHICAL' },
      { levelConfigurations: [{ maxTokens: 1500 }, { maxTokens: 300 }], overlapTokens: 60 },
    ],
    [{ strategy: 'SEMANTIC' }, { maxTokens: 300, bufferSize: 0, breakpointPercentileThreshold: 95 }],
    [
      { strategy: 'FIXED_SIZE', maxTokens: 1 },
      { maxTokens: 1, overlapPercentage: 20 },
    ],
  ])('have sources that cut documents otherwise: %j', async (chunking, shown) => {
    const { body: base } = await rig.api('POST', '/knowledge-bases', BASE);
    const source = { name: 'lamps', bucketArn: 'arn:aws:s3:::manuals', chunking };

    const { status, body } = await rig.api('POST', `/knowledge-bases/${base.id}/sources`, source);

    expect([status, body.chunking]).toEqual([201, { ...chunking, ...shown }]);
  });

  it.each([
    [{ strategy: 'SENTENCES' }, 'chunking.strategy'],
    [{ strategy: 'FIXED_SIZE', maxTokens: 8193 }, 'chunking.maxTokens'],
    [{ strategy: 'SEMANTIC', bufferSize: 2 }, 'chunking.bufferSize'],
    [{ strategy: 'SEMANTIC', breakpointPercentileThreshold: 49 }, 'chunking.breakpointPercentileThreshold'],
    [{ strategy: 'SEMANTIC', overlapPercentage: 20 }, 'chunking.overlapPercentage'],
    [{ strategy: 'HIERARCHICAL', levelConfigurations: [{ maxTokens: 300 }] }, 'chunking.levelConfigurations'],
    [
      { strategy: 'HIERARCHICAL', levelConfigurations: [{ maxTokens: 300 }, { maxTokens: 300 }] },
      'chunking.levelConfigurations',
    ],
    [{ strategy: 'HIERARCHICAL', overlapTokens: 300 }, 'chunking.overlapTokens'],
  ])('refuse what Bedrock does not take as chunking, by its field: %j', async (chunking, field) => {
    const source = { name: 'lamps', bucketArn: 'arn:aws:s3:::manuals', chunking };

    const { status, body } = await rig.api('POST', '/knowledge-bases/NONE000000/sources', source);

    expect(status).toBe(400);
    expect((body.errors as { field: string }[]).map((each) => each.field)).toContain(field);
  });

  it('are not there under what is no id', async () => {
    expect((await rig.api('GET', '/knowledge-bases/none')).status).toBe(400);
    expect((await rig.api('GET', '/knowledge-bases/NONE000000')).status).toBe(404);
  });
});

describe('indexes over the API', () => {
  it('are created, shown, listed and deleted', async () => {
    const created = await rig.api('POST', '/indexes', INDEX);
    expect([created.status, created.headers.location]).toEqual([201, `/api${PATH}`]);
    expect(created.body).toMatchObject({ ...INDEX, distanceMetric: 'cosine' });
    expect((await rig.api('POST', '/indexes', INDEX)).status).toBe(409);

    expect((await rig.api('GET', PATH)).body).toEqual(created.body);
    expect((await rig.api('GET', '/indexes')).body).toMatchObject({
      items: [{ indexName: 'direct' }],
      nextCursor: null,
    });
    expect((await rig.api('GET', '/indexes?bucket=documents')).body.items).toHaveLength(1);
    expect((await rig.api('GET', '/indexes?bucket=other')).status).toBe(404);

    expect((await rig.api('DELETE', PATH)).status).toBe(204);
    expect((await rig.api('GET', PATH)).status).toBe(404);
    expect((await rig.api('DELETE', PATH)).status).toBe(404);
    expect(actions()).toEqual(['index.created index/documents/direct', 'index.deleted index/documents/direct']);
  });

  it('take documents, whose state can be read, and find what is in them', async () => {
    await rig.api('POST', '/indexes', INDEX);
    const put = await rig.api('POST', `${PATH}/documents`, { ...DOCUMENT, metadata: { product: 'lamps' } });
    const path = put.headers.location!.replace('/api', '');
    expect(put.status).toBe(202);
    expect(put.body).toMatchObject({ name: 'returns.md', state: 'waiting', source: 'returns.md', chunkCount: null });

    await expect.poll(async () => (await rig.api('GET', path)).body.state, SOON).toBe('stored');
    expect((await rig.api('GET', `${PATH}/documents`)).body).toMatchObject({
      items: [{ state: 'stored', chunkCount: 1, error: null }],
      nextCursor: null,
    });
    const found = await rig.api('POST', `${PATH}/query`, { text: 'send back', filter: { product: 'lamps' } });
    expect(found.body.passages).toMatchObject([{ source: 'returns.md', metadata: { heading: 'Returns' } }]);

    expect((await rig.api('DELETE', path)).status).toBe(204);
    await expect.poll(async () => (await rig.api('GET', path)).status, SOON).toBe(404);
    expect((await rig.api('POST', `${PATH}/query`, { text: 'send back' })).body.passages).toEqual([]);
    expect((await rig.api('DELETE', path)).status).toBe(404);
  });

  it('know a document by its name, unless it is given an id', async () => {
    await rig.api('POST', '/indexes', INDEX);
    const put = async (more: object = {}) => {
      const { body } = await rig.api('POST', `${PATH}/documents`, { ...DOCUMENT, ...more });
      return body.documentId as string;
    };

    expect(await put()).toBe(await put());
    expect(await put({ documentId: 'returns-2026' })).toBe('returns-2026');
    expect((await rig.api('GET', `${PATH}/documents`)).body.items).toHaveLength(2);
  });

  it.each([
    ['without a name', { name: ' ' }, 'name'],
    ['of another kind', { mediaType: 'image/png' }, 'mediaType'],
    ['that is no base64', { content: { base64: 'a b c' } }, 'content.base64'],
    ['that is a PDF as text', { mediaType: 'application/pdf' }, 'content'],
    ['with an id that keys of chunks could not be told from', { documentId: 'a#1' }, 'documentId'],
    ["with the bridge's own metadata", { metadata: { page: 1 } }, 'metadata'],
    ['with too much metadata', { metadata: { a: 'x'.repeat(500), b: 'y'.repeat(500) } }, 'metadata'],
  ])('refuse a document %s', async (_what, more, field) => {
    const { status, body } = await rig.api('POST', `${PATH}/documents`, { ...DOCUMENT, ...more });

    expect(status).toBe(400);
    expect((body.errors as { field: string }[]).map((each) => each.field)).toContain(field);
  });

  it('refuse a document when there is no such index, and one that is too large', async () => {
    expect((await rig.api('POST', `${PATH}/documents`, DOCUMENT)).status).toBe(404);
    await rig.api('POST', '/indexes', INDEX);
    const large = { ...DOCUMENT, content: { text: 'x'.repeat(4 * 1024 * 1024) } };
    expect((await rig.api('POST', `${PATH}/documents`, large)).status).toBe(413);
    const fair = { ...DOCUMENT, content: { text: 'x'.repeat(300 * 1024) } };
    expect((await rig.api('POST', `${PATH}/documents`, fair)).status).toBe(202);
  });

  it('forget their documents when they are deleted', async () => {
    await rig.api('POST', '/indexes', INDEX);
    await rig.api('POST', `${PATH}/documents`, DOCUMENT);
    await rig.api('DELETE', PATH);

    expect((await rig.api('GET', `${PATH}/documents`)).body.items).toEqual([]);
  });
});

describe('the routes of knowledge', () => {
  it('are changed by administrators, read by readers, tried by testers', () => {
    for (const { method, url, config } of rig.routes) {
      if (method === 'HEAD') continue;
      const roles = url.endsWith('/query')
        ? ['admin', 'tester']
        : method === 'GET'
          ? ['admin', 'viewer', 'tester']
          : ['admin'];
      expect([method, url, config?.roles]).toEqual([method, url, roles]);
    }
  });
});
