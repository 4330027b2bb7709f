import { connect } from 'node:http2';
import type { Clock } from '../clock.js';
import { endpointIn } from '../sonic/bedrock-client.js';
import { bedrockOrigin } from './aws-endpoint.js';
import type { Check, Finding } from './check.js';
import { askHttp } from './http-request.js';
import { type Installation, voiceRegionsOf } from './installation.js';
import { networkTrouble } from './network-trouble.js';

/** A server's clock, read between two readings of ours. */
export interface Reading {
  /** The Date header; undefined when there was none. */
  date: string | undefined;
  sentMs: number;
  receivedMs: number;
}

/** Logs and timings are misleading beyond this. */
const WARN_MS = 5000;
/** Signature Version 4 is refused beyond this. Source: AWS, "Troubleshooting Signature Version 4". */
const LIMIT_MS = 300_000;
/** Below the limit of a check: whoever is silent here is no failure yet. */
const READ_LIMIT_MS = 5000;
/** The header has whole seconds. */
const HALF_STEP_MS = 500;

export function awsClockCheck(installation: Installation): Check {
  const { bedrock, clock } = installation;
  const [region] = voiceRegionsOf(installation);
  return {
    name: 'clock (AWS)',
    async run(signal) {
      const origin = await bedrockOrigin({ region, ...endpointIn(region, bedrock?.endpoint) });
      return compareClocks(new URL(origin).host, 'the voice model', { clock, signal }, (limit) =>
        readHttp2(origin, clock, limit),
      );
    },
  };
}

export function twilioClockCheck({ config, clock }: Installation): Check {
  const origin = config.twilio.apiUrl ?? 'https://api.twilio.com';
  return {
    name: 'clock (Twilio)',
    run: (signal) =>
      compareClocks(new URL(origin).host, 'the Twilio account', { clock, signal }, async (limit) => {
        const { headers, sentMs, tookMs } = await askHttp(`${origin}/`, { method: 'HEAD', clock, signal: limit });
        return { date: headers.date, sentMs, receivedMs: sentMs + tookMs };
      }),
  };
}

/** A host that cannot be asked, or says nothing, is left to the check that really needs it. */
async function compareClocks(
  host: string,
  laterCheck: string,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
  read: (limit: AbortSignal) => Promise<Reading>,
): Promise<Finding> {
  const limit = new AbortController();
  const cancel = clock.after(READ_LIMIT_MS, () => limit.abort());
  try {
    return judgeSkew(host, await read(AbortSignal.any([signal, limit.signal])));
  } catch (error) {
    const trouble = networkTrouble(error, host)?.says ?? `${host} cannot be asked for its time`;
    return { state: 'skipped', says: `${trouble}; the check of ${laterCheck} says more` };
  } finally {
    cancel();
  }
}

/** What the difference means. */
export function judgeSkew(host: string, { date, sentMs, receivedMs }: Reading): Finding {
  const serverMs = Date.parse(date ?? '') + HALF_STEP_MS;
  if (Number.isNaN(serverMs)) return { state: 'skipped', says: `${host} tells no time` };
  const aheadMs = (sentMs + receivedMs) / 2 - serverMs;
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  const says = `this machine is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} ${host}`;
  const advice = 'Put the clock right: switch NTP on (timedatectl set-ntp true, chrony; in a VM the host counts).';
  if (Math.abs(aheadMs) > LIMIT_MS) {
    return { state: 'failed', says, advice: `${advice} Beyond five minutes AWS refuses every signature.` };
  }
  if (Math.abs(aheadMs) > WARN_MS) return { state: 'warning', says, advice };
  return { state: 'ok', says: `within ${Math.max(1, seconds)} s of ${host}` };
}

/** Over HTTP/2, as the voice model is spoken to; any answer has a date, also a refusal. */
function readHttp2(origin: string, clock: Clock, signal: AbortSignal): Promise<Reading> {
  return new Promise((resolve, reject) => {
    const session = connect(origin);
    const fail = (error: unknown) => {
      session.destroy();
      reject(error);
    };
    session.on('error', fail);
    signal.addEventListener('abort', () => fail(new Error('given up')), { once: true });
    const sentMs = clock.now();
    const request = session.request({ ':path': '/' });
    request.on('error', fail);
    request.once('response', ({ date }) => {
      resolve({ date, sentMs, receivedMs: clock.now() });
      session.destroy();
    });
  });
}
