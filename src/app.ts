import { join } from 'node:path';
import formbody from '@fastify/formbody';
import helmet from '@fastify/helmet';
import websocket from '@fastify/websocket';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import { authority } from './access/authority.js';
import { sessionSeal } from './access/session-seal.js';
import { loginThrottle } from './access/throttle.js';
import { ticketOffice } from './access/ticket.js';
import { frameworkProblem, notFoundProblem } from './admin/problem.js';
import { adminRoutes } from './admin/routes.js';
import type { AwsCredentials } from './aws.js';
import { backgroundWork } from './background-work.js';
import { createBlackBoxes } from './blackbox/boxes.js';
import { bridgeVersion } from './blackbox/version.js';
import { Drain } from './call/drain.js';
import type { CallListener } from './call/events.js';
import { Keeping } from './call/keeping.js';
import { numberLimits } from './call/limits.js';
import { LiveRecords } from './call/live-records.js';
import { callControl } from './call/operator.js';
import { Reception } from './call/reception.js';
import { ownNumber } from './call/record.js';
import { CallRegistry } from './call/registry.js';
import { openCapacity } from './capacity.js';
import { type Clock, realClock } from './clock.js';
import type { Config } from './config.js';
import type { Rehearsal } from './creator/ports.js';
import type { AgentVersion } from './directory/agent.js';
import { mayDial as mayDialWithin } from './directory/dialling.js';
import { localDisk } from './disk.js';
import { fixtureArchives } from './fixture-maker/archives.js';
import { type Ids, randomIds } from './ids.js';
import { ownUrl } from './instance-url.js';
import { webhookSecret } from './jobs/call-ended.js';
import { keptFiles } from './kept-files.js';
import { liveListening } from './listening/listening.js';
import type { Logger } from './log.js';
import type { LoopProbe } from './loop-health.js';
import { metricsRoute } from './metrics-route.js';
import { legRecorder } from './recording/leg.js';
import { type OnRecord, recordingsOnRecord } from './recording/on-record.js';
import { parseRange } from './recording/range.js';
import { createRecordings } from './recording/recordings.js';
import { openRecordingStore } from './recording/store.js';
import {
  DEFAULT_REGION,
  endpointIn,
  type RegionalEndpoint,
  regionOfSdk,
  type TransportOptions,
} from './sonic/bedrock-client.js';
import { createLeanTransport } from './sonic/lean.js';
import { sonicModel } from './sonic/model.js';
import { createStandardTransport } from './sonic/standard.js';
import { startEmbedded } from './store/embedded/server.js';
import { openStore } from './store/open.js';
import { openTraces } from './telemetry/traces.js';
import { type AwsPlaces, toolServices } from './tool-services.js';
import { mcpListing } from './tools/mcp-listing.js';
import { toolTrials } from './tools/trial.js';
import { notesOn } from './twilio/call-note.js';
import { twilioCarrier } from './twilio/carrier.js';
import { carrierUrls, mediaUrlOf } from './twilio/carrier-urls.js';
import { twilioNumberSync } from './twilio/number-sync.js';
import { twilioClient } from './twilio/rest.js';
import { twilioRoutes } from './twilio/routes.js';
import { createSeal } from './twilio/seal.js';
import { signatureCheck } from './twilio/signature.js';
import { consolePages } from './web/console.js';

export interface AppOptions {
  config: Config;
  log: Logger;
  clock?: Clock;
  ids?: Ids;
  /** Where AWS is reached and by whom; left out, the AWS SDK finds both itself. */
  bedrock?: { endpoint: RegionalEndpoint; credentials: NonNullable<TransportOptions['credentials']> };
  s3?: { endpoint: string; region: string; credentials: AwsCredentials };
  places?: AwsPlaces;
  /** Ways to rehearse agents that are being made, beside that in writing. */
  rehearsals?: readonly Rehearsal[];
  listeners?: readonly CallListener[];
  /** The longest life of a model stream of that agent, in ms, where it is not that of the configuration. */
  sessionLimitOf?: (agent: AgentVersion) => number | undefined;
  /**
   * What measures the event loop; left out, Node does. Unmeasured where callers and services are simulated on the same loop:
   * how busy it is says nothing of the bridge then.
   */
  loop?: LoopProbe | 'unmeasured';
  /** Metrics of the whole process are collected as well, for as long as it lives. */
  ownsProcess?: boolean;
}

export interface App {
  server: FastifyInstance;
  registry: CallRegistry;
  /** Listens; answers the address as reached on this machine. */
  listen(): Promise<string>;
  /** Takes no more calls and resolves when the live ones have ended or go on elsewhere, or when the time for that is up. */
  drain(): Promise<void>;
  /** Ends what is left, at once, keeps what is known of it, and releases everything. */
  close(): Promise<void>;
}

/** A media message is under 1 KB; one of a megabyte is refused with a code instead of ending the call. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** A caller waits no longer than this, in ms, for what is known of a call to be kept before another instance goes on with it. */
const HAND_OVER_LIMIT_MS = 1000;

/** Puts the bridge together: the only file that knows every room. */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, log, clock = realClock(), ids = randomIds(), bedrock, s3, places = {}, listeners = [] } = options;
  const { publicUrl, publicFallbackUrl: fallbackUrl } = config;
  const instanceUrl = config.instanceUrl ?? ownUrl(config.host, config.port);
  const opened: (() => Promise<void> | void)[] = [];
  const closeAll = async () => {
    for (const close of opened.splice(0).reverse()) await close();
  };

  /** What is in memory of calls; other instances may speak of theirs before there is anything. */
  let inMemory: { keeping: Keeping; onRecord: OnRecord } | undefined;

  try {
    // What is kept.
    const embedded = config.databaseUrl ? undefined : await startEmbedded({ dataDir: config.dataDir, log });
    if (embedded) opened.push(() => embedded.stop());
    const databaseUrl = config.databaseUrl ?? embedded!.url;
    const store = await openStore({
      databaseUrl,
      instanceUrl,
      defaultModelId: config.modelId,
      clock,
      ids,
      log,
      webhookFor: (record) => store.directory.findNumber(ownNumber(record))?.webhookUrl,
      seal: (secret) => services.seal(secret),
      removedCalls: (callSids) => kept.remove(callSids),
      removalsMissed: () => kept.removeDeleted(),
      keptCalls: () => records.endedCallSids,
      knownCalls: () => records.values(),
      lostCalls: (callSids) => inMemory?.keeping.lost(callSids),
      recordingEntered: (callSid) => inMemory?.onRecord.entered(callSid),
      recordingsMissed: () => inMemory?.onRecord.mayHaveMissed(),
    });
    opened.push(() => store.close());
    if (embedded) await Promise.all([store.endFormerCalls(), store.freeFormerWork()]);
    // Shared: a disk that does not answer holds two threads, and no more.
    const disk = localDisk();
    const recordingStore = await openRecordingStore({
      url: config.recordingsUrl,
      dataDir: config.dataDir,
      log,
      clock,
      disk,
      ...(s3 && { s3 }),
    });
    const recordings = createRecordings({
      store: recordingStore,
      clock,
      log,
      changed: (callSid, recording) => onRecord.changed(callSid, recording),
    });
    opened.push(() => recordings.close());
    const boxes = createBlackBoxes({
      directory: join(config.dataDir, 'blackboxes'),
      version: bridgeVersion(),
      clock,
      disk,
      log,
    });
    opened.push(() => boxes.close());
    const archives = fixtureArchives({ folderOf: boxes.folderOf, clock });
    opened.push(() => archives.close());
    const kept = keptFiles({ boxes, recordings, deletedOf: store.deletedOf, log });

    // What agents ask.
    const region = config.region ?? (await regionOfSdk()) ?? DEFAULT_REGION;
    const findAgent = (id: string, version: number) => store.directory.findAgent(id, version);
    const asking = { config, region, places: { ...(s3 && { s3 }), ...places }, findAgent, clock, log };
    const services = await toolServices({ ...asking, inThread: options.ownsProcess === true && !options.clock });
    opened.push(() => services.close());
    opened.push(mcpListing({ directory: store.directory, mcp: services.mcp, log }));

    // What is told of calls besides.
    const traces = await openTraces({ collector: config.traces, instance: instanceUrl, clock, log });
    opened.push(() => traces.close());

    // Calls.
    const records = new LiveRecords(store.record);
    const recordOf = (callSid: string) => records.peek(callSid);
    const onRecord = recordingsOnRecord({ records, registry: () => registry, recordings, store });
    const keeping = new Keeping({ records, registry: () => registry, store, left: onRecord.left, clock });
    opened.push(() => keeping.close());
    const capacity = openCapacity({
      ...{ config, recordOf, clock },
      registry: () => registry,
      store: store.health,
      recordings: recordings.health,
      boxes: boxes.health,
      loop: options.loop,
      askingCoreShare: services.coreShare,
      ownsProcess: options.ownsProcess ?? false,
    });
    opened.push(() => capacity.close());
    const registry = new CallRegistry({
      clock,
      log,
      listeners: [
        records.listener,
        onRecord.listener,
        ...services.listeners,
        ...traces.listeners,
        capacity.metrics.listener,
        ...listeners,
      ],
    });
    inMemory = { keeping, onRecord };
    const findCall = async (callSid: string) => recordOf(callSid) ?? (await store.calls.find(callSid));
    const mayDial = (to: string, from: string) => mayDialWithin(to, from, config.dialPrefixes);
    const limits = numberLimits({ registry, recordOf, useOf: (...given) => store.calls.useOf(...given), clock, log });
    const createTransport = config.transport === 'lean' ? createLeanTransport : createStandardTransport;
    const voiceRegions = config.voiceRegions ?? [region];
    const transports = voiceRegions.map((each) =>
      createTransport({
        region: each,
        clock,
        ...endpointIn(each, bedrock?.endpoint),
        ...(bedrock && { credentials: bedrock.credentials }),
      }),
    );
    opened.push(() => {
      for (const transport of transports) transport.close();
    });
    log.info({ regions: voiceRegions, modelId: config.modelId, transport: config.transport }, 'voice model');
    const listening = liveListening({ clock });
    const reception = new Reception({
      directory: store.directory,
      registry,
      model: capacity.sessions.counted(sonicModel(transports, ids, clock)),
      sessionLimitOf: (agent) => options.sessionLimitOf?.(agent) ?? config.sessionLimitMs,
      tools: traces.tools(services.belt),
      toolsOf: services.toolsOf,
      waitSound: services.waitSound,
      recall: services.recall,
      limits,
      recorder: legRecorder(recordings, clock),
      listening,
      openTape: boxes.open,
      clock,
      log,
      admission: capacity.admission,
      mayDial,
      recordOf,
      kept: () => store.flush(HAND_OVER_LIMIT_MS).catch(() => undefined),
      ...keeping.ports,
    });
    const drain = new Drain({
      registry,
      recordOf,
      announce: () => store.announceDraining(),
      hasSuccessor: () => store.hasSuccessor(),
      flush: (limitMs) => store.flush(limitMs),
      ...config.drain,
      clock,
      log,
    });
    const client = twilioClient(config.twilio);
    // Now, because it takes a sixth of a second that live calls would have to wait for.
    await client.load();
    const seal = createSeal(config.twilio.authToken);
    const noteOn = notesOn({ reception, instance: store.instance, seal });
    const urlsAt = (base: string) => carrierUrls({ publicUrl: base, noteOn });
    const carrier = twilioCarrier({ client, publicUrl, fallbackUrl, urls: urlsAt(publicUrl), log });
    const tickets = ticketOffice(config.twilio.authToken, clock);
    const control = callControl({
      registry,
      reception,
      admission: capacity.admission,
      carrier,
      directory: store.directory,
      limits,
      orders: store.outbound,
      recordOf,
      mayDial,
      issueTicket: (claims) => tickets.issue({ ...claims, instance: instanceUrl }),
      mediaUrl: mediaUrlOf(publicUrl),
      audit: store.auditUntilKept,
      clock,
      ids,
      log,
    });
    const { rehearsals } = options;
    // Only in a process of their own do agents that are made take no time from calls. What a test passes in stays here.
    const separateOn = options.ownsProcess && !options.clock && !rehearsals ? databaseUrl : undefined;
    const background = backgroundWork({
      ...{ config, store, services, region, places, s3, rehearsals, separateOn, ids, clock, log },
    });
    opened.push(() => background.close());

    // Doors.
    const server: FastifyInstance = Fastify({
      loggerInstance: log,
      // Addresses carry telephone numbers: requests are not logged one by one.
      logController: new LogController({ disableRequestLogging: true }),
      trustProxy: config.trustProxy,
      bodyLimit: 256 * 1024,
      frameworkErrors: frameworkProblem,
      forceCloseConnections: true,
    }) as unknown as FastifyInstance;
    opened.push(() => server.close());
    server.setNotFoundHandler(notFoundProblem);
    await server.register(helmet);
    await server.register(formbody);
    await server.register(websocket, { options: { maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false } });
    server.get('/healthz', async () => ({ status: 'ok' }));
    // A load is no reason to be taken out of the load balancer: webhooks of live calls come the same way, and whoever calls in
    // vain must hear something. Before the store has come up for the first time nobody listens here at all.
    server.get('/readyz', async (_request, reply) =>
      drain.hasBegun
        ? reply.code(503).send({ status: 'draining' })
        : {
            status: 'ready',
            takesCalls: capacity.admission.refusal() === undefined,
            calls: registry.activeCount,
            store: store.isUp ? 'up' : 'away',
          },
    );
    await server.register(twilioRoutes, {
      reception,
      registry,
      tickets,
      signatures: signatureCheck(config.twilio.authToken, publicUrl, fallbackUrl),
      orders: store.outbound,
      carrier,
      findCall,
      holderOf: (callSid) => store.calls.holderOf(callSid),
      publicUrl,
      fallbackUrl,
      urlsAt,
      instance: store.instance,
      seal,
      clock,
      log,
    });
    const throttle = loginThrottle(clock);
    opened.push(() => throttle.close());
    metricsRoute(server, { metrics: capacity.metrics, token: config.metricsToken, throttle });
    const holders = authority({ tokens: store.tokens, adminToken: config.adminToken, clock });
    await server.register(adminRoutes, {
      directory: store.directory,
      directoryStore: store.directory,
      numberSync: twilioNumberSync({ client, publicUrl, fallbackUrl }),
      agentTools: toolTrials({ ...services, bedrockAgents: services.agents, figures: store.figures, ids }),
      deployedAgents: { runtimes: services.runtimes.list, bedrockAgents: services.agents.list },
      knowledge: background.knowledge,
      creator: background.creator,
      mayDial,
      webhookSecret: (number, url) => webhookSecret(config.secretsKey, number, url),
      calls: store.calls,
      figures: store.figures,
      feed: store.feed,
      webhooks: store.webhooks,
      recordOf,
      control,
      recordings: { open: (callSid, range) => recordings.open(callSid, parseRange(range)) },
      listening,
      fixtures: archives,
      removeRecordings: kept.remove,
      forgetMemories: async (person) => services.forget(await store.agentMemories(), person),
      prices: config.prices,
      instance: store.instance,
      authority: holders,
      seal: sessionSeal({ secretsKey: config.secretsKey, adminToken: config.adminToken, clock }),
      throttle,
      tokens: store.tokens,
      audit: store.audit,
      idempotency: store.idempotency,
      publicUrl,
      clock,
    });
    await server.register(consolePages, { log });
    opened.push(() => registry.close());
    if (!embedded) await kept.removeDeleted();
    await recordings.recover();

    return {
      server,
      registry,
      listen: () => server.listen({ port: config.port, host: config.host }),
      drain: () => drain.run(),
      close: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}
