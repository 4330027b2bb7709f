import { realClock } from '../../clock.js';
import { randomIds } from '../../ids.js';
import { ignoreUnwatched } from './announcer.js';
import { LiveCall } from './call.js';
import { Carrier } from './carrier.js';
import type {
  CallOptions,
  Phone,
  PhoneCall,
  PhoneOptions,
  PlacedCall,
  PlaceOptions,
  StreamOnlyOptions,
} from './contract.js';
import { TwilioFault } from './fault.js';
import { Leg } from './leg.js';
import { seededRandom } from './random.js';
import type { Ring } from './ringing.js';
import { sign } from './signature.js';
import { Switchboard } from './switchboard.js';
import { networkWire } from './wire.js';

export type * from './contract.js';
export { TwilioFault } from './fault.js';
export type { Impairments } from './network.js';
export type { TwimlDocument, Verb } from './verbs.js';
export type { MediaSocket, PhoneWire } from './wire.js';

/**
 * A stand-in for Twilio's voice side: places calls on a bridge over real sockets. Signatures and TwiML speak of `publicUrl`; the
 * bytes go to `bridgeUrl`. Other hosts than the public ones are reached only on loopback.
 */
export function createPhone(options: PhoneOptions): Phone {
  const {
    bridgeUrl,
    publicUrl,
    accountSid,
    authToken,
    clock = realClock(),
    ids = randomIds(),
    wire = networkWire,
  } = options;
  const base = publicUrl.replace(/\/$/, '');
  const publicHosts = [publicUrl, options.fallbackUrl ?? publicUrl].map((url) => new URL(url).host);
  const switchboard = new Switchboard();
  let callCount = 0;

  const locate = (url: URL): string => {
    if (publicHosts.includes(url.host)) return typeof bridgeUrl === 'string' ? bridgeUrl : bridgeUrl(url);
    if (['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)) return url.origin;
    throw new TwilioFault(11210, `${url.host} is neither a public URL's host nor on loopback`);
  };

  const open = (own: CallOptions, statusMethod: 'GET' | 'POST', ring?: Ring) => {
    const merged = { ...options, ...defined(own) };
    const seed = merged.seed ?? 1 + callCount++;
    const callSid = own.callSid ?? `CA${ids.uuid().replaceAll('-', '')}`;
    const { from, to, direction = 'inbound', params = {}, statusUrl = `${base}/twilio/status` } = merged;
    const facts = { callSid, accountSid, from, to, direction, extra: params };
    const subscription =
      statusUrl === null
        ? undefined
        : { url: statusUrl, method: statusMethod, events: merged.statusEvents ?? ['completed'] };
    const leg = new Leg(clock, facts, ring ? 'queued' : FIRST_STATUS[direction], subscription);
    const call = new LiveCall({ clock, callSid, keepMessages: merged.keepMessages ?? true, listen: own.listen, leg });
    const home = {
      clock,
      ids,
      random: seededRandom(seed),
      call,
      leg,
      authToken,
      options: merged,
      network: merged.network ?? {},
      seed,
      voiceUrl: own.voiceUrl ?? `${base}/twilio/voice`,
      switchboard,
      locate,
      wire,
    };
    const carrier = new Carrier(home, ring);
    void carrier.run();
    return { carrier, call, leg };
  };

  return {
    async call(own: CallOptions): Promise<PhoneCall> {
      const { carrier, call } = open(own, 'POST');
      await carrier.begun;
      return call;
    },

    place(own: PlaceOptions): PlacedCall {
      const { callee, queueMs, queuedUntil, ringLimitMs, timeLimitMs, detection, statusMethod = 'POST', ...rest } = own;
      const ring = { callee, queueMs, queuedUntil, ringLimitMs, timeLimitMs, detection };
      const callOptions: CallOptions = { ...rest, statusUrl: own.statusUrl ?? null, direction: 'outbound-api' };
      const { carrier, call, leg } = open(callOptions, statusMethod, ring);
      const begun = carrier.begun.then(() => call);
      begun.catch(ignoreUnwatched);
      return { call, leg, met: carrier.met, begun };
    },

    get legs() {
      return switchboard.legs;
    },

    change: (callSid, change) => switchboard.change(callSid, change),

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
          wire,
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
        void stream.closed.then(({ closedBy, closedMs }) => {
          call.finish({
            by: closedBy === 'caller' || closedBy === 'bridge' ? closedBy : 'lost',
            endedMs: closedMs ?? call.nowMs,
          });
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

const FIRST_STATUS = { inbound: 'ringing', 'outbound-api': 'in-progress' } as const;

/** Without the undefined values, so that they do not hide a default. */
function defined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
