import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import formbody from '@fastify/formbody';
import helmet from '@fastify/helmet';
import Fastify, { type FastifyInstance, type InjectOptions } from 'fastify';
import { z } from 'zod';
import type { Role } from '../../src/access/actor.js';
import { authority } from '../../src/access/authority.js';
import { sessionSeal } from '../../src/access/session-seal.js';
import { loginThrottle } from '../../src/access/throttle.js';
import { unconfiguredCreator } from '../../src/admin/creator-unconfigured.js';
import type { AdminRoutesOptions } from '../../src/admin/options.js';
import { frameworkProblem } from '../../src/admin/problem.js';
import { adminRoutes } from '../../src/admin/routes.js';
import type { CallControl } from '../../src/call/control.js';
import { emptyRecord } from '../../src/call/events.js';
import { type Clock, realClock } from '../../src/clock.js';
import { mayDial } from '../../src/directory/dialling.js';
import { BridgeError } from '../../src/errors.js';
import { knowledge } from '../../src/knowledge/knowledge.js';
import { knowledgeServices } from '../../src/knowledge-services.js';
import { liveListening } from '../../src/listening/listening.js';
import { type OpenedStore, openFreshStore } from '../store/opened-store.js';

/** Nobody listens there: AWS cannot be reached. */
const NOWHERE = {
  endpoint: 'http://127.0.0.1:9',
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
};

export const ADMIN_TOKEN = 'admin-token-of-the-tests-0123456789';
export const PUBLIC_URL = 'https://bridge.example.com';
export const AGENT = { name: 'Orders', systemPrompt: 'You help.' };
export const NUMBER = '+14155550199';

export interface Ask extends Pick<InjectOptions, 'headers' | 'remoteAddress' | 'cookies'> {
  body?: unknown;
  /** Sent as it is. */
  text?: string;
  /** Null: none. */
  token?: string | null;
}

/** The admin API on a database of its own; calls, the carrier and recordings are what a test says. */
export async function startApi(
  options: {
    clock?: Clock;
    opened?: OpenedStore;
    more?: Partial<AdminRoutesOptions>;
    /** Routes of a test's own beside those of the API. */
    extend?: (server: FastifyInstance) => void;
  } = {},
) {
  const { clock = realClock() } = options;
  const lostCalls = (callSids: readonly string[]) => {
    for (const callSid of callSids) opened.records.forget(callSid);
  };
  const opened: OpenedStore = options.opened ?? (await openFreshStore({ lostCalls }));
  const { store, records } = opened;
  const orders: { what: keyof CallControl; given: unknown[] }[] = [];
  const sounds = new Map<string, Buffer>();

  const control: CallControl = {
    async hangUp(...given) {
      orders.push({ what: 'hangUp', given });
    },
    async transfer(...given) {
      orders.push({ what: 'transfer', given });
    },
    async place(...given) {
      orders.push({ what: 'place', given });
      const { from, to, agentId, agentVersion = 1, variables } = given[0];
      const record = emptyRecord(`CA${orders.length}`, new Date(clock.now()).toISOString());
      return { ...record, direction: 'outbound', from, to, agentId, agentVersion, variables };
    },
    async test(...given) {
      orders.push({ what: 'test', given });
      const expiresAt = new Date(clock.now() + 1000).toISOString();
      return { callSid: 'CA1', url: 'wss://bridge.example.com/twilio/media', ticket: 'a.b', expiresAt };
    },
  };

  const nowhere = knowledge({ places: { bedrock: NOWHERE, knowledgeBases: NOWHERE, vectors: NOWHERE }, clock });
  const throttle = loginThrottle(clock);
  const adminOptions: AdminRoutesOptions = {
    directory: store.directory,
    directoryStore: store.directory,
    numberSync: {
      sync: async (number, { dryRun }) => ({
        number,
        carrierSid: 'PN1',
        applied: !dryRun,
        changes: [{ field: 'voiceUrl', before: null, after: `${PUBLIC_URL}/twilio/voice` }],
        overriddenBy: null,
      }),
    },
    agentTools: {
      toolsOf: async () => ({ tools: [], problems: [] }),
      run: async () => ({ kind: 'answer', output: {} }),
    },
    deployedAgents: { runtimes: async () => [], bedrockAgents: async () => [] },
    knowledge: knowledgeServices({
      knowledge: nowhere,
      records: store.documents,
      queue: store.jobs,
      later: store,
      audit: store.audit,
    }).ports,
    creator: unconfiguredCreator(store.creatorJobs, 'Set CREATOR_BUCKET.'),
    mayDial: (to, from) => mayDial(to, from, undefined),
    webhookSecret: (number, url) => `whsec_${Buffer.from(`${number} ${url}`).toString('base64')}`,
    calls: store.calls,
    figures: store.figures,
    feed: store.feed,
    webhooks: store.webhooks,
    recordOf: (callSid) => records.peek(callSid),
    control,
    recordings: {
      async open(callSid, range) {
        const sound = sounds.get(callSid);
        if (!sound) return undefined;
        const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
        const byteLength = sound.length;
        if (first === undefined) return { stream: Readable.from([sound]), byteLength, part: undefined, isFinal: true };
        const part = { firstByte: Number(first), lastByte: last ? Number(last) : byteLength - 1 };
        if (part.firstByte >= byteLength) throw new BridgeError('REQUEST_INVALID', 'beyond the end', { byteLength });
        const stream = Readable.from([sound.subarray(part.firstByte, part.lastByte + 1)]);
        return { stream, byteLength, part, isFinal: true };
      },
    },
    listening: liveListening({ clock }),
    fixtures: {
      async zipOf(callSid, { stream, redact }) {
        if (!sounds.has(callSid))
          throw new BridgeError('NOT_FOUND', `There is no black box of the call ${callSid} here.`);
        return Buffer.from(JSON.stringify({ callSid, stream, redact }));
      },
    },
    async removeRecordings(callSids) {
      return callSids.filter((callSid) => sounds.delete(callSid)).length;
    },
    forgetMemories: async () => [],
    prices: undefined,
    instance: store.instance,
    authority: authority({ tokens: store.tokens, adminToken: ADMIN_TOKEN, clock }),
    seal: sessionSeal({ secretsKey: 'secrets-key-of-the-tests-0123456789', adminToken: ADMIN_TOKEN, clock }),
    throttle,
    tokens: store.tokens,
    audit: store.audit,
    idempotency: store.idempotency,
    publicUrl: PUBLIC_URL,
    clock,
    ...options.more,
  };

  const violations: unknown[] = [];
  const server = Fastify({
    frameworkErrors: frameworkProblem,
    bodyLimit: 256 * 1024,
    forceCloseConnections: true,
  }) as unknown as FastifyInstance;
  // Whatever is answered is what the document says, and nothing more.
  server.addHook('onSend', async (request, reply, payload) => {
    const { url = '', schema } = request.routeOptions;
    if (!url.startsWith('/api/') || typeof payload !== 'string' || payload === '') return;
    const described = (schema?.response as Record<number, unknown> | undefined)?.[reply.statusCode];
    const result = schemaOf(described)?.safeParse(JSON.parse(payload));
    if (!result?.success) violations.push({ url, status: reply.statusCode, payload, error: result?.error });
  });
  options.extend?.(server);
  await server.register(helmet);
  await server.register(formbody);
  await server.register(adminRoutes, adminOptions);
  await server.ready();

  const api = async (method: string, path: string, ask: Ask = {}) => {
    const { body, text, token = ADMIN_TOKEN, headers, remoteAddress, cookies } = ask;
    const payload = text ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await server.inject({
      method: method as 'GET',
      url: path,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(payload !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(payload !== undefined && { payload }),
      ...(remoteAddress && { remoteAddress }),
      ...(cookies && { cookies }),
    });
    if (violations.length > 0) throw new Error(`not as documented: ${JSON.stringify(violations.splice(0), null, 1)}`);
    const isJson = /json/.test(String(response.headers['content-type'] ?? ''));
    return {
      status: response.statusCode,
      headers: response.headers as Record<string, string | undefined>,
      text: response.payload,
      cookies: response.cookies as { name: string; value: string; [attribute: string]: unknown }[],
      // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
      body: (isJson ? JSON.parse(response.payload) : undefined) as any,
    };
  };

  return {
    server,
    opened,
    store,
    records,
    control,
    orders,
    sounds,
    api,
    async tokenOf(role: Role, expiresAt?: string) {
      const { body } = await api('POST', '/api/tokens', { body: { name: `a ${role}`, role, expiresAt } });
      return body as { token: string; id: string };
    },
    async agent(input: Record<string, unknown> = {}) {
      const { body } = await api('POST', '/api/agents', { body: { ...AGENT, ...input } });
      return body as { id: string; version: number };
    },
    /** Listens on the loopback; answers the address. */
    async listen() {
      if (!server.server.listening) await server.listen({ port: 0, host: '127.0.0.1' });
      return `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
    },
    async close() {
      await server.close();
      if (!options.opened) await opened.close();
    },
  };
}

export type Api = Awaited<ReturnType<typeof startApi>>;

function schemaOf(described: unknown): z.ZodType | undefined {
  if (described instanceof z.ZodType) return described;
  const { content = {} } = (described ?? {}) as { content?: Record<string, { schema: z.ZodType }> };
  return Object.values(content)[0]?.schema;
}
