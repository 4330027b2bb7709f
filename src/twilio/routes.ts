import '@fastify/websocket';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { TicketKind, TicketOffice } from '../access/ticket.js';
import type { CallStore, InstanceInfo } from '../call/call-store.js';
import { type Carrier, isFinalStatus } from '../call/carrier.js';
import type { OutboundOrder, OutboundOrders } from '../call/outbound.js';
import type { Answer, ArrivingCall, Reception } from '../call/reception.js';
import { type CallRecord, ownNumber } from '../call/record.js';
import type { CallRegistry } from '../call/registry.js';
import { whisperOf } from '../call/whisper.js';
import type { Clock } from '../clock.js';
import type { Fallback } from '../directory/number.js';
import type { Logger } from '../log.js';
import { type CallNote, openedNote } from './call-note.js';
import { type CarrierUrls, TRIED_AGAIN } from './carrier-urls.js';
import { dialTwiml, whisperTwiml } from './dial-twiml.js';
import { type Asked, askedOf, elsewhere } from './elsewhere.js';
import { type Fate, keptReports } from './kept-reports.js';
import { mediaDoor, type Upgrade } from './media-door.js';
import type { Seal } from './seal.js';
import type { SignatureCheck } from './signature.js';
import { takenCallRoute } from './taken-call.js';
import * as twiml from './twiml.js';

export interface TwilioRoutesOptions {
  reception: Reception;
  registry: CallRegistry;
  tickets: TicketOffice;
  signatures: SignatureCheck;
  orders: OutboundOrders;
  carrier: Carrier;
  /** What any instance has on record of a call. */
  findCall: (callSid: string) => Promise<CallRecord | undefined>;
  /** Whose call it is. */
  holderOf: CallStore['holderOf'];
  publicUrl: string;
  /** Where the carrier asks about calls. */
  urls: CarrierUrls;
  /** This process; its address is part of the ticket. */
  instance: InstanceInfo;
  /** For what instances tell each other, also by way of the carrier; left out, there are no others. */
  seal?: Seal;
  clock: Clock;
  log: Logger;
}

/** What `<Dial>` reports when somebody was there. Source: Twilio, TwiML `<Dial>`, DialCallStatus. */
const ANSWERED_DIALS: ReadonlySet<string> = new Set(['completed', 'answered']);

/** What a caller hears whom no agent serves: as the last words, and before a person is dialled. */
interface Apology {
  last: string;
  beforeDial: string | undefined;
}

/** A caller who has spoken to nobody yet hears how the person's telephone rings. */
const UNAVAILABLE: Apology = { last: twiml.WORDS.unavailable, beforeDial: undefined };
const LOST: Apology = { last: twiml.WORDS.lost, beforeDial: twiml.WORDS.lostToAPerson };

type Form = Readonly<Record<string, unknown>>;

/** Everything that Twilio calls. Nothing is opened or written for a request without Twilio's signature. */
export async function twilioRoutes(server: FastifyInstance, options: TwilioRoutesOptions): Promise<void> {
  const { reception, registry, tickets, signatures, orders, carrier, findCall, urls, instance, seal, clock, log } =
    options;
  const { isElsewhere, passOn } = elsewhere(options);
  const base = options.publicUrl.replace(/\/+$/, '');

  const header = (request: FastifyRequest) => {
    const value = request.headers['x-twilio-signature'];
    return typeof value === 'string' ? value : undefined;
  };

  const refuse = (request: FastifyRequest, reply: FastifyReply) => {
    log.warn({ code: 'TWILIO_SIGNATURE_INVALID', route: request.routeOptions.url }, 'request refused');
    return reply.code(403).type('text/plain').send('signature missing or wrong');
  };

  const noteOf = (sealed: string | undefined, callSid: string) => seal && openedNote(seal, sealed, callSid);

  const fallbackTwiml = (call: ArrivingCall, fallback: Fallback | undefined, words: Apology): string => {
    if (!fallback) return twiml.sayAndHangUp(words.last);
    if ('say' in fallback) return twiml.sayAndHangUp(fallback.say);
    return dialTwiml({
      to: fallback.dial,
      callerId: ownNumber(call),
      actionUrl: urls.after(call.callSid, 'fallback'),
      whisperUrl: undefined,
      sayFirst: fallback.sayFirst ?? words.beforeDial,
    });
  };

  const answerTwiml = (call: ArrivingCall, answer: Answer, kind: TicketKind): string => {
    switch (answer.kind) {
      case 'unknown-number':
        return twiml.sayAndHangUp(twiml.WORDS.unknownNumber);
      case 'closed':
        return fallbackTwiml(call, answer.instead, UNAVAILABLE);
      case 'unavailable':
        return fallbackTwiml(call, answer.fallback, UNAVAILABLE);
      case 'agent': {
        const { callSid, from, to } = call;
        const { id: agentId, version: agentVersion } = answer.agent;
        return twiml.connectStream({
          url: mediaUrlOf(base),
          actionUrl: urls.after(callSid),
          unopenedUrl: urls.unopened(callSid),
          statusCallbackUrl: `${base}/twilio/stream-status${TRIED_AGAIN}`,
          ticket: tickets.issue({ callSid, from, to, agentId, agentVersion, instance: instance.url, kind }),
          sayFirst: answer.sayFirst,
        });
      }
    }
  };

  const voiceTwiml = async (call: ArrivingCall, orderId: string | undefined): Promise<string> => {
    if (orderId === undefined) return answerTwiml(call, await reception.answer(call), 'inbound');
    const order = await orders.find(orderId);
    if (!order) return twiml.sayAndHangUp(twiml.WORDS.unavailable);
    return answerTwiml(call, await reception.answerOutbound(call, order), 'outbound');
  };

  const nextTwiml = async (
    call: ArrivingCall,
    next: ReturnType<CallRegistry['nextFor']>,
    note: CallNote | undefined,
  ): Promise<string> => {
    switch (next.kind) {
      case 'hang-up':
        return twiml.hangUp();
      case 'say-and-hang-up':
        return twiml.sayAndHangUp(next.text);
      case 'dial':
        registry.dialBegan(call.callSid, ownNumber(call));
        return dialTwiml({
          to: next.to,
          callerId: ownNumber(call),
          actionUrl: urls.after(call.callSid, 'transfer'),
          whisperUrl: next.warm ? urls.whisper(call.callSid) : undefined,
        });
      case 'fallback':
        return fallbackTwiml(call, await reception.fallBack(call), LOST);
      case 'connect-again': {
        const answer = await reception.answerAgain(call, note);
        if (answer.kind === 'unavailable') return fallbackTwiml(call, answer.fallback, LOST);
        return answerTwiml(call, answer, call.direction);
      }
    }
  };

  /** A machine has answered an outbound call. */
  const machineAnswered = async (callSid: string, order: OutboundOrder) => {
    const { onMachine } = order;
    if (onMachine === 'continue') return;
    registry.leaving(callSid, 'agent-hung-up');
    try {
      if (onMachine === 'hang-up') await carrier.hangUp(callSid);
      else await carrier.sayAndHangUp(callSid, onMachine.say);
    } catch (error) {
      registry.leaving(callSid, undefined);
      log.warn({ callSid, err: error }, 'call with a machine goes on');
    }
  };

  /** The carrier reports how far a call is. */
  const takeReport = async (report: Asked): Promise<Fate> => {
    const { CallSid: callSid, CallStatus, SequenceNumber } = formOf(report.form);
    if (typeof callSid !== 'string') return 'taken';
    const status = String(CallStatus);
    const isFinal = isFinalStatus(status);
    const where = await passOn(report, callSid, { whenGone: isFinal ? 'take-up' : 'leave' });
    if (where === 'here') registry.reported(callSid, status, Number(SequenceNumber ?? Number.NaN), isFinal);
    return where === 'nobody' || where === 'unknown' ? where : 'taken';
  };
  const reports = keptReports({ take: takeReport, clock, log });
  server.addHook('onClose', async () => reports.close());

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
      const orderId = queryOf(request).outbound;
      return reply.type('text/xml').send(await registry.answerOnce(call.callSid, () => voiceTwiml(call, orderId)));
    });

    signed.post('/twilio/after', async (request, reply) => {
      const form = formOf(request.body);
      const call = arrivingCall(form);
      if (!call) return reply.code(400).type('text/plain').send('CallSid, From or To is missing');
      const { callSid } = call;
      const { dialled, stream, call: sealed } = queryOf(request);
      const note = noteOf(sealed, callSid);
      if (await isElsewhere(request, reply, callSid, { note })) return reply;
      const dial = dialOf(form);
      const isFinal = isFinalStatus(String(form.CallStatus));
      if (dial) registry.dialEnded(callSid, dial.wasAnswered, dial.durationMs);
      if (isFinal || dial?.wasAnswered) {
        // Who has spoken to a person is not called back: the call is complete with this answer.
        registry.reported(callSid, isFinal ? String(form.CallStatus) : 'completed', Number.NaN, true);
        return reply.type('text/xml').send(twiml.hangUp());
      }
      // No agent could serve the caller, and no person does.
      if (dialled === 'fallback') return reply.type('text/xml').send(twiml.sayAndHangUp(twiml.WORDS.unavailable));
      const brokeAtMs = reception.knows(callSid) ? [] : note?.brokeAtMs;
      const isUnopened = stream === 'unopened';
      const next = dial ? registry.nextAfterDial(callSid) : registry.nextFor(callSid, brokeAtMs, isUnopened);
      const document = await nextTwiml(call, next, note);
      // An instance that is being stopped waits until the carrier has got this.
      if (next.kind !== 'connect-again') reply.raw.once('close', () => registry.onTheirWay.arrived(callSid));
      return reply.type('text/xml').send(document);
    });

    // What a person hears before a caller is put through.
    signed.post('/twilio/whisper', async (request, reply) => {
      const { call: callSid = '', note: sealed } = queryOf(request);
      const given = { whenGone: 'leave', note: noteOf(sealed, callSid) } as const;
      if (registry.whisperFor(callSid) === undefined && (await isElsewhere(request, reply, callSid, given)))
        return reply;
      const known = registry.whisperFor(callSid);
      // Without words the caller is put through all the same.
      const record = known === undefined ? await findCall(callSid).catch(() => undefined) : undefined;
      return reply.type('text/xml').send(whisperTwiml(known ?? (record ? whisperOf(record) : '')));
    });

    signed.post('/twilio/status', async (request, reply) => {
      const report = askedOf(request);
      if ((await takeReport(report)) === 'unknown') reports.keep(report);
      return reply.code(204).send();
    });

    signed.post('/twilio/amd', async (request, reply) => {
      const { CallSid: callSid, AnsweredBy } = formOf(request.body);
      const order = await orders.find(queryOf(request).outbound ?? '');
      if (typeof callSid === 'string' && typeof AnsweredBy === 'string' && order) {
        if (await isElsewhere(request, reply, callSid)) return reply;
        registry.emit(callSid, { kind: 'answererDetected', answeredBy: AnsweredBy });
        if (/^(machine|fax)/.test(AnsweredBy)) await machineAnswered(callSid, order);
      }
      return reply.code(204).send();
    });

    signed.post('/twilio/stream-status', async (request, reply) => {
      const form = formOf(request.body);
      if (form.StreamEvent === 'stream-error') {
        const { CallSid: callSid, StreamError: streamError } = form;
        if (typeof callSid === 'string') {
          if (await isElsewhere(request, reply, callSid, { whenGone: 'leave' })) return reply;
          registry.streamBroke(callSid);
        }
        log.warn({ callSid, streamError }, 'twilio reports a stream error');
      }
      return reply.code(204).send();
    });
  });

  if (seal) takenCallRoute(server, { reception, tickets, seal, log });
  const door = mediaDoor(options);
  server.get(
    '/twilio/media',
    {
      websocket: true,
      preValidation: async (request, reply) => {
        if (!door.admits(upgradeOf(request))) await refuse(request, reply);
      },
    },
    (socket, request) => door.serve(socket, upgradeOf(request)),
  );
}

function upgradeOf({ raw, headers }: FastifyRequest): Upgrade {
  return { path: raw.url ?? '', headers };
}

/** The media socket's address, as Twilio and browsers see it. */
export function mediaUrlOf(publicUrl: string): string {
  return `${publicUrl.replace(/\/+$/, '').replace(/^http/, 'ws')}/twilio/media`;
}

function queryOf(request: FastifyRequest): Readonly<Record<string, string | undefined>> {
  return request.query as Record<string, string | undefined>;
}

/** How a `<Dial>` went; undefined when none is over. Source: Twilio, TwiML `<Dial>`, DialCallStatus and DialCallDuration. */
function dialOf({ DialCallStatus, DialCallDuration }: Form) {
  if (typeof DialCallStatus !== 'string') return undefined;
  const isCounted = typeof DialCallDuration === 'string' && /^\d{1,6}$/.test(DialCallDuration);
  return {
    wasAnswered: ANSWERED_DIALS.has(DialCallStatus),
    durationMs: isCounted ? Number(DialCallDuration) * 1000 : undefined,
  };
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
