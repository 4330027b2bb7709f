import type { StoredEvent } from '../call/call-store.js';

/** An event as it travels in an event stream. JSON has no line breaks, so it is one line of data. */
export function eventText({ id, kind, data }: { id?: number; kind: string; data: unknown }): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Written once, however many read them. */
const written = new WeakMap<readonly StoredEvent[], Buffer>();

/** Facts of calls, each with the moment it became known. The array must not be changed after that. */
export function eventBytes(events: readonly StoredEvent[]): Buffer {
  let bytes = written.get(events);
  if (!bytes) {
    bytes = Buffer.from(events.map(storedEventText).join(''));
    written.set(events, bytes);
  }
  return bytes;
}

function storedEventText({ id, event, wallTimeMs }: StoredEvent): string {
  return eventText({ id, kind: event.kind, data: { ...event, wallTime: new Date(wallTimeMs).toISOString() } });
}
