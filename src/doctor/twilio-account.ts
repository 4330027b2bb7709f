import { twilioClient } from '../twilio/rest.js';
import type { Check, Finding } from './check.js';
import type { Installation } from './installation.js';
import { twilioTrouble } from './twilio-trouble.js';

/** Below the limit of a check, so that its own words are heard. */
const TIMEOUT_MS = 8000;

/**
 * The account by SID and auth token, also where an API key is used for everything else: signatures need the token, and
 * standard keys cannot see the account.
 */
export function twilioAccountCheck({ config }: Installation): Check {
  const { accountSid, authToken, apiUrl } = config.twilio;
  return {
    name: 'Twilio account',
    async run() {
      const client = twilioClient({ accountSid, authToken, apiUrl, timeoutMs: TIMEOUT_MS });
      try {
        const { status, type, friendlyName } = await client.ask((account) => account.fetch());
        return judgeAccount({ status, type, name: friendlyName });
      } catch (error) {
        return twilioTrouble(error, hostOf(apiUrl), 'TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN');
      }
    },
  };
}

function judgeAccount({ status, type, name }: { status: string; type: string; name: string }): Finding {
  if (status !== 'active') {
    return {
      state: 'failed',
      says: `"${name}" is ${status}`,
      advice: 'Twilio answers no call for it: settle it in the Twilio console (Billing, Account).',
    };
  }
  if (type === 'Trial') {
    return {
      state: 'warning',
      says: `"${name}" is active, but a trial account`,
      advice:
        'Current trial accounts block <Stream>, so callers hear no agent, and only verified numbers can be called: upgrade the account.',
    };
  }
  return { state: 'ok', says: `"${name}" is active (${type})` };
}

/** The API key, when one is set: it cannot be asked for the account, so one number is listed with it. */
export function twilioApiKeyCheck({ config }: Installation): Check {
  const { apiUrl } = config.twilio;
  return {
    name: 'Twilio API key',
    async run() {
      const client = twilioClient({ ...config.twilio, timeoutMs: TIMEOUT_MS });
      try {
        await client.ask((account) => account.incomingPhoneNumbers.list({ limit: 1, pageSize: 1 }));
        return { state: 'ok', says: 'works: numbers can be listed (standard keys cannot see the account itself)' };
      } catch (error) {
        return twilioTrouble(error, hostOf(apiUrl), 'TWILIO_API_KEY with TWILIO_API_SECRET');
      }
    },
  };
}

export function hostOf(apiUrl: string | undefined): string {
  return new URL(apiUrl ?? 'https://api.twilio.com').host;
}
