import { createHash, createHmac, hkdfSync } from 'node:crypto';
import type { CallRecord } from '../call/record.js';
import { ownNumber } from '../call/record.js';
import { type Clock, realClock } from '../clock.js';
import { BridgeError, messageOf } from '../errors.js';
import type { JobHandler } from './runner.js';

const ANSWER_LIMIT_MS = 10_000;
const LEASE_MS = 30_000;
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DELAYS_MS = [5 * SECOND_MS, 30 * SECOND_MS, 2 * MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS];

/**
 * What receivers check signatures with: `whsec_` and 32 bytes in base64, for this number and URL alone.
 * Source: Standard Webhooks specification, "Signature scheme".
 */
export function webhookSecret(secretsKey: string, number: string, url: string): string {
  return `whsec_${keyOf(secretsKey, number, url).toString('base64')}`;
}

/**
 * Posts what the API shows of an ended call (`bodyOf`) to where its number wants it, signed after Standard Webhooks.
 * Answers other than 2xx (redirects too) are WEBHOOK_FAILED. A call that has come back to life, or ended again, or was
 * deleted, is not reported.
 */
export function callEndedJob(options: {
  findCall: (callSid: string) => Promise<CallRecord | undefined>;
  bodyOf: (record: CallRecord) => object;
  secretsKey: string;
  clock?: Clock;
}): JobHandler {
  const { findCall, bodyOf, secretsKey, clock = realClock() } = options;
  return {
    leaseMs: LEASE_MS,
    delaysMs: DELAYS_MS,

    async run(payload, signal) {
      const { callSid, endedAt, url } = payload;
      if (typeof callSid !== 'string' || typeof url !== 'string') return;
      const record = await findCall(callSid);
      if (record?.state !== 'ended' || record.endedAt !== endedAt) return;
      const id = messageId(callSid, record.endedAt);
      const key = keyOf(secretsKey, ownNumber(record), url);
      await post({ url, id, key, body: JSON.stringify(bodyOf(record)), clock, signal });
    },
  };
}

async function post(message: {
  url: string;
  id: string;
  key: Buffer;
  body: string;
  clock: Clock;
  signal: AbortSignal;
}): Promise<void> {
  const { url, id, key, body, clock, signal } = message;
  const timestamp = Math.floor(clock.now() / 1000);
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  const late = new AbortController();
  const cancelLate = clock.after(ANSWER_LIMIT_MS, () => late.abort(new Error(`no answer in ${ANSWER_LIMIT_MS} ms`)));
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'oratio-voice-bridge',
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': `v1,${signature}`,
      },
      body,
      signal: AbortSignal.any([signal, late.signal]),
    });
    // Nobody reads it, and the connection must not wait for it.
    await response.body?.cancel();
    if (!response.ok) throw new BridgeError('WEBHOOK_FAILED', `The webhook answered ${response.status}.`);
  } catch (error) {
    if (error instanceof BridgeError) throw error;
    const { cause } = error as { cause?: unknown };
    const reason = messageOf(cause ?? error);
    throw new BridgeError('WEBHOOK_FAILED', `The webhook could not be reached: ${reason}.`, {}, { cause: error });
  } finally {
    cancelLate();
  }
}

function keyOf(secretsKey: string, number: string, url: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secretsKey, 'oratio call-ended webhook', `${number} ${url}`, 32));
}

/** The same for every attempt; without full stops, which separate what is signed. */
function messageId(callSid: string, endedAt: string | null): string {
  return `msg_${createHash('sha256').update(`${callSid} ${endedAt}`).digest('base64url').slice(0, 27)}`;
}
