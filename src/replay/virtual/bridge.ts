import formbody from '@fastify/formbody';
import websocket from '@fastify/websocket';
import Fastify from 'fastify';
import { BRIDGE_ACTOR } from '../../access/actor.js';
import { ticketOffice } from '../../access/ticket.js';
import { admission } from '../../call/admission.js';
import type { Carrier } from '../../call/carrier.js';
import type { OutboundRequest } from '../../call/control.js';
import { numberLimits } from '../../call/limits.js';
import { LiveRecords } from '../../call/live-records.js';
import { callControl } from '../../call/operator.js';
import type { OutboundOrder, OutboundOrders } from '../../call/outbound.js';
import type { VoiceModel } from '../../call/ports.js';
import { Reception } from '../../call/reception.js';
import type { CallRecord } from '../../call/record.js';
import { CallRegistry } from '../../call/registry.js';
import type { Config } from '../../config.js';
import { type AgentInput, agentVersion } from '../../directory/agent.js';
import { mayDial as mayDialWithin } from '../../directory/dialling.js';
import type { Directory } from '../../directory/directory.js';
import type { NumberInput, PhoneNumber } from '../../directory/number.js';
import type { PlaceOptions } from '../../emulator/phone/contract.js';
import { BridgeError } from '../../errors.js';
import type { Ids } from '../../ids.js';
import type { Logger } from '../../log.js';
import { type AwsPlaces, toolServices } from '../../tool-services.js';
import { carrierUrls, mediaUrlOf } from '../../twilio/carrier-urls.js';
import { mediaDoor } from '../../twilio/media-door.js';
import { twilioRoutes } from '../../twilio/routes.js';
import { signatureCheck } from '../../twilio/signature.js';
import * as twiml from '../../twilio/twiml.js';
import type { VirtualClock } from './clock.js';
import type { BridgeDoors } from './phone-wire.js';

export interface VirtualBridgeOptions {
  config: Config;
  /** The one agent, and how the one number is set that it answers. */
  agent: AgentInput;
  number: Omit<NumberInput, 'agentId'> & { number: string };
  model: VoiceModel;
  /** Of a model stream, in ms; left out, that of the configuration. */
  sessionLimitMs: number | undefined;
  region: string;
  places: AwsPlaces;
  /** What it asks of the carrier. */
  carrier: MemoryCarrier;
  clock: VirtualClock;
  ids: Ids;
  log: Logger;
}

/** The carrier's doors, with the pages of the bridge that it is to ask and the TwiML that it is to run. */
export interface MemoryCarrier {
  end(callSid: string): void;
  run(callSid: string, twiml: string): void;
  /** Answers the CallSid. */
  place(order: Pick<PlaceOptions, 'from' | 'to' | 'voiceUrl' | 'statusUrl' | 'detection'>): string;
}

export interface VirtualBridge extends BridgeDoors {
  recordOf(callSid: string): CallRecord | undefined;
  /** Orders an outbound call of the one agent. */
  order(request: Omit<OutboundRequest, 'agentId'>): Promise<void>;
  /** Ends what is left, and releases everything. */
  close(): Promise<void>;
}

const AGENT_ID = 'agent_virtual';

/**
 * The bridge with one agent and one number, without a port and without a store: what it knows is in memory behind the same
 * ports. Nothing is recorded and no black box is written.
 */
export async function openBridge(options: VirtualBridgeOptions): Promise<VirtualBridge> {
  const { config, model, region, places, clock, ids, log } = options;
  const { publicUrl } = config;
  const instance = { id: 'virtual', url: publicUrl };
  const directory = directoryOf(options);
  const findAgent = (id: string, version: number) => directory.findAgent(id, version);
  const services = await toolServices({ config, region, places, findAgent, clock, log });
  const version = directory.findAgent(AGENT_ID)!;
  await clock.hold(services.load(version));
  // A call is opened with the tools that are known.
  const servers = version.tools.filter((tool) => tool.kind === 'mcp');
  await Promise.allSettled(servers.map((server) => services.mcp.refresh(server)));
  const records = new LiveRecords();
  const registry = new CallRegistry({ clock, log, listeners: [records.listener, ...services.listeners] });
  const recordOf = (callSid: string) => records.peek(callSid);
  const nobody = async () => undefined;
  const limits = numberLimits({
    registry,
    recordOf,
    useOf: async () => ({ activeCalls: 0, usedMs: 0, dials: [] }),
    clock,
    log,
  });
  const rooms = admission({ registry: () => registry, maxCalls: config.maxCalls });
  const mayDial = (to: string, from: string) => mayDialWithin(to, from, config.dialPrefixes);
  const orders = ordersInMemory();
  const carrier = carrierAt(publicUrl, options.carrier);
  const reception = new Reception({
    directory,
    registry,
    model,
    sessionLimitOf: () => options.sessionLimitMs ?? config.sessionLimitMs,
    tools: services.belt,
    toolsOf: services.toolsOf,
    waitSound: services.waitSound,
    recall: services.recall,
    limits,
    recorder: {
      record: (_call, phone) => ({
        phone,
        listen: (listener) => listener,
        blank: () => undefined,
        close: () => undefined,
      }),
    },
    clock,
    log,
    admission: rooms,
    mayDial,
    recordOf,
    kept: nobody,
    restore: nobody,
  });
  const parts = {
    reception,
    registry,
    tickets: ticketOffice(config.twilio.authToken, clock),
    signatures: signatureCheck(config.twilio.authToken, publicUrl),
    publicUrl,
    instance,
    clock,
    log,
  };
  const server = Fastify();
  await server.register(formbody);
  await server.register(websocket);
  await server.register(twilioRoutes, {
    ...parts,
    urlsAt: (base) => carrierUrls({ publicUrl: base }),
    orders,
    carrier,
    findCall: async (callSid) => recordOf(callSid),
    holderOf: nobody,
  });
  await server.ready();
  const control = callControl({
    registry,
    reception,
    admission: rooms,
    carrier,
    directory,
    limits,
    orders,
    recordOf,
    mayDial,
    issueTicket: (claims) => parts.tickets.issue({ ...claims, instance: instance.url }),
    mediaUrl: mediaUrlOf(publicUrl),
    audit: () => undefined,
    clock,
    ids,
    log,
  });
  return {
    async order(request) {
      await control.place({ ...request, agentId: AGENT_ID }, BRIDGE_ACTOR);
    },
    inject: (request) => server.inject(request),
    mediaPath: new URL(mediaUrlOf(publicUrl)).pathname,
    media: mediaDoor(parts),
    recordOf,
    async close() {
      registry.close();
      await services.close();
      await server.close();
    },
  };
}

function directoryOf({ config, agent, number, clock }: VirtualBridgeOptions): Directory {
  const createdAt = new Date(clock.now()).toISOString();
  const version = agentVersion(agent, { id: AGENT_ID, version: 1, createdAt, defaultModelId: config.modelId });
  const known: PhoneNumber = { ...number, agentId: AGENT_ID, version: 1, updatedAt: createdAt };
  const findAgent = (id: string, wanted = 1) => (id === AGENT_ID && wanted === 1 ? version : undefined);
  return {
    findNumber: (e164) => (e164 === known.number ? known : undefined),
    findAgent,
    loadAgent: async (id, wanted) => findAgent(id, wanted),
  };
}

function ordersInMemory(): OutboundOrders {
  const orders = new Map<string, OutboundOrder>();
  return {
    enter: async (order) => void orders.set(order.id, order),
    placed: () => undefined,
    find: async (id) => orders.get(id),
  };
}

/** As the carrier over Twilio's REST API asks, without that API. Nobody at a console puts a caller through here. */
function carrierAt(publicUrl: string, carrier: MemoryCarrier): Carrier {
  const page = (path: string, orderId: string) => `${publicUrl}/twilio/${path}?outbound=${orderId}`;
  return {
    hangUp: async (callSid) => carrier.end(callSid),
    sayAndHangUp: async (callSid, text) => carrier.run(callSid, twiml.sayAndHangUp(text)),
    dial: () => Promise.reject(new BridgeError('CARRIER_NOT_CONFIGURED', 'A virtual bridge has no console.')),
    place: async ({ orderId, from, to, detectMachine }) => ({
      callSid: carrier.place({
        from,
        to,
        voiceUrl: page('voice', orderId),
        statusUrl: page('status', orderId),
        ...(detectMachine && { detection: { mode: 'async', url: page('amd', orderId), method: 'POST' } as const }),
      }),
    }),
  };
}
