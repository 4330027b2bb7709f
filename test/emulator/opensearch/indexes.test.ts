import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '../../../src/clock.js';
import { type CollectionOptions, startCollection } from '../../../src/emulator/opensearch/server.js';
import { countingIds } from '../../../src/ids.js';
import { signedHeaders } from '../aws/signed.js';

const VECTOR = { type: 'knn_vector', dimension: 512, method: { name: 'hnsw', engine: 'faiss', space_type: 'l2' } };
const INDEX = {
  settings: { 'index.knn': true },
  mappings: { properties: { vector: VECTOR, text: { type: 'text' } } },
};
const withVector = (change: object) => ({ ...INDEX, mappings: { properties: { vector: { ...VECTOR, ...change } } } });

async function connect(options: CollectionOptions = {}) {
  const clock = new FakeClock();
  const server = await startCollection({ clock, ids: countingIds(), ...options });
  onTestFinished(() => server.close());
  const ask = async (method: string, path: string, body?: object, changes: Record<string, string> = {}) => {
    const text = body && JSON.stringify(body);
    const request = { method, path, ...(text !== undefined && { body: text }) };
    const { host: _host, ...headers } = signedHeaders(server, 'aoss', request, {
      ...(body && { 'content-type': 'application/json' }),
      ...changes,
    });
    // `fetch` keeps the length of a body to itself.
    const sent = httpRequest(`${server.url}${path}`, { method, headers });
    sent.end(text);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return { status: response.statusCode, body: await json(response) };
  };
  return { server, clock, ask };
}

describe('an index of a collection', () => {
  it('is created, shown and deleted', async () => {
    const { ask } = await connect();

    expect(await ask('PUT', '/orders', INDEX)).toEqual({
      status: 200,
      body: { acknowledged: true, shards_acknowledged: true, index: 'orders' },
    });
    expect(await ask('GET', '/orders')).toMatchObject({
      status: 200,
      body: { orders: { mappings: INDEX.mappings, settings: { index: { knn: 'true' } } } },
    });
    expect((await ask('DELETE', '/orders')).status).toBe(200);
    expect(await ask('GET', '/orders')).toMatchObject({
      status: 404,
      body: { error: { type: 'index_not_found_exception', reason: 'no such index [orders]' }, status: 404 },
    });
  });

  it('is there for others only after a while', async () => {
    const { ask, clock, server } = await connect();
    await ask('PUT', '/orders', INDEX);

    expect(server.visibleIndex('orders')).toBeUndefined();
    clock.advance(3000);
    expect(server.visibleIndex('orders')?.vectorFields.get('vector')).toEqual({ dimension: 512, engine: 'faiss' });
  });

  it.each([
    ['a capital in its name', '/Orders', INDEX, 'invalid_index_name_exception'],
    ['a name that is there', '/there', INDEX, 'resource_already_exists_exception'],
    ['what no index has', '/orders', { ...INDEX, shards: 1 }, 'parse_exception'],
    ['vectors and no word of it', '/orders', { mappings: INDEX.mappings }, 'illegal_argument_exception'],
    ['vectors of no length', '/orders', withVector({ dimension: 0 }), 'mapper_parsing_exception'],
    [
      'an engine that is none',
      '/orders',
      withVector({ method: { name: 'hnsw', engine: 'gas' } }),
      'mapper_parsing_exception',
    ],
    ['a field of no type', '/orders', withVector({ type: 'vector' }), 'mapper_parsing_exception'],
  ])('is not created with %s', async (_what, path, body, type) => {
    const { ask, server } = await connect();
    server.putIndex('there', INDEX);

    expect(await ask('PUT', path, body)).toMatchObject({ status: 400, body: { error: { type }, status: 400 } });
  });

  it('is not shown to whom the policies do not let in', async () => {
    const { ask } = await connect({ denied: ['aoss:DescribeIndex'] });

    expect(await ask('GET', '/orders')).toMatchObject({
      status: 403,
      body: { status: 403, error: { reason: '403 Forbidden', type: 'Forbidden' } },
    });
  });
});

describe('a request to a collection', () => {
  it('is refused when it is signed for another service, without the hash of its body, or with its length', async () => {
    const { ask, server } = await connect();
    const { host: _host, ...foreign } = signedHeaders(server, 'es', { method: 'GET', path: '/orders' });
    const { host: _same, ...unsigned } = signedHeaders(server, 'aoss', { method: 'GET', path: '/orders' });
    delete unsigned['x-amz-content-sha256'];

    expect((await fetch(`${server.url}/orders`, { headers: foreign })).status).toBe(403);
    expect((await fetch(`${server.url}/orders`, { headers: unsigned })).status).toBe(403);
    const length = String(JSON.stringify(INDEX).length);
    expect(await ask('PUT', '/orders', INDEX, { 'content-length': length })).toMatchObject({
      status: 403,
      body: { message: 'The header content-length must not be signed.' },
    });
  });

  it('is refused when it is for more than an index', async () => {
    const { ask } = await connect();

    expect((await ask('GET', '/orders/_doc')).status).toBe(404);
    expect((await ask('POST', '/orders', INDEX)).status).toBe(404);
  });
});
