import type { OpenAPIV3_1 } from 'openapi-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BridgeError, type ErrorCode } from '../../src/errors.js';
import { createLog } from '../../src/log.js';
import { connectDatabase, type Database } from '../../src/store/database.js';
import { SOP } from '../creator/finished-job.js';
import { callerTurn, type OpenedStore, openFreshStore, rang } from '../store/opened-store.js';
import {
  holds,
  type Operation,
  type Ordinary,
  operationsIn,
  ordinary,
  type Place,
  stringPlaces,
} from './json-strings.js';
import { type Api, NUMBER, startApi } from './rig.js';

/** Ends a statement of SQL in each of the ways in which one may be quoted, and is a script; as short as the shortest field. */
const TEXT = `'"); DROP TABLE agents;--<script>$1`;
const AS_BYTES = Buffer.from(TEXT).toString('hex');
const BEDROCK_ID = 'ABCDEFGHIJ';
const INDEX = {
  ...{ vectorBucketName: 'documents', indexName: 'direct', indexArn: 'arn', createdAt: null },
  ...{ dimensions: 1024, distanceMetric: 'cosine' as const, nonFilterableKeys: [] },
};
const ARN = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/loader-AbCdEf0123';

let opened: OpenedStore;
let api: Api;
let database: Database;
let operations: Operation[];
let words: Ordinary;
/** What reached a service behind the API, each of which refuses. */
let asked: unknown[] = [];

const refusing =
  (code: ErrorCode) =>
  (...given: unknown[]): Promise<never> => {
    asked.push(given);
    return Promise.reject(new BridgeError(code, 'It refuses this.'));
  };
const service = refusing('AWS_REFUSED');
const maker = refusing('CREATOR_NOT_CONFIGURED');

beforeAll(async () => {
  opened = await openFreshStore();
  database = connectDatabase({ url: opened.url, clock: opened.clock, log: createLog('silent') });
  api = await startApi({
    opened,
    more: {
      agentTools: {
        toolsOf: async () => ({ tools: [], problems: [] }),
        async run(...given) {
          asked.push(given);
          return { kind: 'answer', output: {} };
        },
      },
      knowledge: {
        bases: { create: service, get: service, list: service, delete: service, retrieve: service },
        sources: { create: service, list: service, delete: service, documents: service },
        sourceDocuments: { put: service, list: service, delete: service },
        ingestions: { start: service, follow: service, find: service, list: service },
        indexes: { create: service, get: async () => INDEX, list: service, delete: service, query: service },
        documents: opened.store.documents,
      },
      creator: { jobs: opened.store.creatorJobs, start: maker, approve: maker, retry: maker, cancel: maker },
    },
  });
  const { id: agentId } = await api.agent();
  await api.api('PUT', `/api/numbers/${NUMBER}`, { body: { agentId } });
  await api.tokenOf('viewer');
  opened.tell('CA1', rang());
  opened.tell('CA1', callerTurn(0, 'good day'));
  await opened.store.flush(5000);
  words = {
    named: {
      ...{ agentId, id: agentId, from: NUMBER, to: ['+14155550142', '17:00'], dial: '+14155550142', e164: NUMBER },
      ...{ number: NUMBER, callSid: 'CA1', voiceId: 'matthew', timeZone: 'UTC', base64: 'aGVsbG8=', cursor: '' },
      ...{ webhookUrl: 'https://example.com/', tokenUrl: 'https://example.com/', url: 'https://example.com/' },
      ...{ metadata: '{}', name: 'words.txt', sop: SOP },
    },
    candidates: [
      ...[BEDROCK_ID, `${BEDROCK_ID}-${BEDROCK_ID}`, 'words', '#', `words-${BEDROCK_ID}`, ARN, 'DRAFT', '09:00'],
      ...['2026-12-24', '2030-12-24T12:00:00Z', 'arn:aws:s3:::manuals', 'arn:aws:iam::123456789012:role/reader'],
      ...['arn:aws:aoss:us-east-1:123456789012:collection/abc', 'arn:aws:bedrock:us-east-1::foundation-model/rerank'],
    ],
  };
  const { body: document } = await api.api('GET', '/openapi.json', { token: null });
  operations = operationsIn(document as OpenAPIV3_1.Document);
});
afterAll(async () => {
  await api.close();
  await database.close();
  await opened.close();
});

/** Every row with its table, but for the heartbeat of this instance and the number of the directory's last change. */
async function rows(): Promise<Set<string>> {
  const tables = await database.query<{ name: string }>(
    `SELECT table_name::text AS name FROM information_schema.tables
     WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name NOT IN ('instances', 'directory_changes') ORDER BY 1`,
  );
  const each = tables.map(({ name }) => `SELECT '${name}' AS name, to_jsonb(t) AS row FROM ${name} t`);
  const found = await database.query<{ name: string; row: unknown }>(each.join(' UNION ALL '));
  return new Set(found.map((row) => JSON.stringify(row)));
}

type Sent = Readonly<Record<'path' | 'query' | 'body', unknown>>;

async function send({ method, path, fileType }: Operation, { path: params, query, body }: Sent) {
  const named = params as Record<string, unknown>;
  const address = path.replace(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(String(named[name])));
  const pairs = Object.entries(query as object).flatMap(([name, value]) =>
    [value].flat().map((each) => [name, String(each)] as [string, string]),
  );
  const asFile = body === undefined && fileType !== undefined;
  asked = [];
  api.orders.length = 0;
  return api.api(method, `${address}${pairs.length > 0 ? `?${new URLSearchParams(pairs)}` : ''}`, {
    ...(asFile ? { text: 'words', headers: { 'content-type': 'text/plain' } } : { body }),
  });
}

/** Each request that an operation takes with the text in one place. */
function requestsOf(operation: Operation): { part: keyof Sent; field: string; sent: Sent }[] {
  const parameters = (kind: string) => {
    const all = operation.parameters.filter((each) => each.in === kind);
    // A file is named beside it.
    const isNeeded = (name: string) => kind === 'path' || name === 'name';
    return {
      type: 'object',
      properties: Object.fromEntries(all.map(({ name, schema }) => [name, schema])),
      required: all.filter(({ name }) => isNeeded(name)).map(({ name }) => name),
    };
  };
  const [path, query] = [parameters('path'), parameters('query')];

  const usual = {
    path: ordinary(path, '', words),
    query: operation.body ? {} : ordinary(query, '', words),
    body: operation.body && ordinary(operation.body, 'body', words),
  };
  const within = (part: keyof Sent, places: Place[], rest: Partial<Sent> = {}) =>
    places.map(({ field, value }) => ({ part, field, sent: { ...usual, ...rest, [part]: value } }));
  const asFile = operation.fileType === undefined ? {} : { body: undefined };
  return [
    ...within('path', stringPlaces(path, TEXT, words)),
    ...within('query', stringPlaces(query, TEXT, words), asFile),
    ...within('body', operation.body ? stringPlaces(operation.body, TEXT, words, 'body') : []),
  ];
}

describe('SQL and a script in every string of every request of the OpenAPI document', () => {
  const kept: string[] = [];
  const refused: string[] = [];

  /** What is wrong with the answer to one of them, in short. */
  const faultsOf = async (
    operation: Operation,
    request: ReturnType<typeof requestsOf>[number],
    before: Set<string>,
  ) => {
    const { part, field, sent } = request;
    const where = `${operation.id} ${part} ${field}`;
    const { status, body, headers } = await send(operation, sent);
    const after = await rows();
    const gone = [...before].filter((row) => !after.has(row));
    const come = [...after].filter((row) => !before.has(row));
    const faults: string[] = [];
    const mustBe = (isSo: boolean, what: string) => isSo || faults.push(`${where}: ${status}, not ${what}`);

    mustBe(/^application\/(problem\+)?json/.test(headers['content-type'] ?? 'application/json'), 'JSON');
    mustBe(headers['x-content-type-options'] === 'nosniff', 'nosniff');
    const reached = [...asked, ...api.orders];
    if (status < 300 || reached.length > 0) {
      kept.push(where);
      const isFilter = operation.method === 'GET' && part === 'query';
      const stored = come.map((row) => JSON.parse(row) as unknown);
      mustBe(
        isFilter
          ? come.length === 0
          : holds([body, reached, stored], TEXT) || come.some((row) => row.includes(AS_BYTES)),
        'kept as it is',
      );
      // What was there is still there, save what the request was about.
      const subject = String(Object.values(sent.path as object)[0]);
      mustBe(!gone.some((row) => !row.includes(subject)), 'without a change of others');
    } else {
      refused.push(where);
      mustBe(status >= 400 && status < 500, 'refused');
      mustBe(gone.length + come.length === 0, 'without a change');
      mustBe(/\w+ \w+/.test(body.detail), 'in words');
      // For that string, and for nothing else.
      const path = field.replace(/\.?\{name\}$/, '');
      for (const { field: named } of (body.errors ?? []) as { field: string }[]) {
        mustBe(`${path}.`.startsWith(`${named}.`) || named.startsWith(path), `for that alone, but for ${named}`);
      }
      const isOfALibrary = /Invalid |received|expected|Too (small|big)|Unrecognized|syntax error/;
      // What comes of a change of an agent is looked at behind the API, and told as it was found there.
      const isOurs = !isOfALibrary.test(JSON.stringify(body));
      mustBe(isOurs, `in our words: ${JSON.stringify(body)}`);
    }
    return { faults, after };
  };

  it('is refused in words, or kept as it is, and nothing else changes', { timeout: 240_000 }, async () => {
    let before = await rows();
    const all: string[] = [];
    for (const operation of operations) {
      for (const request of requestsOf(operation)) {
        const { faults, after } = await faultsOf(operation, request, before);
        all.push(...faults);
        before = after;
      }
    }

    expect(all).toEqual([]);
  });

  it('has reached free text, and what has a form', () => {
    const free = [
      ...['createAgent body name', 'createAgent body tools.0.description', 'patchAgent body greeting'],
      ...['putNumber body fallback.say', 'putNumber body notice', 'createToken body name', 'placeTestCall body from'],
      ...['placeCall body variables.x', 'placeCall body onMachine.say', 'transferCall body whisper'],
      ...['askAgentTool body variables.x', 'startCreatorJob body voicePersonality', 'listAudit query subject'],
      ...['putDocument body name', 'queryIndex body text'],
    ];
    const formed = [
      ...['deleteCaller path e164', 'putNumber path e164', 'placeCall body from', 'putNumber body agentId'],
      ...['putNumber body webhookUrl', 'listCalls query cursor', 'getCall path callSid', 'revokeToken path id'],
    ];
    expect(free.filter((where) => !kept.includes(where))).toEqual([]);
    expect(formed.filter((where) => !refused.includes(where))).toEqual([]);
    expect(kept.length + refused.length).toBeGreaterThan(200);
  });
});

it('SQL in the name of a caller who is no number deletes nobody', async () => {
  const before = await rows();
  const { status } = await api.api(
    'DELETE',
    `/api/callers/${encodeURIComponent(`client:'");DROP/**/TABLE"agents;--`)}`,
  );
  const come = [...(await rows())].filter((row) => !before.has(row));
  const after = await rows();

  expect(status).toBeLessThan(500);
  expect([...before].filter((row) => !after.has(row))).toEqual([]);
  expect(come.every((row) => row.includes('audit_entries'))).toBe(true);
});
