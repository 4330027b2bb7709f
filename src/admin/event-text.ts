import type { StoredEvent } from '../call/call-store.js';

/** An event as it travels in an event stream. JSON has no line breaks, so it is one line of data. */
export function eventText({ id, kind, data }: { id?: number; kind: string; data: unknown }): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Written once, however many read it. */
const texts = new WeakMap<StoredEvent, string>();

/** A fact of a call, with the moment it became known. */
export function storedEventText(stored: StoredEvent): string {
  let text = texts.get(stored);
  if (text === undefined) {
    const { id, event, wallTimeMs } = stored;
    text = eventText({ id, kind: event.kind, data: { ...event, wallTime: new Date(wallTimeMs).toISOString() } });
    texts.set(stored, text);
  }
  return text;
}
