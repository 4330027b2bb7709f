import type { IncomingHttpHeaders } from 'node:http';
import type { TicketOffice, TicketVerdict } from '../access/ticket.js';
import type { InstanceInfo } from '../call/call-store.js';
import { LateListener } from '../call/late-listener.js';
import type { Reception } from '../call/reception.js';
import type { CallRegistry } from '../call/registry.js';
import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { type MediaSocket, serveMediaStream } from './leg.js';
import type { Seal } from './seal.js';
import type { SignatureCheck } from './signature.js';
import { tellTaken } from './taken-call.js';

/** Sub-protocol by which a client without Twilio's signature opens the media socket of a test call. */
const TICKET_PROTOCOL = 'oratio.ticket';

export interface MediaDoorOptions {
  reception: Reception;
  registry: CallRegistry;
  tickets: TicketOffice;
  signatures: SignatureCheck;
  publicUrl: string;
  /** This process, as in the tickets that it issues. */
  instance: Pick<InstanceInfo, 'url'>;
  /** For what instances tell each other; left out, there are no others. */
  seal?: Seal;
  clock: Clock;
  log: Logger;
}

/** The request that opens a media socket. */
export interface Upgrade {
  /** Path and query as received. */
  path: string;
  headers: IncomingHttpHeaders;
}

/** Lets media sockets in, and joins each with its call. */
export function mediaDoor(options: MediaDoorOptions) {
  const { reception, registry, tickets, signatures, publicUrl, instance, seal, clock, log } = options;
  return {
    /** Whether a socket may be opened: with Twilio's signature, or with the ticket of a test call. */
    admits({ path, headers }: Upgrade): boolean {
      const ticket = ticketOf(headers);
      if (ticket !== undefined) return isTestTicket(tickets.inspect(ticket)) && isOwnOrigin(headers.origin, publicUrl);
      const signature = headers['x-twilio-signature'];
      return signatures.isUpgrade(path, typeof signature === 'string' ? signature : undefined);
    },

    serve(socket: MediaSocket, { headers }: Upgrade): void {
      const testTicket = ticketOf(headers);
      serveMediaStream(socket, {
        clock,
        faulted: (code) => log.warn({ code }, 'media socket without a call'),
        failed: (error) => log.error({ err: error, code: 'INTERNAL' }, 'media stream could not be joined with a call'),
        started(start, leg) {
          const ticket = testTicket ?? start.customParameters.ticket ?? '';
          const verdict = tickets.redeem(ticket, start.callSid);
          if (!verdict.ok) return { refused: `ticket ${verdict.reason}` };
          if ((testTicket !== undefined) !== isTestTicket(verdict)) return { refused: 'ticket for another door' };
          if (registry.session(start.callSid)) return { refused: 'the call is connected already' };
          const { claims } = verdict;
          const join = (isKnown = true) => {
            const joined = reception.connect(claims, leg, isKnown);
            joined?.session.start();
            return joined?.caller;
          };
          const caller = claims.instance === instance.url && reception.knows(claims.callSid) ? join() : undefined;
          if (caller) return { listener: caller };
          // It rang at another instance: what that one has on record may say more than the ticket.
          const late = new LateListener();
          const isOurs = seal === undefined || claims.instance === instance.url;
          const given = isOurs ? undefined : tellTaken({ ticket, claims, instance, seal, clock, log });
          void reception
            .fetch(claims, given)
            .then(({ isKnown }) => {
              const listener = late.isClosed ? undefined : join(isKnown);
              if (listener) return late.passTo(listener);
              log.warn({ callSid: claims.callSid }, 'the agent of a call is not known here');
              leg.close();
            })
            .catch((error: unknown) => {
              log.error({ err: error, code: 'INTERNAL' }, 'media stream could not be joined with a call');
              leg.close();
            });
          return { listener: late };
        },
      });
    },
  };
}

/** The ticket of a client that has no signature: the sub-protocol after the one that announces it. */
function ticketOf(headers: IncomingHttpHeaders): string | undefined {
  const [protocol, ticket] = (headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
  return protocol === TICKET_PROTOCOL ? (ticket ?? '') : undefined;
}

function isTestTicket(verdict: TicketVerdict): boolean {
  return verdict.ok && verdict.claims.kind === 'test';
}

/** Browsers say which page opens a socket: only ours may. Programs say nothing. */
function isOwnOrigin(origin: string | undefined, publicUrl: string): boolean {
  return origin === undefined || origin === new URL(publicUrl).origin;
}
