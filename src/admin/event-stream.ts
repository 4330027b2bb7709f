import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CallFeed, StoredEvent } from '../call/call-store.js';
import type { Clock } from '../clock.js';
import { credentialOf } from './authentication.js';

/** Proxies close what is silent for long; and so often it is asked whether the token still holds. In ms. */
const KEEP_ALIVE_MS = 15_000;
/** A reader that leaves so much unread is let go; it comes back with Last-Event-ID. */
const MAX_UNREAD_BYTES = 1024 * 1024;
/** How long a reader waits before it comes back, in ms. */
const RETRY_MS = 1000;
/** An ended call may come back to a new media stream: its stream of events goes on for so long, in ms. */
const AFTERLIFE_MS = 3000;
const PAGE_LENGTH = 500;

export interface EventStreamOptions {
  feed: CallFeed;
  clock: Clock;
  /** Only this call; undefined: all. */
  callSid?: string | undefined;
  /** What is known by now, for who has seen nothing yet; `isOver` ends the stream behind it. */
  snapshot: () => Promise<{ data: unknown; isOver: boolean }>;
  /** Streams that are open, so that they can be closed with the server. */
  open: Set<() => void>;
}

/**
 * Answers with facts of calls as server-sent events: after `Last-Event-ID` all that came since, otherwise a `snapshot`
 * first. Every fact once, in order. Source of the format: WHATWG HTML, "Server-sent events".
 */
export async function streamEvents(
  request: FastifyRequest,
  reply: FastifyReply,
  options: EventStreamOptions,
): Promise<void> {
  const { feed, clock, callSid, snapshot } = options;
  const credential = credentialOf(request);
  const early: StoredEvent[] = [];
  let isLive = false;
  let sentId = 0;
  let cancelEnd = (): void => undefined;
  let cancelKeepAlive = (): void => undefined;
  // From here on nothing is missed, however long it takes to read what was before.
  const unsubscribe = feed.subscribe((event) => {
    if (isLive) pass(event);
    else early.push(event);
  });

  const lastEventId = Number(request.headers['last-event-id'] ?? Number.NaN);
  const resumes = Number.isSafeInteger(lastEventId) && lastEventId >= 0;
  let before: { events: StoredEvent[] } | { data: unknown; isOver: boolean; id: number; isReset: boolean };
  try {
    if (resumes && !(await feed.hasForgotten(lastEventId))) {
      before = { events: await allSince(feed, lastEventId, callSid) };
      sentId = lastEventId;
    } else {
      const id = await feed.latestId();
      before = { ...(await snapshot()), id, isReset: resumes };
    }
  } catch (error) {
    unsubscribe();
    throw error;
  }

  reply.hijack();
  const { raw } = reply;
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value);
  raw.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
  });

  const close = () => {
    if (!options.open.delete(close)) return;
    unsubscribe();
    cancelEnd();
    cancelKeepAlive();
    if (!raw.writableEnded) raw.end();
  };
  options.open.add(close);
  raw.on('close', close);
  raw.on('error', close);

  const write = (text: string) => {
    if (!options.open.has(close)) return;
    raw.write(text);
    if (raw.writableLength > MAX_UNREAD_BYTES) {
      raw.destroy();
      close();
    }
  };
  const end = () => {
    write('event: end\ndata: {}\n\n');
    close();
  };

  function pass({ id, event, wallTimeMs }: StoredEvent): void {
    if (id <= sentId) return;
    sentId = id;
    if (callSid !== undefined && event.callSid !== callSid) return;
    const data = JSON.stringify({ ...event, at: new Date(wallTimeMs).toISOString() });
    write(`id: ${id}\nevent: ${event.kind}\ndata: ${data}\n\n`);
    if (callSid === undefined) return;
    if (event.kind === 'ended') cancelEnd = clock.after(AFTERLIFE_MS, end);
    else if (event.kind === 'answered') cancelEnd();
  }

  write(`retry: ${RETRY_MS}\n\n`);
  if ('events' in before) {
    for (const event of before.events) pass(event);
  } else {
    if (before.isReset) write('event: reset\ndata: {}\n\n');
    sentId = before.id;
    write(`id: ${before.id}\nevent: snapshot\ndata: ${JSON.stringify(before.data)}\n\n`);
    if (before.isOver) return end();
  }
  isLive = true;
  for (const event of early.splice(0)) pass(event);

  const keepAlive = () => {
    if (!credential.stillHolds()) return close();
    write(': keep-alive\n\n');
    cancelKeepAlive = clock.after(KEEP_ALIVE_MS, keepAlive);
  };
  cancelKeepAlive = clock.after(KEEP_ALIVE_MS, keepAlive);
}

async function allSince(feed: CallFeed, afterId: number, callSid: string | undefined): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (let lastId = afterId; ; ) {
    const page = await feed.since(lastId, { callSid, limit: PAGE_LENGTH });
    events.push(...page);
    if (page.length < PAGE_LENGTH) return events;
    lastId = page.at(-1)!.id;
  }
}
