import { realClock } from '../../clock.js';
import { randomIds } from '../../ids.js';
import { LiveCall } from './call.js';
import { Carrier } from './carrier.js';
import type { CallOptions, Phone, PhoneCall, PhoneOptions, StreamOnlyOptions } from './contract.js';
import { TwilioFault } from './fault.js';
import { seededRandom } from './random.js';
import { sign } from './signature.js';

export type * from './contract.js';
export { TwilioFault } from './fault.js';
export type { Impairments } from './network.js';
export type { TwimlDocument, Verb } from './verbs.js';

/**
 * A stand-in for Twilio's voice side: places calls on a bridge over real sockets. Signatures and TwiML speak of `publicUrl`; the
 * bytes go to `bridgeUrl`. Other hosts than the public one are reached only on loopback.
 */
export function createPhone(options: PhoneOptions): Phone {
  const { bridgeUrl, publicUrl, accountSid, authToken, clock = realClock(), ids = randomIds() } = options;
  const base = publicUrl.replace(/\/$/, '');
  const publicHost = new URL(publicUrl).host;
  let callCount = 0;

  const locate = (url: URL): string => {
    if (url.host === publicHost) return typeof bridgeUrl === 'string' ? bridgeUrl : bridgeUrl(url);
    if (['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)) return url.origin;
    throw new TwilioFault(11210, `${url.host} is neither the public URL's host nor on loopback`);
  };

  return {
    async call(own: CallOptions): Promise<PhoneCall> {
      const merged = { ...options, ...defined(own) };
      const seed = merged.seed ?? 1 + callCount++;
      const callSid = own.callSid ?? `CA${ids.uuid().replaceAll('-', '')}`;
      const { from, to, direction = 'inbound', params = {}, statusUrl = `${base}/twilio/status` } = merged;
      const call = new LiveCall({ clock, callSid, keepMessages: merged.keepMessages ?? true, listen: own.listen });
      const carrier = new Carrier({
        clock,
        ids,
        random: seededRandom(seed),
        call,
        facts: { callSid, accountSid, from, to, direction, extra: params },
        authToken,
        options: merged,
        network: merged.network ?? {},
        seed,
        voiceUrl: own.voiceUrl ?? `${base}/twilio/voice`,
        statusUrl,
        locate,
      });
      void carrier.run();
      await carrier.begun;
      return call;
    },

    async connectStream(own: StreamOnlyOptions): Promise<PhoneCall> {
      const merged = { ...options, ...defined(own) };
      const call = new LiveCall({
        clock,
        callSid: own.callSid,
        keepMessages: merged.keepMessages ?? true,
        listen: own.listen,
      });
      try {
        const stream = await call.openStream({
          url: own.url,
          headers: {
            ...(own.signedUrl !== undefined && { 'X-Twilio-Signature': sign(authToken, own.signedUrl) }),
            ...own.headers,
          },
          subprotocols: own.subprotocols ?? [],
          accountSid,
          callSid: own.callSid,
          streamSid: own.streamSid ?? `MZ${ids.uuid().replaceAll('-', '')}`,
          customParameters: own.customParameters ?? {},
          seed: merged.seed ?? 1 + callCount++,
          network: merged.network ?? {},
          connectedDelayMs: merged.connectedDelayMs ?? 90,
        });
        void stream.closed.then(({ closedBy = 'lost', closedMs }) => {
          call.finish({ by: closedBy, endedMs: closedMs ?? call.nowMs });
        });
        return call;
      } catch (error) {
        if (error instanceof TwilioFault) error.call = call;
        call.finish({ by: 'lost', endedMs: call.nowMs, fault: String(error) });
        throw error;
      }
    },
  };
}

/** Without the undefined values, so that they do not hide a default. */
function defined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
