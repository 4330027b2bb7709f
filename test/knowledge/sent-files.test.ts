import { once } from 'node:events';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAX_FILE_BYTES } from '../../src/admin/index-schemas.js';
import { MAX_SOURCE_FILE_BYTES } from '../../src/admin/source-document-schemas.js';
import { type KnowledgeApi, startKnowledgeApi } from './api-rig.js';
import { pdfOf } from './pdf.js';
import { ROLE_ARN, SOON } from './rig.js';

const DOCUMENTS = '/indexes/documents/direct/documents';
const MARKDOWN = 'text/markdown';
const RETURNS = '# Returns\nYou can send goods back within thirty days.\n';

let rig: KnowledgeApi;
beforeEach(async () => {
  rig = await startKnowledgeApi({ objects: { manuals: {} } });
});
afterEach(() => rig.close());

const fieldsOf = ({ body }: { body: { errors?: { field: string }[] } }) => body.errors?.map(({ field }) => field);
const audited = (action: string) => rig.entries.filter((entry) => entry.action === action);

/** Begins to send a file over a real connection, and sends no more than `first` of it until it is told to. */
async function begin(path: string, byteLength: number, first: Buffer) {
  if (!rig.server.server.listening) await rig.server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = rig.server.server.address() as AddressInfo;
  const headers = { 'content-type': MARKDOWN, 'content-length': byteLength };
  const sending = request({ port, host: '127.0.0.1', method: 'POST', path: `/api${path}`, headers });
  const status = once(sending, 'response').then(([response]) => {
    response.resume();
    return response.statusCode as number;
  });
  status.catch(() => undefined);
  sending.on('error', () => undefined);
  await new Promise((resolve) => sending.write(first, resolve));
  return { status, finish: (rest: Buffer) => void sending.end(rest), breakOff: () => void sending.destroy() };
}

describe('a file that is sent to an index as it is', () => {
  const send = (query: string, body: Buffer | string, mediaType = MARKDOWN) =>
    rig.api('POST', `${DOCUMENTS}?${query}`, Buffer.from(body), mediaType);
  beforeEach(() =>
    rig.api('POST', '/indexes', { vectorBucketName: 'documents', indexName: 'direct', dimensions: 256 }),
  );

  it('is the document that its JSON would be, and found', async () => {
    const put = await send(`name=returns.md&metadata=${encodeURIComponent('{"product":"lamps"}')}`, RETURNS);
    const asJson = await rig.api('POST', DOCUMENTS, {
      name: 'returns.md',
      mediaType: MARKDOWN,
      content: { text: RETURNS },
      metadata: { product: 'lamps' },
    });

    expect(put.status).toBe(202);
    const same = ({ enteredAt: _entered, updatedAt: _updated, ...rest }: Record<string, unknown>) => rest;
    expect(same(put.body)).toEqual(same(asJson.body));
    expect(put.headers.location).toBe(asJson.headers.location);
    const [first, second] = audited('document.put');
    expect(first).toEqual(second);
    await send(
      'name=returns.md&documentId=own&source=the%20shop&embeddingModelId=amazon.titan-embed-text-v2:0',
      RETURNS,
    );
    const path = `${DOCUMENTS}/own`;
    await expect.poll(async () => (await rig.api('GET', path)).body.state, SOON).toBe('stored');
    const found = await rig.api('POST', '/indexes/documents/direct/query', { text: 'send back' });
    expect(found.body.passages.map(({ source }: { source: string }) => source)).toContain('the shop');
  });

  it('may be larger than JSON may be', async () => {
    const line = 'Goods may be sent back within thirty days, and not later.\n';
    const large = Buffer.from(line.repeat(9_500_000 / line.length));
    const { status, body } = await send('name=large.txt', large, 'text/plain');
    expect([status, body.byteLength]).toEqual([202, large.byteLength]);
  });

  it('is taken as PDF', async () => {
    const { status, body } = await send('name=hours.pdf', pdfOf([['We are open on weekdays.']]), 'application/pdf');

    expect([status, body.mediaType]).toEqual([202, 'application/pdf']);
  });

  it.each([
    ['without a name', '', ['name']],
    ['with an id that no key can hold', 'name=a.md&documentId=a%231', ['documentId']],
    ['with metadata that is no JSON', 'name=a.md&metadata=lamps', ['metadata']],
    ["with the bridge's own metadata", `name=a.md&metadata=${encodeURIComponent('{"page":1}')}`, ['metadata']],
    ['with what nobody knows', 'name=a.md&colour=blue', ['colour']],
    ['twice named', 'name=a.md&name=b.md', ['name']],
  ])('is refused %s', async (_what, query, fields) => {
    const answer = await send(query, RETURNS);

    expect([answer.status, [...new Set(fieldsOf(answer))]]).toEqual([400, fields]);
  });

  it('is refused when it is empty, too large, of another kind, or meant for an index that is not there', async () => {
    expect((await send('name=a.md', '')).status).toBe(400);
    expect((await send('name=a.md', Buffer.alloc(MAX_FILE_BYTES + 1))).status).toBe(413);
    expect((await send('name=a.png', 'x', 'image/png')).status).toBe(415);
    const missing = await rig.api('POST', '/indexes/documents/none/documents?name=a.md', Buffer.from('x'), MARKDOWN);
    expect(missing.status).toBe(404);
    const json = { name: 'a.md', mediaType: MARKDOWN, content: { text: 'x' } };
    expect(fieldsOf(await rig.api('POST', `${DOCUMENTS}?name=b.md`, json))).toEqual(['name']);
    expect(audited('document.put')).toEqual([]);
  });

  it('waits for others when two are on their way, and makes room when it breaks off', async () => {
    const path = `${DOCUMENTS}?name=slow.md`;
    const sent = await Promise.all(
      [1, 2, 3].map(async (index) => ({ index, ...(await begin(path, 4, Buffer.from('a'))) })),
    );
    const refused = await Promise.race(sent.map(async ({ index, status }) => ({ index, status: await status })));
    expect(refused.status).toBe(429);
    const answer = await send('name=third.md', RETURNS);
    expect([answer.status, answer.body.code, answer.headers['retry-after']]).toEqual([429, 'TOO_MANY_REQUESTS', '5']);

    const [first, second] = sent.filter(({ index }) => index !== refused.index);
    sent[refused.index - 1]!.finish(Buffer.from('bcd'));
    first!.breakOff();
    await expect.poll(async () => (await send('name=third.md', RETURNS)).status, SOON).toBe(202);
    second!.finish(Buffer.from('bcd'));
    expect(await second!.status).toBe(202);
    expect(audited('document.put')).toHaveLength(2);
  });
});

describe('a file that is put into the bucket of a source', () => {
  let path: string;
  beforeEach(async () => {
    const base = await rig.api('POST', '/knowledge-bases', {
      name: 'manuals',
      roleArn: ROLE_ARN,
      storage: { kind: 'S3_VECTORS', vectorBucketName: 'documents', indexName: 'manuals' },
    });
    const source = { name: 'lamps', bucketArn: 'arn:aws:s3:::manuals', prefix: 'lamps/' };
    const { body } = await rig.api('POST', `/knowledge-bases/${base.body.id}/sources`, source);
    path = `/knowledge-bases/${base.body.id}/sources/${body.id}/documents`;
  });
  const send = (name: string, body: Buffer | string, mediaType = MARKDOWN) =>
    rig.api('POST', `${path}?name=${encodeURIComponent(name)}`, Buffer.from(body), mediaType);
  const stored = () => rig.room.servers.s3.objects('manuals');

  it('is there under the prefix, listed, read at the next ingestion, and deleted', async () => {
    const put = await send('Größe & Farbe.md', RETURNS);
    const uri = 's3://manuals/lamps/Größe & Farbe.md';
    expect([put.status, put.body]).toMatchObject([201, { name: 'Größe & Farbe.md', uri, byteLength: RETURNS.length }]);
    expect(stored().get('lamps/Größe & Farbe.md')?.body.toString()).toBe(RETURNS);

    const { body } = await rig.api('GET', path);
    expect(body).toMatchObject({ items: [{ name: 'Größe & Farbe.md', byteLength: RETURNS.length }], nextCursor: null });
    expect(Date.parse(body.items[0].updatedAt)).toBeGreaterThan(0);

    const [, id, sourceId] = /bases\/(.*)\/sources\/(.*)\/documents/.exec(path)!;
    const ingestion = await rig.api('POST', `/knowledge-bases/${id}/ingestions`, { sourceId });
    const at = `/knowledge-bases/${id}/ingestions/${ingestion.body.id}`;
    await expect.poll(async () => (await rig.api('GET', at)).body.status, SOON).toBe('COMPLETE');
    const found = await rig.api('POST', `/knowledge-bases/${id}/query`, { text: 'send goods back' });
    expect(found.body.passages[0].source).toBe(uri);

    const gone = () => rig.api('DELETE', `${path}?name=${encodeURIComponent('Größe & Farbe.md')}`);
    expect((await gone()).status).toBe(204);
    expect((await gone()).status).toBe(404);
    expect(stored().size).toBe(0);
    expect(audited('knowledge-base.document-put')).toMatchObject([{ after: { sourceId, uri } }]);
    expect(audited('knowledge-base.document-deleted')).toMatchObject([{ before: { sourceId } }]);
  });

  it('has its metadata beside it, which is filtered by, and which goes with it', async () => {
    const metadata = { product: 'lamps', year: 2026, sold: true, rooms: ['hall', 'kitchen'] };
    const { status } = await rig.api(
      'POST',
      `${path}?name=a.md&metadata=${encodeURIComponent(JSON.stringify(metadata))}`,
      Buffer.from(RETURNS),
      MARKDOWN,
    );
    await send('b.md', RETURNS);
    expect(status).toBe(201);
    expect(JSON.parse(String(stored().get('lamps/a.md.metadata.json')?.body))).toEqual({
      metadataAttributes: metadata,
    });
    expect(audited('knowledge-base.document-put')).toMatchObject([{ after: { metadata } }, {}]);

    const [, id, sourceId] = /bases\/(.*)\/sources\/(.*)\/documents/.exec(path)!;
    const ingestion = await rig.api('POST', `/knowledge-bases/${id}/ingestions`, { sourceId });
    const at = `/knowledge-bases/${id}/ingestions/${ingestion.body.id}`;
    await expect.poll(async () => (await rig.api('GET', at)).body.status, SOON).toBe('COMPLETE');
    const filter = { andAll: [{ equals: { key: 'year', value: 2026 } }, { equals: { key: 'sold', value: true } }] };
    const found = await rig.api('POST', `/knowledge-bases/${id}/query`, { text: 'send goods back', filter });
    expect(found.body.passages.map(({ source }: { source: string }) => source)).toEqual(['s3://manuals/lamps/a.md']);

    // Replaced without metadata, it keeps what it has.
    await send('a.md', 'Other words.');
    expect([...stored().keys()].sort()).toEqual(['lamps/a.md', 'lamps/a.md.metadata.json', 'lamps/b.md']);
    expect((await rig.api('DELETE', `${path}?name=a.md`)).status).toBe(204);
    expect([...stored().keys()]).toEqual(['lamps/b.md']);
  });

  it('is known to Bedrock once it was ingested, with what has become of it, page by page', async () => {
    const known = (query = '') => rig.api('GET', `${path.replace(/documents$/, 'known-documents')}${query}`);
    await send('a.md', RETURNS);
    await send('b.md', RETURNS);
    await send('c.pdf', 'not read by the stand-in', 'application/pdf');
    expect((await known()).body).toEqual({ items: [], nextCursor: null });

    const [, id, sourceId] = /bases\/(.*)\/sources\/(.*)\/documents/.exec(path)!;
    const ingest = async () => {
      const { body } = await rig.api('POST', `/knowledge-bases/${id}/ingestions`, { sourceId });
      const at = `/knowledge-bases/${id}/ingestions/${body.id}`;
      await expect.poll(async () => (await rig.api('GET', at)).body.status, SOON).toBe('COMPLETE');
    };
    await ingest();
    const first = await known('?limit=2');
    const second = await known(`?limit=2&cursor=${first.body.nextCursor}`);
    expect(second.body.nextCursor).toBeNull();
    expect([...first.body.items, ...second.body.items]).toMatchObject([
      { id: 's3://manuals/lamps/a.md', status: 'INDEXED', reason: null },
      { id: 's3://manuals/lamps/b.md', status: 'INDEXED', reason: null },
      {
        id: 's3://manuals/lamps/c.pdf',
        status: 'IGNORED',
        reason: expect.stringContaining('The format is not one of'),
      },
    ]);
    await rig.api('DELETE', `${path}?name=a.md`);
    await ingest();
    expect((await known()).body.items.map((item: { id: string }) => item.id)).toEqual([
      's3://manuals/lamps/b.md',
      's3://manuals/lamps/c.pdf',
    ]);
    expect((await rig.api('GET', `/knowledge-bases/${id}/sources/AAAAAAAAAA/known-documents`)).status).toBe(404);
  });

  it.each(['lamps', '{}', '{"page":1}', '{"a":null}', '[]'])('is refused with the metadata %s', async (metadata) => {
    const query = `name=a.md&metadata=${encodeURIComponent(metadata)}`;
    const answer = await rig.api('POST', `${path}?${query}`, Buffer.from('x'), MARKDOWN);

    expect([answer.status, [...new Set(fieldsOf(answer)?.map((field) => field.split('.')[0]))]]).toEqual([
      400,
      ['metadata'],
    ]);
    expect(stored().size).toBe(0);
  });

  it('is listed page by page with what others put there, also in folders', async () => {
    for (const name of ['a.md', 'b.csv', 'c.txt']) {
      const mediaType = { md: MARKDOWN, csv: 'text/csv', txt: 'text/plain' }[name.split('.')[1]!];
      expect((await send(name, 'x', mediaType)).status).toBe(201);
    }
    const first = await rig.api('GET', `${path}?limit=2`);
    const second = await rig.api('GET', `${path}?limit=2&cursor=${first.body.nextCursor}`);

    const names = [first, second].flatMap(({ body }) => body.items.map((item: { name: string }) => item.name));
    expect(names).toEqual(['a.md', 'b.csv', 'c.txt']);
    expect(second.body.nextCursor).toBeNull();
  });

  it.each([
    ['', MARKDOWN, 400],
    ['other/a.md', MARKDOWN, 400],
    ['a.mp4', MARKDOWN, 400],
    ['.md', MARKDOWN, 400],
    ['a.docx', MARKDOWN, 400],
    ['a.md', 'image/png', 415],
    ['a.md', 'application/json', 415],
  ])('is refused as %j, %s', async (name, mediaType, status) => {
    const answer = await send(name, mediaType === 'application/json' ? '{}' : 'x', mediaType);

    expect(answer.status).toBe(status);
    if (status === 400) expect([...new Set(fieldsOf(answer))]).toEqual(['name']);
    expect(stored().size).toBe(0);
  });

  it('may be as large as Bedrock reads, and no larger', async () => {
    expect((await send('large.pdf', Buffer.alloc(MAX_SOURCE_FILE_BYTES), 'application/pdf')).status).toBe(201);
    expect(stored().get('lamps/large.pdf')?.body.byteLength).toBe(MAX_SOURCE_FILE_BYTES);
    expect((await send('larger.pdf', Buffer.alloc(MAX_SOURCE_FILE_BYTES + 1), 'application/pdf')).status).toBe(413);
  });

  it.each([
    ['POST', 's3:PutObject on arn:aws:s3:::manuals/lamps/*'],
    ['GET', 's3:ListBucket on arn:aws:s3:::manuals'],
    ['DELETE', 's3:ListBucket on arn:aws:s3:::manuals'],
  ])('is refused in words when the bridge lacks the right: %s', async (method, right) => {
    rig.room.servers.s3.failNext({ kind: 'error', status: 403, code: 'AccessDenied', message: 'Access Denied' });
    const query = method === 'GET' ? '' : '?name=a.md';
    const body = method === 'POST' ? Buffer.from('x') : undefined;
    const answer = await rig.api(method, path + query, body, body && MARKDOWN);

    expect([answer.status, answer.body.code]).toEqual([502, 'AWS_REFUSED']);
    expect(answer.body.detail).toBe(
      `The bucket manuals: AccessDenied: Access Denied. The bridge needs the right ${right}.`,
    );
  });

  it('is not there when it breaks off on its way', async () => {
    const sending = await begin(`${path}?name=half.md`, 1000, Buffer.from('half'));
    await expect.poll(() => rig.room.servers.s3.openRequests, SOON).toBe(1);
    sending.breakOff();
    await expect.poll(() => rig.room.servers.s3.openRequests, SOON).toBe(0);

    expect(stored().size).toBe(0);
    expect(audited('knowledge-base.document-put')).toEqual([]);
  });
});
