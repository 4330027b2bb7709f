import { randomBytes } from 'node:crypto';
import type { Actor } from '../access/actor.js';
import type { AuditEntry } from '../access/audit.js';
import { TICKET_LIFETIME_MS, type TicketClaims } from '../access/ticket.js';
import type { Clock } from '../clock.js';
import type { AgentVersion } from '../directory/agent.js';
import type { Directory } from '../directory/directory.js';
import { generationOf, voicesOf } from '../directory/model-generation.js';
import type { PhoneNumber } from '../directory/number.js';
import { BridgeError } from '../errors.js';
import type { Ids } from '../ids.js';
import type { Logger } from '../log.js';
import type { Admission } from './admission.js';
import { type Carrier, mayHaveHeard } from './carrier.js';
import { type CallControl, type OutboundRequest, TEST_NUMBER } from './control.js';
import type { NumberLimits } from './limits.js';
import type { OutboundOrder, OutboundOrders } from './outbound.js';
import type { Reception } from './reception.js';
import { type CallRecord, ownNumber } from './record.js';
import type { CallRegistry } from './registry.js';
import { whisperOf } from './whisper.js';

export interface OperatorOptions {
  registry: CallRegistry;
  reception: Reception;
  admission: Admission;
  carrier: Carrier;
  directory: Directory;
  limits: NumberLimits;
  orders: OutboundOrders;
  recordOf: (callSid: string) => CallRecord | undefined;
  mayDial: (to: string, from: string) => boolean;
  /** Makes what opens the media door for a test call. */
  issueTicket: (claims: Omit<TicketClaims, 'instance'>) => string;
  mediaUrl: string;
  /** Enters what was done in the audit trail. Nobody waits for it, and no store that is away loses it. */
  audit: (entry: AuditEntry, actor: Actor) => void;
  clock: Clock;
  ids: Ids;
  log: Logger;
}

/** What people do to the calls of this instance, each from the permission to the end. */
export function callControl(options: OperatorOptions): CallControl {
  const { registry, reception, admission, carrier, directory, limits, orders, recordOf, mayDial, clock, ids } = options;

  const enter = (action: string, subject: string, after: unknown, actor: Actor) =>
    options.audit({ action: `call.${action}`, subject, before: null, after }, actor);
  const done = (action: string, callSid: string, after: unknown, actor: Actor) =>
    enter(action, `call/${callSid}`, after, actor);

  const liveRecord = (callSid: string): CallRecord => {
    const record = recordOf(callSid);
    if (!record) throw new BridgeError('NOT_FOUND', `There is no call ${callSid}.`);
    return record;
  };

  /** Whom the call was put through to, while the carrier still holds the line between them. */
  const isPutThrough = (record: CallRecord) => record.transferredTo !== null && registry.isWithCarrier(record.callSid);

  const agentOf = async (id: string, version: number | undefined): Promise<AgentVersion> => {
    const latest = directory.findAgent(id);
    const agent =
      version === undefined ? latest : (directory.findAgent(id, version) ?? (await directory.loadAgent(id, version)));
    if (!latest) throw new BridgeError('REQUEST_INVALID', `there is no agent ${id}`, { field: 'agentId' });
    if (!agent) {
      throw new BridgeError('REQUEST_INVALID', `agent ${id} has no version ${version}`, { field: 'agentVersion' });
    }
    return agent;
  };

  const requireRoom = () => {
    const reason = admission.refusal();
    if (!reason) return;
    admission.refused(reason);
    options.log.warn({ code: 'NO_CAPACITY', reason }, 'call not begun');
    throw new BridgeError('NO_CAPACITY', 'This instance takes no more calls at the moment.', { reason });
  };

  const numberOf = (from: string): PhoneNumber => {
    const number = directory.findNumber(from);
    if (number) return number;
    // It has no limits, and could be anybody's.
    throw new BridgeError('REQUEST_INVALID', `${from} is not one of our numbers`, { field: 'from' });
  };

  const placeHeld = async (
    order: OutboundOrder,
    { number, agent }: { number: PhoneNumber; agent: AgentVersion },
    detectMachine: boolean,
    actor: Actor,
  ) => {
    const limit = await limits.brokenBy(number, order.id, 'dial');
    if (limit) throw new BridgeError('NUMBER_LIMIT_REACHED', `${order.from} has reached ${limit}.`, { limit });
    await orders.enter(order);
    // The person who is called is on record of the call, and not here.
    const entry = { from: order.from, agentId: agent.id, agentVersion: agent.version };
    const placing = carrier.place({
      orderId: order.id,
      from: order.from,
      to: order.to,
      detectMachine,
    });
    const { callSid } = await placing.catch((error: unknown) => {
      // It may ring all the same.
      if (mayHaveHeard(error)) enter('placed', `order/${order.id}`, { ...entry, isConfirmed: false }, actor);
      throw error;
    });
    // From here on somebody's telephone rings, and nothing may say that it does not.
    done('placed', callSid, entry, actor);
    orders.placed(order.id, callSid);
    // It may have been answered, or have failed, before the order was confirmed.
    if (!recordOf(callSid)) {
      registry.expect(callSid, agent, order.from);
      const { from, to, variables } = order;
      const served = { agentId: agent.id, agentVersion: agent.version };
      registry.emit(callSid, { kind: 'rang', direction: 'outbound', from, to, ...served, variables, test: false }, 0);
    }
    return liveRecord(callSid);
  };

  return {
    async hangUp(callSid, actor) {
      const record = liveRecord(callSid);
      const session = registry.session(callSid);
      if (!session && !registry.isRinging(callSid) && !isPutThrough(record)) throw notLive(callSid);
      registry.leaving(callSid, 'operator-hung-up');
      session?.hangUp();
      if (!record.test) {
        // The closed media stream ends the call as well: a carrier that cannot be reached only matters without one.
        await carrier.hangUp(callSid).catch((error: unknown) => {
          if (!session) {
            registry.leaving(callSid, undefined);
            throw error;
          }
          options.log.warn({ callSid, err: error }, 'carrier was not told to hang up');
        });
      }
      registry.finished(callSid);
      done('hung-up', callSid, { state: record.state }, actor);
    },

    async transfer(callSid, { to, whisper }, actor) {
      const record = liveRecord(callSid);
      const session = registry.session(callSid);
      if (!session) throw notLive(callSid);
      if (record.test) throw new BridgeError('CONFLICT', 'A test call has no carrier that could put it through.');
      const callerId = ownNumber(record);
      requireDialling(reception.mayPutThrough(to, record), to, callerId);
      const words = whisper ?? whisperOf(record);
      registry.rememberWhisper(callSid, words);
      registry.leaving(callSid, 'transferred');
      try {
        await carrier.dial(callSid, { to, callerId, whisper: words });
      } catch (error) {
        registry.leaving(callSid, undefined);
        throw error;
      }
      registry.dialBegan(callSid, callerId);
      registry.emit(callSid, { kind: 'transferred', to });
      done('transferred', callSid, { to }, actor);
    },

    async place(request, actor) {
      const agent = await agentOf(request.agentId, request.agentVersion);
      const number = numberOf(request.from);
      // Two agents would talk to each other until somebody pays for it.
      const isOurs = directory.findNumber(request.to) !== undefined;
      requireDialling(!isOurs && mayDial(request.to, request.from), request.to, request.from);
      requireRoom();
      const order = orderOf(request, agent, ids.short('out'));
      // From now on it counts: orders that come at once do not all find room.
      registry.places.hold(order.id, order.from);
      try {
        return await placeHeld(order, { number, agent }, request.onMachine !== undefined, actor);
      } finally {
        registry.letGo(order.id);
      }
    },

    async test({ agentId, agentVersion, from = 'anonymous', voiceId, greeting }, actor) {
      const stored = await agentOf(agentId, agentVersion);
      const instead = { ...(voiceId !== undefined && { voiceId }), ...(greeting !== undefined && { greeting }) };
      const agent = { ...stored, ...instead };
      requireVoice(agent);
      requireRoom();
      const callSid = `CA${randomBytes(16).toString('hex')}`;
      const served = { agentId: agent.id, agentVersion: agent.version };
      const ticket = options.issueTicket({ callSid, from, to: TEST_NUMBER, ...served, kind: 'test' });
      reception.answerTest({ callSid, from, to: TEST_NUMBER, direction: 'inbound' }, agent);
      done('tested', callSid, { ...served, ...instead }, actor);
      const expiresAt = new Date(clock.now() + TICKET_LIFETIME_MS).toISOString();
      return { callSid, url: options.mediaUrl, ticket, expiresAt };
    },
  };
}

function orderOf(request: OutboundRequest, agent: AgentVersion, id: string): OutboundOrder {
  const { from, to, variables, onMachine = 'continue' } = request;
  return { id, callSid: null, from, to, agentId: agent.id, agentVersion: agent.version, variables, onMachine };
}

function requireVoice({ modelId, voiceId }: AgentVersion): void {
  const voices = voicesOf(generationOf(modelId));
  if (voices.includes(voiceId)) return;
  throw new BridgeError('REQUEST_INVALID', `${modelId} has no voice "${voiceId}": ${voices.join(', ')}`, {
    field: 'voiceId',
  });
}

function requireDialling(isAllowed: boolean, to: string, from: string): void {
  if (isAllowed) return;
  throw new BridgeError('DIAL_NOT_ALLOWED', `This bridge may not dial ${to} from ${from}: see DIAL_PREFIXES.`, {
    field: 'to',
  });
}

function notLive(callSid: string): BridgeError {
  return new BridgeError('CALL_NOT_LIVE', `The call ${callSid} is over.`);
}
