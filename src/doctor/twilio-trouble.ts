import { BridgeError, messageOf } from '../errors.js';
import type { Finding } from './check.js';
import { networkTrouble } from './network-trouble.js';

/** What Twilio's REST API refuses, or why it is not there. `credential` is what it was asked with. */
export function twilioTrouble(error: unknown, host: string, credential: string): Finding {
  const failed = (says: string, advice: string): Finding => ({ state: 'failed', says, advice });
  const network = networkTrouble(error, host);
  if (network) return network;
  if (!(error instanceof BridgeError)) throw error;
  const { status, carrierCode } = error.details as { status?: number; carrierCode?: number };
  if (carrierCode === ACCOUNT_NOT_ACTIVE) {
    return failed('the Twilio account is suspended or closed', 'Settle it in the Twilio console (Billing, Account).');
  }
  if (status === 401 || status === 403) {
    return failed(
      `Twilio refuses ${credential} (HTTP ${status})`,
      `Copy it again from the Twilio console, of this very account (a subaccount has its own) and region${host === 'api.twilio.com' ? '' : `, which is the one at ${host}`}.`,
    );
  }
  if (error.code === 'NOT_FOUND') {
    return failed(
      'Twilio does not know the account',
      'Check TWILIO_ACCOUNT_SID, and that TWILIO_API_URL is of its region.',
    );
  }
  if (status === 429) return failed('Twilio has no room for the request (HTTP 429)', 'Ask again in a minute.');
  if (status !== undefined && status >= 500) {
    return failed(
      `Twilio has trouble (HTTP ${status})`,
      'Ask again in a minute; status.twilio.com tells of larger ones.',
    );
  }
  if (error.code === 'CARRIER_UNREACHABLE' && status !== undefined) {
    return failed(`what answers at ${host} is not Twilio's REST API (HTTP ${status})`, 'Check TWILIO_API_URL.');
  }
  return failed(messageOf(error), "Twilio's error dictionary (twilio.com/docs/api/errors) explains its codes.");
}

/** Source: Twilio, error and warning dictionary. */
const ACCOUNT_NOT_ACTIVE = 20005;
