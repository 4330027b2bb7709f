import { randomBytes } from 'node:crypto';
import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';
import type { Check, Finding } from './check.js';
import { askHttp } from './http-request.js';
import type { Installation } from './installation.js';
import { SLOW_MS } from './public-address.js';

export const SIGNATURE_ADVICE =
  'The bridge there was started with another PUBLIC_URL or TWILIO_AUTH_TOKEN than this environment, or a proxy changes the path, the query or the X-Twilio-Signature header.';

/** A status report of a call that never was: right signature and wrong one. Nothing comes of either. */
export function signedWebhookCheck({ config, clock }: Installation): Check {
  const url = `${config.publicUrl.replace(/\/+$/, '')}/twilio/status`;
  return {
    name: 'signed webhook',
    needs: ['public address'],
    async run(signal) {
      const form = { CallSid: `CA${randomBytes(16).toString('hex')}`, CallStatus: 'queued' };
      const post = (authToken: string) =>
        askHttp(url, {
          method: 'POST',
          headers: {
            'Content-Type': 'application/x-www-form-urlencoded',
            'X-Twilio-Signature': getExpectedTwilioSignature(authToken, url, form),
          },
          body: new URLSearchParams(form).toString(),
          clock,
          signal,
        });
      const right = await post(config.twilio.authToken);
      if (right.status !== 204) return rightRefused(right.status);
      const wrong = await post(`${config.twilio.authToken}, but another`);
      if (wrong.status !== 403) {
        return {
          state: 'failed',
          says: `a wrong signature is answered with HTTP ${wrong.status}, not 403`,
          advice: 'What answers there is no bridge, or no bridge as it should be: anybody could send it calls.',
        };
      }
      const says = `signatures hold: right 204 in ${Math.round(right.tookMs)} ms, wrong 403`;
      if (right.tookMs <= SLOW_MS) return { state: 'ok', says };
      return { state: 'warning', says, advice: 'Twilio waits as long for every call: look at the proxy and the load.' };
    },
  };
}

function rightRefused(status: number): Finding {
  const says = `a rightly signed request is answered with HTTP ${status}, not 204`;
  if (status === 403) return { state: 'failed', says, advice: SIGNATURE_ADVICE };
  return { state: 'failed', says, advice: 'Let the proxy pass POST /twilio/… on as it is, with its body and headers.' };
}
