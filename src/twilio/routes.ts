import '@fastify/websocket';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { TicketOffice } from '../access/ticket.js';
import type { Answer, ArrivingCall, Reception } from '../call/reception.js';
import type { CallRegistry } from '../call/registry.js';
import type { AfterStream } from '../call/step.js';
import type { Clock } from '../clock.js';
import type { Fallback } from '../directory/number.js';
import type { Logger } from '../log.js';
import { serveMediaStream } from './leg.js';
import type { SignatureCheck } from './signature.js';
import * as twiml from './twiml.js';

export interface TwilioRoutesOptions {
  reception: Reception;
  registry: CallRegistry;
  tickets: TicketOffice;
  signatures: SignatureCheck;
  publicUrl: string;
  /** Where this process is reached by others; part of the ticket. */
  instance: string;
  clock: Clock;
  log: Logger;
}

/** Statuses after which a call does not come back. Source: Twilio, call status callbacks. */
const FINAL_STATUSES: ReadonlySet<string> = new Set(['completed', 'busy', 'failed', 'no-answer', 'canceled']);

type Form = Readonly<Record<string, unknown>>;

/** Everything that Twilio calls. Nothing is opened or written for a request without Twilio's signature. */
export async function twilioRoutes(server: FastifyInstance, options: TwilioRoutesOptions): Promise<void> {
  const { reception, registry, tickets, signatures, clock, log } = options;
  const base = options.publicUrl.replace(/\/+$/, '');
  const socketUrl = `${base.replace(/^http/, 'ws')}/twilio/media`;

  const header = (request: FastifyRequest) => {
    const value = request.headers['x-twilio-signature'];
    return typeof value === 'string' ? value : undefined;
  };

  const refuse = (request: FastifyRequest, reply: FastifyReply) => {
    log.warn({ code: 'TWILIO_SIGNATURE_INVALID', route: request.routeOptions.url }, 'request refused');
    return reply.code(403).type('text/plain').send('signature missing or wrong');
  };

  const answerTwiml = (call: ArrivingCall, answer: Answer): string => {
    switch (answer.kind) {
      case 'unknown-number':
        return twiml.sayAndHangUp(twiml.WORDS.unknownNumber);
      case 'unavailable':
        return fallbackTwiml(call, answer.fallback, twiml.WORDS.unavailable);
      case 'agent': {
        const { callSid, from, to } = call;
        const { id: agentId, version: agentVersion } = answer.agent;
        return twiml.connectStream({
          url: socketUrl,
          actionUrl: `${base}/twilio/after`,
          statusCallbackUrl: `${base}/twilio/stream-status`,
          ticket: tickets.issue({ callSid, from, to, agentId, agentVersion, instance: options.instance }),
          sayFirst: answer.sayFirst,
        });
      }
    }
  };

  const nextTwiml = (call: ArrivingCall, next: AfterStream | { kind: 'connect-again' }): string => {
    switch (next.kind) {
      case 'hang-up':
        return twiml.hangUp();
      case 'say-and-hang-up':
        return twiml.sayAndHangUp(next.text);
      case 'fallback':
        return fallbackTwiml(call, reception.fallbackOf(call.to), twiml.WORDS.lost);
      case 'connect-again':
        return answerTwiml(call, reception.answerAgain(call));
    }
  };

  await server.register(async (signed) => {
    // Without a signature nothing is read, not even a broken body.
    signed.addHook('onRequest', async (request, reply) => {
      if (header(request) === undefined) await refuse(request, reply);
    });
    signed.addHook('preHandler', async (request, reply) => {
      if (!signatures.isWebhook(request.raw.url ?? '', formOf(request.body), header(request)))
        await refuse(request, reply);
    });

    // Whatever breaks here, the caller hears words and not Twilio's application error.
    signed.setErrorHandler((error: FastifyError, request, reply) => {
      // A body that cannot be read cannot have been signed.
      if (error.statusCode !== undefined && error.statusCode < 500) return refuse(request, reply);
      log.error({ err: error, code: 'INTERNAL', route: request.routeOptions.url }, 'webhook failed');
      return reply.code(200).type('text/xml').send(twiml.sayAndHangUp(twiml.WORDS.lost));
    });

    signed.post('/twilio/voice', async (request, reply) => {
      const call = arrivingCall(formOf(request.body));
      if (!call) return reply.code(400).type('text/plain').send('CallSid, From or To is missing');
      const known = registry.answerOf(call.callSid);
      const document = known ?? answerTwiml(call, reception.answer(call));
      registry.rememberAnswer(call.callSid, document);
      return reply.type('text/xml').send(document);
    });

    signed.post('/twilio/after', async (request, reply) => {
      const form = formOf(request.body);
      const call = arrivingCall(form);
      if (!call) return reply.code(400).type('text/plain').send('CallSid, From or To is missing');
      if (FINAL_STATUSES.has(String(form.CallStatus))) {
        registry.finished(call.callSid);
        return reply.type('text/xml').send(twiml.hangUp());
      }
      return reply.type('text/xml').send(nextTwiml(call, registry.nextFor(call.callSid)));
    });

    signed.post('/twilio/status', async (request, reply) => {
      const form = formOf(request.body);
      if (typeof form.CallSid === 'string' && FINAL_STATUSES.has(String(form.CallStatus))) {
        registry.finished(form.CallSid);
      }
      return reply.code(204).send();
    });

    signed.post('/twilio/stream-status', async (request, reply) => {
      const form = formOf(request.body);
      if (form.StreamEvent === 'stream-error') {
        log.warn({ callSid: form.CallSid, streamError: form.StreamError }, 'twilio reports a stream error');
      }
      return reply.code(204).send();
    });
  });

  server.get(
    '/twilio/media',
    {
      websocket: true,
      preValidation: async (request, reply) => {
        if (!signatures.isUpgrade(request.raw.url ?? '', header(request))) await refuse(request, reply);
      },
    },
    (socket) => {
      serveMediaStream(socket, {
        clock,
        faulted: (code) => log.warn({ code }, 'media socket without a call'),
        failed: (error) => log.error({ err: error, code: 'INTERNAL' }, 'media stream could not be joined with a call'),
        started(start, leg) {
          const verdict = tickets.redeem(start.customParameters.ticket ?? '', start.callSid);
          if (!verdict.ok) return { refused: `ticket ${verdict.reason}` };
          if (registry.session(start.callSid)) return { refused: 'the call is connected already' };
          const session = reception.connect({ ...verdict.claims, direction: 'inbound' }, leg);
          if (!session) return { refused: 'the agent is not known here' };
          session.start();
          return { listener: session.caller };
        },
      });
    },
  );
}

function fallbackTwiml(call: ArrivingCall, fallback: Fallback | undefined, apology: string): string {
  if (!fallback) return twiml.sayAndHangUp(apology);
  return 'say' in fallback ? twiml.sayAndHangUp(fallback.say) : twiml.dial(fallback.dial, call.to);
}

/** Withheld callers come with an empty From, which is kept: only CallSid and To must say something. */
function arrivingCall(form: Form): ArrivingCall | undefined {
  const { CallSid, From, To, Direction } = form;
  if (typeof CallSid !== 'string' || !/^CA[0-9a-zA-Z]{1,64}$/.test(CallSid)) return undefined;
  if (typeof From !== 'string' || typeof To !== 'string' || To === '') return undefined;
  const direction = String(Direction).startsWith('outbound') ? 'outbound' : 'inbound';
  return { callSid: CallSid, from: From, to: To, direction };
}

function formOf(body: unknown): Form {
  return typeof body === 'object' && body !== null ? (body as Form) : {};
}
