import { createHash } from 'node:crypto';
import type { PhoneCall } from '../../../src/emulator/phone/phone.js';
import type { Fixture } from '../../../src/replay/fixture/fixture.js';
import type { ReplayResult } from '../../../src/replay/replayed-call.js';
import { type ReplayNews, type ReplayTarget, replay } from '../../../src/replay/runner.js';

/** Media tickets are good once, so each has a nonce of its own: that and the wall time of log lines are no decisions. */
const TICKET = /[\w-]{60,}\.[\w-]{43}/g;
const LOG_HEAD = /"time":\d+,"pid":\d+,/g;

export interface DigestedReplay {
  result: ReplayResult;
  /** Everything that was told, in order, a line each. */
  told: string[];
  /** SHA-256 of it. */
  digest: string;
}

/** Replays and writes down all that phone, model, bridge and record told, with times and sound. */
export async function digested(fixture: Fixture, target: ReplayTarget): Promise<DigestedReplay> {
  const news: ReplayNews[] = [];
  const phones: PhoneCall[] = [];
  const watched: ReplayTarget = {
    clock: target.clock,
    async place(...given) {
      const placed = await target.place(...given);
      phones.push(placed.phone);
      return placed;
    },
  };
  const { tookMs: _tookMs, ...result } = await replay(fixture, watched, (each) => news.push(each));
  const messages = phones.flatMap((phone) => [...phone.messages, ...phone.requests]);
  const told = [...news, ...messages, result].map((each) => plain(each));
  const digest = createHash('sha256').update(told.join('\n')).digest('hex');
  return { result: { ...result, tookMs: 0 }, told, digest };
}

function plain(value: object): string {
  const text = JSON.stringify(value, (_key, each: unknown) =>
    each instanceof Uint8Array ? createHash('sha256').update(each).digest('base64') : bufferless(each),
  );
  // Most of it is media, of which nothing is to be left out: there the search would take longer than the call.
  if (!text.includes('ticket') && !text.includes('time')) return text;
  return text.replaceAll('\\"', '"').replace(TICKET, 'ticket').replace(LOG_HEAD, '');
}

/** Buffers turn themselves into lists of numbers before a replacer sees them. */
function bufferless(value: unknown): unknown {
  const isBuffer = typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
  return isBuffer && 'data' in value
    ? createHash('sha256')
        .update(Buffer.from(value.data as number[]))
        .digest('base64')
    : value;
}
