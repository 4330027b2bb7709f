import { createHash } from 'node:crypto';
import type { Clock } from '../../clock.js';
import type { Ids } from '../../ids.js';
import { text, violated } from '../aws/constraint.js';
import { isObject, jsonObject, page } from '../aws/json.js';
import { invalid, notFound } from '../aws/problem.js';
import type { Route } from '../aws/routes.js';
import type { AwsRequest } from '../aws/server.js';
import { scoreOf } from './relevance.js';

/** A memory resource, and what it remembers already. */
export interface MemoryScript {
  /** `Calls-Ab12Cd34Ef` */
  memoryId: string;
  records?: readonly { text: string; namespaces: readonly string[]; memoryStrategyId?: string }[];
  /** What makes records of events; the namespace may contain `{actorId}`, `{sessionId}` and `{memoryStrategyId}`. */
  strategies?: readonly { memoryStrategyId: string; namespace: string }[];
  /** From an event to its records; default 60,000. */
  extractsAfterMs?: number;
}

/** An event as it is kept. */
export interface MemoryEvent {
  readonly memoryId: string;
  readonly actorId: string;
  readonly sessionId: string;
  readonly eventId: string;
  /** Seconds since the epoch. */
  readonly eventTimestamp: number;
  readonly payload: readonly unknown[];
  readonly metadata?: unknown;
  readonly branch?: unknown;
}

interface MemoryRecord {
  id: string;
  text: string;
  namespaces: readonly string[];
  memoryStrategyId: string;
  createdAtMs: number;
}

const MEMORY_ID = { least: 12, pattern: /[a-zA-Z][a-zA-Z0-9-_]{0,99}-[a-zA-Z0-9]{10}/ };
const ACTOR_ID = { most: 255, pattern: /[a-zA-Z0-9][a-zA-Z0-9-_/]*(?::[a-zA-Z0-9-_/]+)*[a-zA-Z0-9-_/]*/ };
const SESSION_ID = { most: 100, pattern: /[a-zA-Z0-9][a-zA-Z0-9-_]*/ };
const RECORD_ID = { least: 40, most: 50, pattern: /mem-[a-zA-Z0-9-_]*/ };
const ROLES = ['USER', 'ASSISTANT', 'TOOL', 'OTHER'];
const MAX_TEXT = 100_000;
const DEFAULT_EXTRACTION_MS = 60_000;

/**
 * AgentCore Memory: events at once, records of them only later. Relevance counts words and is not the service's.
 * Source: AgentCore data plane API reference (CreateEvent, ListEvents, DeleteEvent, ListSessions,
 * RetrieveMemoryRecords, ListMemoryRecords, BatchDeleteMemoryRecords; Event for the patterns).
 */
export class Memories {
  readonly events: MemoryEvent[] = [];
  readonly #scripts: ReadonlyMap<string, MemoryScript>;
  readonly #records = new Map<string, MemoryRecord[]>();
  readonly #byToken = new Map<string, MemoryEvent>();
  readonly #clock: Clock;
  readonly #ids: Ids;
  #recordCount = 0;

  constructor(scripts: readonly MemoryScript[], clock: Clock, ids: Ids) {
    this.#scripts = new Map(scripts.map((script) => [script.memoryId, script]));
    this.#clock = clock;
    this.#ids = ids;
    for (const { memoryId, records = [] } of scripts) {
      const kept = records.map((record) => ({
        id: this.#recordId(),
        memoryStrategyId: 'seeded-0000000000',
        createdAtMs: clock.now(),
        ...record,
      }));
      this.#records.set(memoryId, kept);
    }
  }

  readonly operations: Record<string, Route> = {
    CreateEvent: {
      method: 'POST',
      path: '/memories/{memoryId}/events',
      handle: (request, memoryId) => ({ status: 201, body: { event: this.#create(request, memoryId) } }),
    },
    ListEvents: {
      method: 'POST',
      path: '/memories/{memoryId}/actor/{actorId}/sessions/{sessionId}',
      handle: ({ body }, ...names) => ({ status: 200, body: this.#list(jsonObject(body), names) }),
    },
    RetrieveMemoryRecords: {
      method: 'POST',
      path: '/memories/{memoryId}/retrieve',
      handle: ({ body }, memoryId) => ({ status: 200, body: this.#retrieve(jsonObject(body), memoryId) }),
    },
    ListSessions: {
      method: 'POST',
      path: '/memories/{memoryId}/actor/{actorId}/sessions',
      handle: ({ body }, ...names) => ({ status: 200, body: this.#sessions(jsonObject(body), names) }),
    },
    DeleteEvent: {
      method: 'DELETE',
      path: '/memories/{memoryId}/actor/{actorId}/sessions/{sessionId}/events/{eventId}',
      handle: (_request, ...names) => ({ status: 200, body: this.#deleteEvent(names) }),
    },
    ListMemoryRecords: {
      method: 'POST',
      path: '/memories/{memoryId}/memoryRecords',
      handle: ({ body }, memoryId) => ({ status: 200, body: this.#listRecords(jsonObject(body), memoryId) }),
    },
    BatchDeleteMemoryRecords: {
      method: 'POST',
      path: '/memories/{memoryId}/memoryRecords/batchDelete',
      handle: ({ body }, memoryId) => ({ status: 200, body: this.#deleteRecords(jsonObject(body), memoryId) }),
    },
  };

  #create({ body }: AwsRequest, memoryId: string): MemoryEvent {
    const script = this.#find(memoryId);
    const given = jsonObject(body);
    const actorId = text('actorId', given.actorId, ACTOR_ID);
    const sessionId = text('sessionId', given.sessionId ?? this.#ids.uuid(), SESSION_ID);
    if (typeof given.eventTimestamp !== 'number') throw violated('eventTimestamp', 'Member must not be null');
    const payload = payloadOf(given.payload);
    const token = given.clientToken === undefined ? undefined : `${memoryId} ${String(given.clientToken)}`;
    const known = token === undefined ? undefined : this.#byToken.get(token);
    if (known) return known;
    const nowMs = this.#clock.now();
    const digits = createHash('sha256').update(this.#ids.uuid()).digest('hex').slice(0, 8);
    const event: MemoryEvent = {
      memoryId,
      actorId,
      sessionId,
      eventId: `${String(Math.floor(nowMs)).padStart(16, '0')}#${digits}`,
      eventTimestamp: given.eventTimestamp,
      payload,
      ...(given.metadata !== undefined && { metadata: given.metadata }),
      ...(given.branch !== undefined && { branch: given.branch }),
    };
    this.events.push(event);
    if (token !== undefined) this.#byToken.set(token, event);
    if (given.extractionMode !== 'SKIP') this.#extract(script, event, nowMs);
    return event;
  }

  /** Records are dated ahead: they come to light when the clock gets there. */
  #extract(script: MemoryScript, event: MemoryEvent, nowMs: number): void {
    for (const { memoryStrategyId, namespace } of script.strategies ?? []) {
      const { actorId, sessionId } = event;
      const names: Readonly<Record<string, string>> = { actorId, sessionId, memoryStrategyId };
      const resolved = namespace.replace(/\{(\w+)\}/g, (whole, name: string) => names[name] ?? whole);
      for (const { content } of event.payload.map(conversational).filter((said) => said !== undefined)) {
        const createdAtMs = nowMs + (script.extractsAfterMs ?? DEFAULT_EXTRACTION_MS);
        this.#records
          .get(script.memoryId)
          ?.push({ id: this.#recordId(), text: content, namespaces: [resolved], memoryStrategyId, createdAtMs });
      }
    }
  }

  /** Newest first. */
  #list(asked: Readonly<Record<string, unknown>>, [memoryId = '', actor, session]: readonly string[]): object {
    this.#find(memoryId);
    const actorId = text('actorId', actor, ACTOR_ID);
    const sessionId = text('sessionId', session, SESSION_ID);
    const found = this.events
      .filter((event) => event.memoryId === memoryId && event.actorId === actorId && event.sessionId === sessionId)
      .reverse();
    const { items, ...rest } = page(found, { ...asked, maxResults: asked.maxResults ?? 20 });
    const events = asked.includePayloads === false ? items.map((event) => ({ ...event, payload: [] })) : items;
    return { events, ...rest };
  }

  #retrieve(asked: Readonly<Record<string, unknown>>, memoryId: string): object {
    this.#find(memoryId);
    const { namespace, namespacePath, searchCriteria } = asked;
    if ((namespace === undefined) === (namespacePath === undefined)) {
      throw invalid('Exactly one of namespace and namespacePath is required');
    }
    const prefix = text('namespace', namespace ?? namespacePath, { most: 1024 });
    if (!isObject(searchCriteria)) throw violated('searchCriteria', 'Member must not be null');
    const query = text('searchCriteria.searchQuery', searchCriteria.searchQuery, { most: 10_000 });
    const topK = searchCriteria.topK ?? 10;
    if (typeof topK !== 'number' || topK < 1 || topK > 100) throw invalid('topK must be between 1 and 100');
    const strategy = searchCriteria.memoryStrategyId;
    const found = (this.#records.get(memoryId) ?? [])
      .map((record) => ({ record, score: scoreOf(query, record.text) }))
      .filter(({ record }) => record.createdAtMs <= this.#clock.now())
      .filter(({ record }) => record.namespaces.some((one) => one.startsWith(prefix)))
      .filter(({ record }) => strategy === undefined || record.memoryStrategyId === strategy)
      .sort((a, b) => b.score - a.score)
      .slice(0, topK);
    const { items, ...rest } = page(found, { ...asked, maxResults: asked.maxResults ?? 20 });
    return { memoryRecordSummaries: items.map(({ record, score }) => ({ ...summaryOf(record), score })), ...rest };
  }

  /** Of all sessions of an actor; none for one that is not known. */
  #sessions(asked: Readonly<Record<string, unknown>>, [memoryId = '', actor]: readonly string[]): object {
    this.#find(memoryId);
    const actorId = text('actorId', actor, ACTOR_ID);
    const theirs = this.events.filter((event) => event.memoryId === memoryId && event.actorId === actorId);
    const first = new Map([...theirs].reverse().map((event) => [event.sessionId, event]));
    const { items, ...rest } = page([...first.values()], { ...asked, maxResults: asked.maxResults ?? 20 });
    const sessionSummaries = items.map(({ sessionId, eventTimestamp: createdAt }) => ({
      sessionId,
      actorId,
      createdAt,
    }));
    return { sessionSummaries, ...rest };
  }

  #deleteEvent([memoryId = '', actorId, sessionId, eventId]: readonly string[]): object {
    this.#find(memoryId);
    const at = this.events.findIndex(
      (event) =>
        event.memoryId === memoryId &&
        event.actorId === actorId &&
        event.sessionId === sessionId &&
        event.eventId === eventId,
    );
    if (at < 0) throw notFound(`Event not found: ${eventId}`);
    this.events.splice(at, 1);
    return { eventId };
  }

  #listRecords(asked: Readonly<Record<string, unknown>>, memoryId: string): object {
    this.#find(memoryId);
    const prefix = text('namespace', asked.namespace ?? asked.namespacePath, { most: 1024 });
    const found = (this.#records.get(memoryId) ?? [])
      .filter(({ createdAtMs }) => createdAtMs <= this.#clock.now())
      .filter(({ namespaces }) => namespaces.some((one) => one.startsWith(prefix)));
    const { items, ...rest } = page(found, { ...asked, maxResults: asked.maxResults ?? 20 });
    return { memoryRecordSummaries: items.map(summaryOf), ...rest };
  }

  /** Each for itself. */
  #deleteRecords({ records }: Readonly<Record<string, unknown>>, memoryId: string): object {
    this.#find(memoryId);
    if (!Array.isArray(records) || records.length === 0 || records.length > 100) {
      throw violated('records', 'Member must have length between 1 and 100');
    }
    const kept = this.#records.get(memoryId) ?? [];
    const results = records.map((one) => {
      const memoryRecordId = text('memoryRecordId', isObject(one) ? one.memoryRecordId : undefined, RECORD_ID);
      const at = kept.findIndex(({ id }) => id === memoryRecordId);
      if (at >= 0) kept.splice(at, 1);
      return at >= 0
        ? { memoryRecordId, status: 'SUCCEEDED' }
        : { memoryRecordId, status: 'FAILED', errorCode: 404, errorMessage: 'Memory record not found' };
    });
    return {
      successfulRecords: results.filter(({ status }) => status === 'SUCCEEDED'),
      failedRecords: results.filter(({ status }) => status === 'FAILED'),
    };
  }

  #recordId(): string {
    return `mem-${String(this.#recordCount++).padStart(36, '0')}`;
  }

  #find(memoryId: string): MemoryScript {
    const script = this.#scripts.get(text('memoryId', memoryId, MEMORY_ID));
    if (!script) throw notFound(`Memory not found: ${memoryId}`);
    return script;
  }
}

function summaryOf({ id, text: said, memoryStrategyId, namespaces, createdAtMs }: MemoryRecord) {
  return {
    ...{ memoryRecordId: id, content: { text: said }, memoryStrategyId, namespaces, createdAt: createdAtMs / 1000 },
  };
}

function payloadOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value) || value.length > 100) throw violated('payload', 'Member must be a list of at most 100');
  for (const part of value) {
    if (!isObject(part) || Object.keys(part).length !== 1)
      throw violated('payload', 'Member must have exactly one kind');
    if ('conversational' in part && !conversational(part)) {
      throw violated('payload.conversational', `Member must have a text and a role out of ${ROLES.join(', ')}`);
    }
  }
  return value;
}

function conversational(part: unknown): { content: string; role: string } | undefined {
  if (!isObject(part) || !isObject(part.conversational)) return undefined;
  const { content, role } = part.conversational;
  if (!isObject(content) || typeof role !== 'string' || !ROLES.includes(role)) return undefined;
  return { content: text('payload.conversational.content.text', content.text, { most: MAX_TEXT }), role };
}
