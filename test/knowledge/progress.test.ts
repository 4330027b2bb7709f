import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KnowledgeApi, startKnowledgeApi } from './api-rig.js';
import { ROLE_ARN, SOON } from './rig.js';

const PATH = '/indexes/documents/direct';
const DOCUMENT = { name: 'returns.md', mediaType: 'text/markdown', content: { text: '# Returns\nThirty days.\n' } };

let rig: KnowledgeApi;
beforeEach(async () => {
  rig = await startKnowledgeApi({ objects: { manuals: { 'a.md': 'Thirty days.', 'b.md': 'Five days.' } } });
});
afterEach(() => rig.close());

/** Lets the looks of a stream come, until it has ended. */
async function toItsEnd<Stream>(reading: Promise<Stream>): Promise<Stream> {
  let read: Stream | undefined;
  void reading.then((stream) => {
    read = stream;
  });
  const later = () => {
    rig.opened.clock.advance(1000);
    return read;
  };
  await expect.poll(later, SOON).toBeDefined();
  return reading;
}

describe('the progress of a document', () => {
  it('is told as it happens, to its end', async () => {
    await rig.api('POST', '/indexes', { vectorBucketName: 'documents', indexName: 'direct', dimensions: 256 });
    const { headers, body } = await rig.api('POST', `${PATH}/documents`, DOCUMENT);
    const path = `${headers.location!.replace('/api', '')}/events`;

    const { status, events } = await toItsEnd(rig.events(path));

    expect(status).toBe(200);
    const states = events.filter(({ kind }) => kind === 'progress').map(({ data }) => data.state as string);
    expect(states.at(-1)).toBe('stored');
    expect(new Set(states).size).toBe(states.length);
    expect(events.at(-1)).toEqual({ kind: 'end', data: {} });
    expect(events.at(-2)?.data).toEqual((await rig.api('GET', path.replace('/events', ''))).body);
    expect(events[0]?.data).toMatchObject({ documentId: body.documentId });
    expect(await rig.events(path, { 'last-event-id': 'end' })).toEqual({ status: 204, events: [] });
    expect((await rig.events(path)).events.map(({ kind }) => kind)).toEqual(['progress', 'end']);
  });

  it('ends when it is deleted, and is none of what is not there', async () => {
    await rig.api('POST', '/indexes', { vectorBucketName: 'documents', indexName: 'direct', dimensions: 256 });
    const hang = { kind: 'hang' } as const;
    rig.room.servers.models.failNext(hang, 100);
    const { headers } = await rig.api('POST', `${PATH}/documents`, DOCUMENT);
    const path = headers.location!.replace('/api', '');
    const reading = rig.events(`${path}/events`);
    await expect.poll(() => rig.room.servers.models.openRequests, SOON).toBeGreaterThan(0);
    await rig.api('DELETE', PATH);

    expect((await toItsEnd(reading)).events.at(-1)?.kind).toBe('end');
    expect((await rig.events(`${path}/events`)).status).toBe(404);
  });
});

describe('the progress of an ingestion', () => {
  it('is told with the numbers of its documents', async () => {
    const storage = { kind: 'S3_VECTORS', vectorBucketName: 'documents', indexName: 'manuals' };
    const { body: base } = await rig.api('POST', '/knowledge-bases', { name: 'manuals', roleArn: ROLE_ARN, storage });
    const { body: source } = await rig.api('POST', `/knowledge-bases/${base.id}/sources`, {
      name: 'all',
      bucketArn: 'arn:aws:s3:::manuals',
    });
    const started = await rig.api('POST', `/knowledge-bases/${base.id}/ingestions`, { sourceId: source.id });
    const path = `${started.headers.location!.replace('/api', '')}/events`;

    const { events } = await toItsEnd(rig.events(path));

    expect(events.at(-1)?.kind).toBe('end');
    expect(events.at(-2)).toMatchObject({
      kind: 'progress',
      data: { id: started.body.id, status: 'COMPLETE', documents: { scanned: 2, added: 2 } },
    });
    expect(
      (await rig.events(path.replace(/\/ingestions\/.*/, '/ingestions/NONE000000-NONE000000/events'))).status,
    ).toBe(404);
  });
});
