import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CallHolder, InstanceInfo } from '../call/call-store.js';
import type { Reception } from '../call/reception.js';
import type { CallRegistry } from '../call/registry.js';
import { within } from '../call/within.js';
import type { Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import { askInstance, type InstanceAnswer } from './ask-instance.js';

/** Says that another instance has sent the request here: it is not sent on. */
const PASSED_ON = 'x-oratio-passed-on';

/** How long is waited for the store's word on whose call it is, in ms; then it is decided here. */
const LOOK_UP_LIMIT_MS = 500;

export interface ElsewhereOptions {
  reception: Pick<Reception, 'takeUp'>;
  registry: Pick<CallRegistry, 'session'>;
  holderOf: (callSid: string) => Promise<CallHolder | undefined>;
  /** This one. */
  instance: InstanceInfo;
  clock: Clock;
  log: Logger;
}

/** What becomes of a call whose instance is gone: taken up here, or left for the next request. */
export type WhenGone = 'take-up' | 'leave';

/**
 * Lets the instance whose call it is answer a signed request. Resolves to true when it has; false when the call is this
 * instance's, or nobody's, or when that instance is gone or does not answer in time: then it is decided here, if need be from
 * what is on record. The other one checks the signature again.
 */
export function elsewhere(options: ElsewhereOptions) {
  const { reception, registry, holderOf, instance, clock, log } = options;

  const findHolder = async (callSid: string): Promise<CallHolder | undefined> => {
    if (registry.session(callSid)) return undefined;
    try {
      const holder = await within(clock, LOOK_UP_LIMIT_MS, holderOf(callSid));
      return holder?.id === instance.id ? undefined : holder;
    } catch (error) {
      log.warn({ callSid, code: 'STORE_UNAVAILABLE', reason: messageOf(error) }, 'it is not known whose call this is');
      return undefined;
    }
  };

  const ask = (url: string, request: FastifyRequest): Promise<InstanceAnswer> => {
    const headers = { 'x-twilio-signature': String(request.headers['x-twilio-signature']), [PASSED_ON]: '1' };
    return askInstance(`${url.replace(/\/+$/, '')}${request.raw.url ?? ''}`, formBody(request.body), headers, clock);
  };

  return async (
    request: FastifyRequest,
    reply: FastifyReply,
    callSid: string,
    whenGone: WhenGone = 'take-up',
  ): Promise<boolean> => {
    const holder = await findHolder(callSid);
    if (!holder) return false;
    // An address that is ours was that of a former process: nobody else can be there.
    const isReachable = holder.url !== undefined && holder.url !== instance.url;
    if (isReachable && request.headers[PASSED_ON] === undefined) {
      try {
        const { status, type, words } = await ask(holder.url!, request);
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
    if (whenGone === 'take-up') await reception.takeUp(callSid);
    return false;
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
