import type { Carrier } from '../call/carrier.js';
import { shortened } from '../call/shortened.js';
import { BridgeError } from '../errors.js';
import type { Logger } from '../log.js';
import { type CarrierUrls, fallbackPage, TRIED_AGAIN } from './carrier-urls.js';
import { dialTwiml } from './dial-twiml.js';
import type { TwilioClient } from './rest.js';
import { speakable } from './speakable.js';
import { sayAndHangUp } from './twiml.js';

export interface TwilioCarrierOptions {
  client: TwilioClient;
  publicUrl: string;
  /** Where Twilio asks when it gets no answer there. */
  fallbackUrl: string;
  urls: CarrierUrls;
  log: Logger;
}

/** How long an outbound call rings, in seconds. */
const RING_SECONDS = 60;

/** Longest TwiML that can be given with a request. Source: Twilio, Call resource, parameter `Twiml`. */
const MAX_INLINE_TWIML_LENGTH = 4000;

const STATUS_EVENTS = ['initiated', 'ringing', 'answered', 'completed'];

/** Statuses of a call that is not answered yet: only those can be canceled. Source: Twilio, Call resource, `Status`. */
const UNANSWERED: ReadonlySet<string> = new Set(['queued', 'initiated', 'ringing']);

type CallChange = { status: 'completed' | 'canceled' } | { twiml: string };

export function twilioCarrier({ client, publicUrl, fallbackUrl, urls, log }: TwilioCarrierOptions): Carrier {
  const base = publicUrl.replace(/\/+$/, '');
  const page = (path: string, query: Readonly<Record<string, string>>) =>
    `${base}/twilio/${path}?${new URLSearchParams(query)}${TRIED_AGAIN}`;
  const change = (callSid: string, to: CallChange) => client.ask((account) => account.calls(callSid).update(to));
  const statusOf = async (callSid: string): Promise<string> =>
    (await client.ask((account) => account.calls(callSid).fetch())).status;

  return {
    async hangUp(callSid) {
      let status: 'completed' | 'canceled' = 'completed';
      // It may be answered between two requests, so that the other word is right.
      for (let attempt = 1; ; attempt++) {
        try {
          await change(callSid, { status });
          return;
        } catch (error) {
          if (!isAboutTheState(error)) throw error;
          const now = await statusOf(callSid);
          if (now !== 'in-progress' && !UNANSWERED.has(now)) return;
          if (attempt === 3) throw error;
          status = UNANSWERED.has(now) ? 'canceled' : 'completed';
        }
      }
    },

    async dial(callSid, { to, callerId, whisper }) {
      const twiml = dialTwiml({
        to,
        callerId,
        actionUrl: urls.after(callSid, 'transfer'),
        // The words are looked up when they are asked for: TwiML given here has little room.
        whisperUrl: whisper === undefined ? undefined : urls.whisper(callSid),
      });
      await change(callSid, { twiml });
    },

    async sayAndHangUp(callSid, text) {
      const { twiml, isShortened } = inlineSay(text);
      if (isShortened) log.warn({ callSid, textLength: text.length }, 'text is too long to be said and was shortened');
      await change(callSid, { twiml });
    },

    async place({ orderId, from, to, detectMachine }) {
      const query = { outbound: orderId };
      const { sid } = await client.ask((account) =>
        account.calls.create({
          from,
          to,
          url: page('voice', query),
          method: 'POST',
          fallbackUrl: fallbackPage(fallbackUrl, orderId),
          fallbackMethod: 'POST',
          statusCallback: page('status', query),
          statusCallbackMethod: 'POST',
          statusCallbackEvent: STATUS_EVENTS,
          timeout: RING_SECONDS,
          ...(detectMachine && {
            machineDetection: 'Enable',
            // A string, in the SDK as well.
            asyncAmd: 'true',
            asyncAmdStatusCallback: page('amd', query),
            asyncAmdStatusCallbackMethod: 'POST',
          }),
        }),
      );
      if (typeof sid === 'string') return { callSid: sid };
      throw new BridgeError(
        'CARRIER_UNREACHABLE',
        'What took the order of a call is not Twilio: it gave no name to it.',
      );
    },
  };
}

/** Whether a call was in no state for what was asked of it. */
function isAboutTheState(error: unknown): boolean {
  if (!(error instanceof BridgeError)) return false;
  return error.code === 'CALL_NOT_LIVE' || (error.code === 'CARRIER_REFUSED' && error.details.status === 400);
}

/** What is said in place of a running call: as much of the text as one request has room for. */
function inlineSay(text: string): { twiml: string; isShortened: boolean } {
  let words = speakable(text);
  let twiml = sayAndHangUp(words);
  while (twiml.length > MAX_INLINE_TWIML_LENGTH) {
    words = shortened(words, Math.floor(words.length * 0.9));
    twiml = sayAndHangUp(words);
  }
  return { twiml, isShortened: words.length < text.length };
}
