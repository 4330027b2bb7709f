import type { CallListener } from './events.js';
import { recorded } from './events.js';
import type { CallRecord } from './record.js';

export interface CallFilter {
  state?: CallRecord['state'] | undefined;
  /** Either side of the call. */
  number?: string | undefined;
  /** ISO times; `from` inclusive, `to` exclusive, against the start of the call. */
  from?: string | undefined;
  to?: string | undefined;
}

/** What calls leave behind. Fed by the event stream, read by administrators and by calls that are connected again. */
export interface CallLog {
  readonly listener: CallListener;
  find(callSid: string): Promise<CallRecord | undefined>;
  /** Newest first. */
  list(filter: CallFilter, page: { limit: number; cursor?: string | undefined }): Promise<CallPage>;
}

export interface CallPage {
  items: CallRecord[];
  nextCursor: string | null;
}

/** Ended calls kept in memory; the oldest give way. */
const KEPT_CALLS = 1000;

/** The call log of one process, gone when it ends. */
export function memoryCallLog(keptCalls = KEPT_CALLS): CallLog & { peek(callSid: string): CallRecord | undefined } {
  const records = new Map<string, CallRecord>();

  const makeRoom = () => {
    for (const [callSid, record] of records) {
      if (records.size <= keptCalls) return;
      if (record.state === 'ended') records.delete(callSid);
    }
  };

  return {
    listener: (event, wallTimeMs) => {
      const before = records.get(event.callSid);
      records.set(event.callSid, recorded(before, event, wallTimeMs));
      if (!before) makeRoom();
    },
    peek: (callSid) => records.get(callSid),
    find: async (callSid) => records.get(callSid),
    async list(filter, { limit, cursor }) {
      const matching = [...records.values()].filter((record) => matches(record, filter)).sort(newestFirst);
      // By comparison, not by place: the call that the cursor names may be gone by now.
      const rest = cursor === undefined ? matching : matching.filter((record) => cursorOf(record) < cursor);
      const items = rest.slice(0, limit);
      return { items, nextCursor: rest.length > limit ? cursorOf(items.at(-1)!) : null };
    },
  };
}

function matches(record: CallRecord, filter: CallFilter): boolean {
  if (filter.state && record.state !== filter.state) return false;
  if (filter.number && record.from !== filter.number && record.to !== filter.number) return false;
  if (filter.from && record.startedAt < filter.from) return false;
  return !(filter.to && record.startedAt >= filter.to);
}

function newestFirst(a: CallRecord, b: CallRecord): number {
  return cursorOf(a) < cursorOf(b) ? 1 : -1;
}

function cursorOf(record: CallRecord): string {
  return `${record.startedAt}_${record.callSid}`;
}
