import formbody from '@fastify/formbody';
import helmet from '@fastify/helmet';
import websocket from '@fastify/websocket';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import { ticketOffice } from './access/ticket.js';
import { adminRoutes } from './admin/routes.js';
import { memoryCallLog } from './call/call-log.js';
import type { CallListener } from './call/events.js';
import { Reception } from './call/reception.js';
import { CallRegistry } from './call/registry.js';
import { type Clock, realClock } from './clock.js';
import type { Config } from './config.js';
import { memoryDirectory } from './directory/memory.js';
import { type Ids, randomIds } from './ids.js';
import type { Logger } from './log.js';
import { regionOfSdk } from './sonic/bedrock-client.js';
import { createLeanTransport } from './sonic/lean.js';
import { sonicModel } from './sonic/leg.js';
import { createStandardTransport } from './sonic/standard.js';
import { toolRunner } from './tools/runner.js';
import { twilioRoutes } from './twilio/routes.js';
import { signatureCheck } from './twilio/signature.js';

export interface AppOptions {
  config: Config;
  log: Logger;
  clock?: Clock;
  ids?: Ids;
  /** Where the model is reached and by whom; left out, the AWS SDK finds both itself. */
  bedrock?: { endpoint: string; credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } };
  listeners?: readonly CallListener[];
}

export interface App {
  server: FastifyInstance;
  registry: CallRegistry;
  /** Listens; answers the address as reached on this machine. */
  listen(): Promise<string>;
  /** Takes no more calls and resolves when the live ones have ended. */
  drain(): Promise<void>;
  /** Ends what is left, at once, and releases everything. */
  close(): Promise<void>;
}

/** Where the second generation of the model was first to be had. */
const DEFAULT_REGION = 'us-east-1';

/** A media message is under 1 KB; one of a megabyte is refused with a code instead of ending the call. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** Puts the bridge together: the only file that knows every room. */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, log, clock = realClock(), ids = randomIds(), bedrock, listeners = [] } = options;

  const directory = memoryDirectory({ clock, ids, defaultModelId: config.modelId });
  const calls = memoryCallLog();
  const registry = new CallRegistry({ clock, log, listeners: [calls.listener, ...listeners] });
  const createTransport = config.transport === 'lean' ? createLeanTransport : createStandardTransport;
  const region = config.region ?? (await regionOfSdk()) ?? DEFAULT_REGION;
  const transport = createTransport({ region, clock, ...bedrock });
  log.info({ region, modelId: config.modelId, transport: config.transport }, 'voice model');
  const reception = new Reception({
    directory,
    registry,
    model: sonicModel(transport, ids),
    tools: toolRunner(clock),
    clock,
    log,
    maxCalls: config.maxCalls,
    recordOf: calls.peek,
  });

  const server: FastifyInstance = Fastify({
    loggerInstance: log,
    // Addresses carry telephone numbers: requests are not logged one by one.
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: config.trustProxy,
    bodyLimit: 256 * 1024,
    forceCloseConnections: true,
  }) as unknown as FastifyInstance;
  await server.register(helmet);
  await server.register(formbody);
  await server.register(websocket, { options: { maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false } });
  server.get('/healthz', async () => ({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) =>
    registry.isDraining
      ? reply.code(503).send({ status: 'draining' })
      : { status: 'ready', calls: registry.activeCount },
  );
  await server.register(twilioRoutes, {
    reception,
    registry,
    tickets: ticketOffice(config.twilio.authToken, clock),
    signatures: signatureCheck(config.twilio.authToken, config.publicUrl),
    publicUrl: config.publicUrl,
    instance: config.instanceUrl ?? `http://${config.host}:${config.port}`,
    clock,
    log,
  });
  await server.register(adminRoutes, {
    prefix: '/api',
    directory,
    calls,
    adminToken: config.adminToken,
    defaultModelId: config.modelId,
  });

  return {
    server,
    registry,
    listen: () => server.listen({ port: config.port, host: config.host }),
    drain: () => registry.drain(),
    async close() {
      registry.close();
      await server.close();
      transport.close();
    },
  };
}
