import type { FastifyInstance } from 'fastify';
import type { TicketClaims, TicketOffice } from '../access/ticket.js';
import type { InstanceInfo } from '../call/call-store.js';
import type { GivenCall } from '../call/keeping.js';
import type { Reception } from '../call/reception.js';
import type { Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import { askInstance } from './ask-instance.js';
import type { Seal } from './seal.js';

const PATH = '/twilio/taken';

/** The ticket with which the carrier has connected the call, and the address of the instance that got it. */
type Contents = readonly [ticket: string, by: string];

/**
 * Tells the instance that issued the ticket of a call that its media stream has opened here, whether the store is there or
 * not: that one closes what it has open for it, and answers what it knows. Undefined when it knows nothing, or is gone.
 */
export async function tellTaken(options: {
  ticket: string;
  claims: Pick<TicketClaims, 'callSid' | 'instance'>;
  instance: Pick<InstanceInfo, 'url'>;
  seal: Seal;
  clock: Clock;
  log: Logger;
}): Promise<GivenCall | undefined> {
  const { ticket, claims, instance, seal, clock, log } = options;
  const contents: Contents = [ticket, instance.url];
  const form = new URLSearchParams({ sealed: seal.seal('taken-call', contents) });
  try {
    const { status, words } = await askInstance(`${claims.instance.replace(/\/+$/, '')}${PATH}`, form, {}, clock);
    return status === 200 ? (JSON.parse(words) as GivenCall) : undefined;
  } catch (error) {
    const reason = messageOf(error);
    log.warn({ callSid: claims.callSid, code: 'INSTANCE_UNREACHABLE', reason }, 'where a call rang nobody answers');
    return undefined;
  }
}

/** Where other instances say that they have got the media stream of a call that rang here. Each ticket is good once. */
export function takenCallRoute(
  server: FastifyInstance,
  options: { reception: Reception; tickets: TicketOffice; seal: Seal; log: Logger },
): void {
  const { reception, tickets, seal, log } = options;
  server.post(PATH, async (request, reply) => {
    const { sealed } = (request.body ?? {}) as { sealed?: unknown };
    const contents = seal.open('taken-call', typeof sealed === 'string' ? sealed : '') as Contents | undefined;
    const verdict = contents && tickets.inspect(contents[0]);
    if (!contents || !verdict?.ok || !tickets.redeem(contents[0], verdict.claims.callSid).ok) {
      log.warn({ code: 'TWILIO_TICKET_INVALID', route: PATH }, 'request refused');
      return reply.code(403).type('text/plain').send('not from an instance of this bridge');
    }
    const given = reception.takeUps.giveUp(verdict.claims.callSid, contents[1]);
    return given ? reply.send(given) : reply.code(204).send();
  });
}
