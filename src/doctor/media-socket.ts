import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';
import { WebSocket } from 'ws';
import type { Clock } from '../clock.js';
import { mediaUrlOf } from '../twilio/carrier-urls.js';
import type { Check, Finding } from './check.js';
import type { Installation } from './installation.js';
import { networkTrouble } from './network-trouble.js';
import { SIGNATURE_ADVICE } from './signed-webhook.js';

/** The upgrade to the media socket, signed as Twilio signs it, and signed wrongly. What opens is closed at once. */
export function mediaSocketCheck({ config, clock }: Installation): Check {
  const url = mediaUrlOf(config.publicUrl);
  const { host } = new URL(url);
  return {
    name: 'media socket',
    needs: ['public address'],
    async run(signal) {
      try {
        const right = await upgrade(url, config.twilio.authToken, clock, signal);
        if (right.status !== SWITCHING) return rightRefused(right.status);
        const wrong = await upgrade(url, `${config.twilio.authToken}, but another`, clock, signal);
        if (wrong.status !== 401 && wrong.status !== 403) {
          return {
            state: 'failed',
            says: `a wrong signature is answered with HTTP ${wrong.status}, not 401 or 403`,
            advice: 'What answers there is no bridge, or no bridge as it should be: anybody could send it audio.',
          };
        }
        return {
          state: 'ok',
          says: `upgrades to a WebSocket in ${Math.round(right.tookMs)} ms; wrong signature ${wrong.status}`,
        };
      } catch (error) {
        const trouble = networkTrouble(error, host);
        if (!trouble) throw error;
        return trouble;
      }
    },
  };
}

const SWITCHING = 101;

function rightRefused(status: number): Finding {
  const says = `the upgrade is answered with HTTP ${status}, not 101`;
  if (status === 401 || status === 403) return { state: 'failed', says, advice: SIGNATURE_ADVICE };
  return {
    state: 'failed',
    says,
    advice:
      'The proxy does not pass WebSockets on. nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; and proxy_read_timeout above an hour. Load balancers: switch WebSockets on for /twilio/media.',
  };
}

/** The status of the answer; 101 when the socket stood. Rejects with the error of the network. */
function upgrade(
  url: string,
  authToken: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<{ status: number; tookMs: number }> {
  return new Promise((resolve, reject) => {
    const startMs = clock.now();
    const socket = new WebSocket(url, {
      headers: { 'X-Twilio-Signature': getExpectedTwilioSignature(authToken, url, {}) },
      perMessageDeflate: false,
    });
    const answered = (status: number) => resolve({ status, tookMs: clock.now() - startMs });
    signal.addEventListener('abort', () => socket.terminate(), { once: true });
    socket.once('unexpected-response', (request, response) => {
      answered(response.statusCode ?? 0);
      request.destroy();
    });
    socket.once('open', () => {
      answered(SWITCHING);
      socket.close(1000);
    });
    // Stays for what comes after the answer, such as an upgrade that was torn down.
    socket.on('error', reject);
  });
}
