import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { McpConnection } from './connection.js';
import { Exchange, type Fetch } from './exchange.js';
import { mcpFailure } from './failure.js';
import type { RequestSigner } from './gateway-signer.js';
import { allowedTools, type McpTool } from './listed-tools.js';
import { loadSdk, type McpSdk } from './sdk.js';
import { type Authorization, keyOf, type McpServer } from './server.js';
import { type ListingTrouble, ToolCache } from './tool-cache.js';
import { callResultSchema, type McpToolAnswer, toolAnswer } from './tool-output.js';
import { unlessAborted } from './waiting.js';

/** MCP servers as a source of tools, over streamable HTTP. All calls of an instance share one session with a server. */
export interface McpServers {
  /**
   * The tools that the server's `allow` lets through, from memory: empty until they were listed once. Starts a refresh
   * in the background when the list is older than 5 minutes. Never waits, never throws.
   */
  toolsOf(server: McpServer): readonly McpTool[];
  /** Why the tools of the server could not be listed lately; undefined: they were, or nobody has asked yet. Never waits. */
  problemOf(server: McpServer): McpListingProblem | undefined;
  /**
   * These servers are listed by themselves from now on: at once, every 5 minutes, and when they say that their tools
   * changed. Others are listed when they are asked for. Never waits, never throws.
   */
  keepListed(servers: readonly McpServer[]): void;
  /** Lists now. When the signal aborts only the waiting ends. Throws BridgeError TOOL_FAILED. */
  refresh(server: McpServer, signal?: AbortSignal): Promise<readonly McpTool[]>;
  /**
   * Calls a tool by the server's name for it. Aborting closes the request. Throws BridgeError TOOL_FAILED with details
   * `{ reason, retryable }`; a tool that fails in its own words is an answer with `isError`.
   */
  call(
    server: McpServer,
    remoteName: string,
    input: object,
    context: { signal: AbortSignal; trace?: Readonly<Record<string, string>> },
  ): Promise<McpToolAnswer>;
  /** Loads what the first request would have to wait for. */
  load(): Promise<void>;
  /** Ends all sessions; what is under way fails. */
  close(): Promise<void>;
}

/** A server whose tools the model is not given, or is given as they were. */
export interface McpListingProblem {
  readonly error: unknown;
  /** For how long already. */
  readonly sinceMs: number;
}

export interface McpServersOptions {
  authorization: Authorization;
  /** For servers with `sigv4`. */
  signer?: RequestSigner;
  /** Carries the requests; default: the global `fetch`. */
  fetch?: Fetch | undefined;
  /** Told of each listing, also one that failed, before anybody who waits for it: all tools of the server, as they are known now. */
  listed?: (server: McpServer, tools: readonly McpTool[], trouble: ListingTrouble | undefined) => void;
  clock: Clock;
  log: Logger;
}

/** The SDK is loaded when a server is used for the first time. */
export function mcpServers(options: McpServersOptions): McpServers {
  const { authorization, signer, fetch, listed, clock, log } = options;
  const known = new Map<string, { connection: McpConnection; cache: ToolCache }>();
  let sdk: Promise<McpSdk> | undefined;
  const load = () => {
    sdk ??= loadSdk();
    return sdk;
  };

  const partsOf = (server: McpServer) => {
    const key = keyOf(server);
    const there = known.get(key);
    if (there) return there;
    const exchange = new Exchange(server, authorization, signer, fetch);
    const listChanged = () => cache.listChanged();
    const connection = new McpConnection(server.url, { exchange, clock, load, listChanged });
    const { origin, pathname } = new URL(server.url);
    const cache = new ToolCache(connection, clock, log.child({ mcpServer: origin + pathname }), (tools, trouble) =>
      listed?.(server, tools, trouble),
    );
    const parts = { connection, cache };
    known.set(key, parts);
    return parts;
  };

  return {
    toolsOf: (server) => allowedTools(partsOf(server).cache.tools, server.allow),

    problemOf(server) {
      const { trouble } = partsOf(server).cache;
      return trouble && { error: trouble.error, sinceMs: clock.now() - trouble.sinceMs };
    },

    keepListed(servers) {
      const kept = new Set(servers.map((server) => partsOf(server).cache));
      for (const cache of kept) cache.keep();
      for (const { cache } of known.values()) if (!kept.has(cache)) cache.letGo();
    },

    async refresh(server, signal) {
      const refreshed = partsOf(server).cache.refresh();
      const tools = await (signal ? unlessAborted(refreshed, signal) : refreshed);
      return allowedTools(tools, server.allow);
    },

    async call(server, remoteName, input, { signal, trace }) {
      if (server.allow.length > 0 && !server.allow.includes(remoteName)) {
        throw mcpFailure('refused', undefined, 'the agent may not use this tool');
      }
      const params = { name: remoteName, arguments: input, ...(trace && { _meta: trace }) };
      const result = await partsOf(server).connection.request({ method: 'tools/call', params }, signal);
      const read = callResultSchema.safeParse(result);
      if (read.success) return toolAnswer(read.data);
      throw mcpFailure('bad-answer', read.error);
    },

    async load() {
      await load();
    },

    async close() {
      for (const { cache } of known.values()) cache.letGo();
      await Promise.all([...known.values()].map(({ connection }) => connection.close()));
    },
  };
}
