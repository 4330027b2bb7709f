import { emptyRecord } from '../../call/events.js';
import type { CallRecord } from '../../call/record.js';
import { realClock } from '../../clock.js';
import type { AdminClient } from '../admin-client.js';
import { endedRecord } from '../ended-record.js';
import { lineOf } from '../network-line.js';
import { refuseOutbound } from '../outbound.js';
import { placeCall } from '../placing.js';
import type { ReplayTarget } from '../runner.js';
import { phoneAt, type WebhookSite } from './webhook.js';

/**
 * Any bridge with a Twilio voice webhook, as a place to replay calls: in real time, with signed requests. Without `records`,
 * the API of a bridge of ours, there is no record that could be asked for: what is heard, spoken by the carrier, dialled and
 * cleared can be expected of it, and limits; turns, tools and end reasons cannot. Throws `REQUEST_INVALID` for addresses that
 * are none.
 */
export function webhookTarget(site: WebhookSite, records?: AdminClient): ReplayTarget {
  const clock = realClock();
  const { phone, at } = phoneAt(site, clock);
  return {
    clock,
    async place(fixture, listeners) {
      refuseOutbound(fixture.call);
      const { from, to, timeout: limitMs } = fixture.call;
      const startedAt = new Date(clock.now()).toISOString();
      const options = { ...at, from, to, listen: listeners.phone, ...lineOf(fixture.call, fixture.recordings) };
      const call = await placeCall(phone, options, { clock, limitMs });
      return {
        phone: call,
        ...(records && { recordNow: () => records.find<CallRecord>(`/calls/${call.callSid}`) }),
        record: async () =>
          records
            ? endedRecord<CallRecord>(records, call.callSid, clock)
            : { ...emptyRecord(call.callSid, startedAt), from, to },
        // Its model streams and its log are its own.
        leftOpen: async () => [],
        prompts: () => [],
        histories: () => [],
        logLines: () => [],
      };
    },
  };
}
