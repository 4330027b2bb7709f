import type { IncomingPhoneNumberInstance } from 'twilio/lib/rest/api/v2010/account/incomingPhoneNumber.js';
import type { NumberSync, SyncChange, SyncResult } from '../directory/number-sync.js';
import { BridgeError } from '../errors.js';
import { fallbackPage, TRIED_AGAIN } from './carrier-urls.js';
import type { TwilioClient } from './rest.js';

export interface TwilioNumberSyncOptions {
  client: TwilioClient;
  publicUrl: string;
  /** Where Twilio asks when it gets no answer there. */
  fallbackUrl: string;
}

/** Twilio finds longer numbers as well, such as the extensions of one: as many as a page holds are looked through. */
const MAX_CANDIDATES = 1000;

type Settings = Readonly<
  Record<
    'voiceUrl' | 'voiceMethod' | 'voiceFallbackUrl' | 'voiceFallbackMethod' | 'statusCallback' | 'statusCallbackMethod',
    string
  >
>;

/** What Twilio asks in place of a number's voice URL. Source: Twilio, IncomingPhoneNumber resource. */
const OVERRIDES = [
  { field: 'trunkSid', kind: 'trunk' },
  { field: 'voiceApplicationSid', kind: 'application' },
] as const;

/** Compares a number with what it should be and changes only what differs. */
export function twilioNumberSync({ client, publicUrl, fallbackUrl }: TwilioNumberSyncOptions): NumberSync {
  const base = publicUrl.replace(/\/+$/, '');
  const wanted: Settings = {
    voiceUrl: `${base}/twilio/voice${TRIED_AGAIN}`,
    voiceMethod: 'POST',
    voiceFallbackUrl: fallbackPage(fallbackUrl),
    voiceFallbackMethod: 'POST',
    statusCallback: `${base}/twilio/status${TRIED_AGAIN}`,
    statusCallbackMethod: 'POST',
  };

  const find = async (e164: string): Promise<IncomingPhoneNumberInstance> => {
    const candidates = await client.ask((account) =>
      account.incomingPhoneNumbers.list({ phoneNumber: e164, limit: MAX_CANDIDATES }),
    );
    const found = candidates.find(({ phoneNumber }) => phoneNumber === e164);
    if (!found) throw new BridgeError('NOT_FOUND', `The Twilio account does not own ${e164}.`, { number: e164 });
    return found;
  };

  return {
    async sync(e164, { dryRun, clearOverride }): Promise<SyncResult> {
      const found = await find(e164);
      const changes = [...settingChanges(found, wanted), ...(clearOverride ? overrideChanges(found) : [])];
      const applied = changes.length > 0 && !dryRun;
      const now = applied
        ? await client.ask((account) =>
            // An empty value takes a trunk or application away.
            account
              .incomingPhoneNumbers(found.sid)
              .update(Object.fromEntries(changes.map(({ field, after }) => [field, after ?? '']))),
          )
        : found;
      return { number: e164, carrierSid: found.sid, applied, changes, overriddenBy: overrideOf(now) };
    },
  };
}

function settingChanges(found: IncomingPhoneNumberInstance, wanted: Settings): SyncChange[] {
  return (Object.keys(wanted) as (keyof Settings)[])
    .map((field) => ({ field, before: found[field] || null, after: wanted[field] }))
    .filter(({ before, after }) => before !== after && !hasOverridesOfItsOwn(before, after));
}

/** The same page, with other connection overrides than ours: those are the operator's own. */
function hasOverridesOfItsOwn(before: string | null, after: string): boolean {
  return before?.includes('#') === true && isSamePage(before, after);
}

/** Whether two addresses are asked for the same, however often the carrier tries. */
export function isSamePage(one: string | null, other: string | null): boolean {
  return one?.replace(/#.*$/, '') === other?.replace(/#.*$/, '');
}

function overrideChanges(found: IncomingPhoneNumberInstance): SyncChange[] {
  return OVERRIDES.filter(({ field }) => found[field]).map(({ field }) => ({
    field,
    before: found[field],
    after: null,
  }));
}

function overrideOf(found: IncomingPhoneNumberInstance): SyncResult['overriddenBy'] {
  const override = OVERRIDES.find(({ field }) => found[field]);
  return override ? { kind: override.kind, sid: found[override.field] } : null;
}
