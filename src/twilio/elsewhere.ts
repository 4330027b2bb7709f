import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CallHolder, InstanceInfo } from '../call/call-store.js';
import type { Reception } from '../call/reception.js';
import type { CallRegistry } from '../call/registry.js';
import { within } from '../call/within.js';
import type { Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import { askInstance, type InstanceAnswer } from './ask-instance.js';
import type { CallNote } from './call-note.js';

/** Says how many instances have sent the request on: one that knows the call's way may do so after another, nobody else. */
const PASSED_ON = 'x-oratio-passed-on';

/** How long is waited for the store's word on whose call it is, in ms; then it is decided here. */
const LOOK_UP_LIMIT_MS = 500;

export interface ElsewhereOptions {
  reception: Pick<Reception, 'takeUps' | 'knows'>;
  registry: Pick<CallRegistry, 'session'>;
  holderOf: (callSid: string) => Promise<CallHolder | undefined>;
  /** This one. */
  instance: InstanceInfo;
  clock: Clock;
  log: Logger;
}

/** What becomes of a call whose instance is gone: taken up here, or left for the next request. */
export type WhenGone = 'take-up' | 'leave';

/** How often a request is sent on at most: to who connected the call, and from there to who has taken it since. */
const MAX_PASSES = 2;

/** Where a call is: as the store says, as the carrier's note says, or as the instance has said that took it from here. */
interface Place {
  url: string | undefined;
  by: 'store' | 'note' | 'taker';
}

/**
 * Lets the instance whose call it is answer a signed request. Resolves to true when it has; false when the call is this
 * instance's, or nobody's, or when that instance is gone or does not answer in time: then it is decided here, if need be from
 * what is on record. The other one checks the signature again. While the store is away, the carrier's `note` says who connected
 * the call last, and that one knows to whom it went from there.
 */
export function elsewhere(options: ElsewhereOptions) {
  const { reception, registry, holderOf, instance, clock, log } = options;

  const find = async (callSid: string, note: CallNote | undefined): Promise<Place | undefined> => {
    if (registry.session(callSid)) return undefined;
    try {
      const holder = await within(clock, LOOK_UP_LIMIT_MS, holderOf(callSid));
      return holder && holder.id !== instance.id ? { url: holder.url, by: 'store' } : undefined;
    } catch (error) {
      log.warn({ callSid, code: 'STORE_UNAVAILABLE', reason: messageOf(error) }, 'it is not known whose call this is');
      if (reception.knows(callSid)) return undefined;
      if (note && note.instance !== instance.url) return { url: note.instance, by: 'note' };
      const url = reception.takeUps.goneTo(callSid);
      return url === undefined ? undefined : { url, by: 'taker' };
    }
  };

  const ask = (url: string, request: FastifyRequest): Promise<InstanceAnswer> => {
    const headers = {
      'x-twilio-signature': String(request.headers['x-twilio-signature']),
      [PASSED_ON]: String(passesOf(request) + 1),
    };
    return askInstance(`${url.replace(/\/+$/, '')}${request.raw.url ?? ''}`, formBody(request.body), headers, clock);
  };

  return async (
    request: FastifyRequest,
    reply: FastifyReply,
    callSid: string,
    { whenGone = 'take-up', note }: { whenGone?: WhenGone; note?: CallNote | undefined } = {},
  ): Promise<boolean> => {
    const place = await find(callSid, note);
    if (!place) return false;
    // An address that is ours was that of a former process: nobody else can be there.
    const isReachable = place.url !== undefined && place.url !== instance.url;
    if (isReachable && passesOf(request) < (place.by === 'taker' ? MAX_PASSES : 1)) {
      try {
        const { status, type, words } = await ask(place.url!, request);
        if (type !== undefined) reply.type(type);
        await reply.code(status).send(status === 204 ? undefined : words);
        return true;
      } catch (error) {
        log.warn(
          { callSid, code: 'INSTANCE_UNREACHABLE', reason: messageOf(error) },
          'the instance of a call does not answer',
        );
      }
    }
    if (place.by === 'store' && whenGone === 'take-up') await reception.takeUps.takeUp(callSid);
    return false;
  };
}

function passesOf(request: FastifyRequest): number {
  return Number(request.headers[PASSED_ON] ?? 0);
}

/** The same fields once more: the signature is over their values. */
function formBody(form: unknown): URLSearchParams {
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries(form ?? {})) {
    for (const each of [value].flat()) fields.append(name, String(each));
  }
  return fields;
}
