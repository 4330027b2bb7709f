import { callEvents } from './event-source.ts';

/** The event stream of one tab, where browsers have no shared workers. */
declare const self: { onmessage: (() => void) | null; postMessage(message: unknown): void };

const events = callEvents((message) => self.postMessage(message));
self.onmessage = () => events.open();
