import formbody from '@fastify/formbody';
import websocket from '@fastify/websocket';
import Fastify from 'fastify';
import { ticketOffice } from '../../access/ticket.js';
import { admission } from '../../call/admission.js';
import type { Carrier } from '../../call/carrier.js';
import { numberLimits } from '../../call/limits.js';
import { LiveRecords } from '../../call/live-records.js';
import type { VoiceModel } from '../../call/ports.js';
import { Reception } from '../../call/reception.js';
import type { CallRecord } from '../../call/record.js';
import { CallRegistry } from '../../call/registry.js';
import type { Config } from '../../config.js';
import { type AgentInput, agentVersion } from '../../directory/agent.js';
import { mayDial as mayDialWithin } from '../../directory/dialling.js';
import type { Directory } from '../../directory/directory.js';
import type { NumberInput, PhoneNumber } from '../../directory/number.js';
import { BridgeError } from '../../errors.js';
import type { Logger } from '../../log.js';
import { type AwsPlaces, toolServices } from '../../tool-services.js';
import { mediaDoor } from '../../twilio/media-door.js';
import { mediaUrlOf, twilioRoutes } from '../../twilio/routes.js';
import { signatureCheck } from '../../twilio/signature.js';
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
  clock: VirtualClock;
  log: Logger;
}

export interface VirtualBridge extends BridgeDoors {
  recordOf(callSid: string): CallRecord | undefined;
  /** Ends what is left, and releases everything. */
  close(): Promise<void>;
}

const AGENT_ID = 'agent_virtual';

/**
 * The bridge with one agent and one number, without a port and without a store: what it knows is in memory behind the same
 * ports. Nothing is recorded and no black box is written.
 */
export async function openBridge(options: VirtualBridgeOptions): Promise<VirtualBridge> {
  const { config, model, region, places, clock, log } = options;
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
  const reception = new Reception({
    directory,
    registry,
    model,
    sessionLimitOf: () => options.sessionLimitMs ?? config.sessionLimitMs,
    tools: services.belt,
    toolsOf: services.toolsOf,
    waitSound: services.waitSound,
    recall: services.recall,
    limits: numberLimits({
      registry,
      recordOf,
      useOf: async () => ({ activeCalls: 0, usedMs: 0, dials: [] }),
      clock,
      log,
    }),
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
    admission: admission({ registry: () => registry, maxCalls: config.maxCalls }),
    mayDial: (to, from) => mayDialWithin(to, from, config.dialPrefixes),
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
    orders: { enter: nobody, placed: () => undefined, find: nobody },
    carrier: noCarrier(),
    findCall: async (callSid) => recordOf(callSid),
    holderOf: nobody,
  });
  await server.ready();
  return {
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

/** Callers call the bridge here, and nobody at its console asks anything of the carrier. */
function noCarrier(): Carrier {
  const refuse = () =>
    Promise.reject(new BridgeError('CARRIER_NOT_CONFIGURED', 'A virtual bridge has no carrier to ask.'));
  return { hangUp: refuse, dial: refuse, sayAndHangUp: refuse, place: refuse };
}
