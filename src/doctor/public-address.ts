import { lookup } from 'node:dns/promises';
import { BlockList } from 'node:net';
import type { Check, Finding } from './check.js';
import { askHttp, type HttpAnswer } from './http-request.js';
import type { Installation } from './installation.js';
import { networkTrouble } from './network-trouble.js';

const DAY_MS = 86_400_000;
const RENEW_DAYS = 14;
/** Callers hear the ring go on meanwhile; Twilio itself waits 15 s. */
export const SLOW_MS = 1000;

/** PUBLIC_URL from here: name, certificate, and whether a bridge answers behind it. */
export function publicAddressCheck({ config, clock }: Installation): Check {
  const base = config.publicUrl.replace(/\/+$/, '');
  const { host, hostname, protocol } = new URL(base);
  return {
    name: 'public address',
    async run(signal) {
      let answer: HttpAnswer;
      try {
        answer = await askHttp(`${base}/healthz`, { clock, signal });
      } catch (error) {
        const trouble = networkTrouble(error, host);
        if (trouble === undefined) throw error;
        const isAbsent = /ECONNREFUSED/.test(trouble.says);
        return isAbsent
          ? { ...trouble, advice: `Start the bridge (npm start) and what carries ${host} to it, then ask again.` }
          : trouble;
      }
      const failure = judgeHealth(answer, base);
      if (failure) return failure;
      const says = `${base} reaches a bridge in ${Math.round(answer.tookMs)} ms`;
      const daysLeft =
        answer.certificateEndMs === undefined ? undefined : (answer.certificateEndMs - clock.now()) / DAY_MS;
      if (daysLeft !== undefined && daysLeft < RENEW_DAYS) {
        return {
          state: 'warning',
          says: `${says}; its certificate ends in ${Math.floor(daysLeft)} days`,
          advice: 'Renew it.',
        };
      }
      if (protocol === 'http:' || (await isPrivate(hostname))) {
        return {
          state: 'warning',
          says: `${says}, but by an address that only this network knows`,
          advice:
            'Twilio comes from the internet: if the name leads nowhere else from outside, it needs a public address.',
        };
      }
      if (answer.tookMs > SLOW_MS)
        return { state: 'warning', says, advice: 'Twilio waits as long for every call: look at the proxy.' };
      return { state: 'ok', says };
    },
  };
}

function judgeHealth({ status, headers, body }: HttpAnswer, base: string): Finding | undefined {
  if (status === 200 && /"status":\s*"ok"/.test(body)) return undefined;
  const failed = (says: string, advice: string): Finding => ({ state: 'failed', says, advice });
  if (status >= 300 && status < 400) {
    return failed(
      `${base}/healthz redirects to ${headers.location ?? 'elsewhere'}`,
      'Set PUBLIC_URL to the final address: signatures are made for the address that Twilio was given.',
    );
  }
  if (status === 502 || status === 503 || status === 504) {
    return failed(
      `the proxy at ${base} reaches no bridge (HTTP ${status})`,
      'Start the bridge (npm start), and let the proxy pass requests to its HOST and PORT.',
    );
  }
  if (status === 401 || status === 403) {
    return failed(
      `${base}/healthz is closed (HTTP ${status})`,
      'Something before the bridge asks for a log-in: let /twilio/ and /healthz through, they are signed or harmless.',
    );
  }
  return failed(
    `something else than a bridge answers at ${base}/healthz (HTTP ${status})`,
    'Check PUBLIC_URL, and that the proxy passes whole paths on (with a path in PUBLIC_URL: without that path).',
  );
}

const PRIVATE = new BlockList();
for (const [network, bits] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
] as const) {
  PRIVATE.addSubnet(network, bits, 'ipv4');
}
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');
PRIVATE.addAddress('::1', 'ipv6');

async function isPrivate(hostname: string): Promise<boolean> {
  const addresses = await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true }).catch(() => []);
  return addresses.some(({ address, family }) => PRIVATE.check(address, family === 6 ? 'ipv6' : 'ipv4'));
}
