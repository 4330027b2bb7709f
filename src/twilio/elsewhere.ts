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

/** A signed request of the carrier, as it can be passed on. */
export interface Asked {
  /** Path and query. */
  readonly url: string;
  readonly form: unknown;
  readonly signature: string;
  /** How many instances have sent it on. */
  readonly passes: number;
}

/**
 * What another instance has answered; `here`: it is to be decided here. `nobody`: the store knows of no such call, and neither
 * does anybody here. `unknown`: nobody can say whose call it is while the store is away.
 */
type PassedOn = InstanceAnswer | 'here' | 'nobody' | 'unknown';

interface How {
  whenGone?: WhenGone;
  note?: CallNote | undefined;
}

/**
 * Lets the instance whose call it is answer a signed request, unless the call is this instance's, or nobody's, or that instance
 * is gone or does not answer in time: then it is decided here, if need be from what is on record. The other one checks the
 * signature again. While the store is away, the carrier's `note` says who connected the call last, and that one knows to whom
 * it went from there.
 */
export function elsewhere(options: ElsewhereOptions) {
  const { reception, registry, holderOf, instance, clock, log } = options;

  const find = async (callSid: string, note: CallNote | undefined): Promise<Place | 'here' | 'nobody' | 'unknown'> => {
    if (registry.session(callSid)) return 'here';
    try {
      const holder = await within(clock, LOOK_UP_LIMIT_MS, holderOf(callSid));
      if (holder && holder.id !== instance.id) return { url: holder.url, by: 'store' };
      return holder || reception.knows(callSid) ? 'here' : 'nobody';
    } catch (error) {
      log.warn({ callSid, code: 'STORE_UNAVAILABLE', reason: messageOf(error) }, 'it is not known whose call this is');
      if (reception.knows(callSid)) return 'here';
      if (note && note.instance !== instance.url) return { url: note.instance, by: 'note' };
      const url = reception.takeUps.goneTo(callSid);
      if (url !== undefined) return { url, by: 'taker' };
      return note ? 'here' : 'unknown';
    }
  };

  const ask = (url: string, { url: path, form, signature, passes }: Asked): Promise<InstanceAnswer> => {
    const headers = { 'x-twilio-signature': signature, [PASSED_ON]: String(passes + 1) };
    return askInstance(`${url.replace(/\/+$/, '')}${path}`, formBody(form), headers, clock);
  };

  const passOn = async (asked: Asked, callSid: string, { whenGone = 'take-up', note }: How = {}): Promise<PassedOn> => {
    const place = await find(callSid, note);
    if (typeof place === 'string') return place;
    // An address that is ours was that of a former process: nobody else can be there.
    const isReachable = place.url !== undefined && place.url !== instance.url;
    if (isReachable && asked.passes < (place.by === 'taker' ? MAX_PASSES : 1)) {
      try {
        return await ask(place.url!, asked);
      } catch (error) {
        log.warn(
          { callSid, code: 'INSTANCE_UNREACHABLE', reason: messageOf(error) },
          'the instance of a call does not answer',
        );
      }
    }
    if (place.by === 'store' && whenGone === 'take-up') await reception.takeUps.takeUp(callSid);
    return 'here';
  };

  return {
    passOn,
    /** Resolves to true when another instance has answered, with what it has said. */
    async isElsewhere(request: FastifyRequest, reply: FastifyReply, callSid: string, how?: How): Promise<boolean> {
      const answer = await passOn(askedOf(request), callSid, how);
      if (typeof answer === 'string') return false;
      const { status, type, words } = answer;
      if (type !== undefined) reply.type(type);
      await reply.code(status).send(status === 204 ? undefined : words);
      return true;
    },
  };
}

export function askedOf({ raw, headers, body }: FastifyRequest): Asked {
  return {
    url: raw.url ?? '',
    form: body,
    signature: String(headers['x-twilio-signature']),
    passes: Number(headers[PASSED_ON] ?? 0),
  };
}

/** The same fields once more: the signature is over their values. */
function formBody(form: unknown): URLSearchParams {
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries(form ?? {})) {
    for (const each of [value].flat()) fields.append(name, String(each));
  }
  return fields;
}
