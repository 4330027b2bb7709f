import { describe, expect, it } from 'vitest';
import type { Query } from '../../src/store/database.js';
import { tellGone } from '../../src/store/gone-calls.js';

describe('the notification of calls that are gone', () => {
  it('names each of them once, in as many parts as the database takes', async () => {
    const payloads: string[] = [];
    const query: Query = async (sql, values) => {
      if (sql.includes('pg_notify')) payloads.push(String(values![1]));
      return [];
    };
    const callSids = Array.from({ length: 1000 }, (_, index) => `CA${String(index).padStart(32, '0')}`);

    await tellGone(query, callSids);
    await tellGone(query, []);

    expect(payloads.flatMap((payload) => payload.split(' '))).toEqual(callSids);
    expect(Math.max(...payloads.map((payload) => Buffer.byteLength(payload)))).toBeLessThan(8000);
    expect(payloads.length).toBeLessThan(6);
  });
});
