import { describe, expect, it } from 'vitest';
import { jsonObject, page } from '../../../src/emulator/aws/json.js';
import { routes } from '../../../src/emulator/aws/routes.js';
import type { AwsRequest } from '../../../src/emulator/aws/server.js';

function request(method: string, path: string): AwsRequest {
  const { signal } = new AbortController();
  return {
    method,
    path,
    query: new URLSearchParams(),
    headers: {},
    body: Buffer.alloc(0),
    signal,
    remotePort: 1,
    receivedMs: 0,
  };
}

const table = routes({
  Get: { method: 'GET', path: '/things/{id}/', handle: (_, id) => ({ status: 200, body: { got: id } }) },
  Put: { method: 'PUT', path: '/things/{id}', handle: (_, id) => ({ status: 200, body: { put: id } }) },
  Inner: {
    method: 'GET',
    path: '/things/{id}/parts/{part}',
    handle: (_, id, part) => ({ status: 200, body: [id, part] }),
  },
});

describe('operations', () => {
  it('are found by method and path, a slash at the end or not', () => {
    expect(table.handle(request('GET', '/things/1'))).toMatchObject({ body: { got: '1' } });
    expect(table.handle(request('PUT', '/things/1/'))).toMatchObject({ body: { put: '1' } });
    expect(table.operationOf({ method: 'GET', path: '/things/1/parts/2' })).toBe('Inner');
  });

  it('get their labels decoded after the path was split', () => {
    expect(table.handle(request('GET', '/things/a%2Fb/parts/%C3%A9'))).toMatchObject({ body: ['a/b', 'é'] });
  });

  it.each([
    ['POST', '/things/1'],
    ['GET', '/things'],
    ['GET', '/things//parts/2'],
  ])('are unknown for %s %s', (method, path) => {
    expect(() => table.handle(request(method, path))).toThrow(expect.objectContaining({ status: 404 }));
    expect(table.operationOf({ method, path })).toBeUndefined();
  });
});

describe('pages', () => {
  it('give every item once', () => {
    const items = [1, 2, 3, 4, 5];
    const seen: number[] = [];
    let nextToken: string | undefined;
    do {
      const part = page(items, { maxResults: 2, nextToken });
      seen.push(...part.items);
      nextToken = part.nextToken;
    } while (nextToken);

    expect(seen).toEqual(items);
  });

  it.each([{ maxResults: 0 }, { maxResults: 101 }, { maxResults: 'x' }, { nextToken: 'made up' }])(
    'are refused for %j',
    (asked) => {
      expect(() => page([1], asked)).toThrow(expect.objectContaining({ type: 'ValidationException' }));
    },
  );
});

describe('a body', () => {
  it('is an object, or nothing', () => {
    expect(jsonObject(Buffer.from('{"a":1}'))).toEqual({ a: 1 });
    expect(jsonObject(Buffer.alloc(0))).toEqual({});
    for (const wrong of ['{', '[]', '1']) {
      expect(() => jsonObject(Buffer.from(wrong))).toThrow(expect.objectContaining({ type: 'SerializationException' }));
    }
  });
});
