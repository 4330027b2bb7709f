import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Clock, pause } from '../clock.js';
import type { Logger } from '../log.js';
import { Asker } from './asker.js';
import { CatalogMirror } from './catalog-mirror.js';
import { interrupted, LastingThread } from './lasting-thread.js';
import type { Told } from './messages.js';
import type { Live } from './methods.js';
import type { AskedServices, AwsPlaces } from './services.js';
import type { ThreadStart } from './thread.js';

/** How long sessions may take to be ended when the bridge stops, in ms. */
const CLOSE_LIMIT_MS = 3000;
/** The largest answers on all sockets of a service take half of it; a thread that grows beyond ends, and not the bridge with it. */
const MAX_HEAP_MB = 512;

export interface ThreadOptions {
  readonly start: ThreadStart;
  readonly clock: Clock;
  readonly log: Logger;
  /** Starts the thread; left out, as it is run here. For tests that look at what is sent, or end it. */
  readonly startThread?: (start: ThreadStart) => Worker;
}

/** Whether these can be told to another thread. */
export function areData({ mcpFetch, ...places }: AwsPlaces): boolean {
  return !mcpFetch && Object.values(places).every((place) => !place?.httpAgent);
}

/**
 * The same services, asked in a thread of their own: what the SDKs load, sign, read and leave as garbage takes no time from the
 * loop that carries the sound of calls. An ask that the thread does not survive fails with TOOL_FAILED, `interrupted`.
 */
export function askedInThread({ start, clock, log, startThread = startAskingThread }: ThreadOptions): AskedServices {
  let kept: Parameters<AskedServices['mcp']['keepListed']>[0] = [];
  const asker = new Asker((order) => thread.post(order));
  /** Nobody waits for it: one that is lost is no loss. */
  const tell: typeof asker.ask = (...given) => asker.ask(...given).catch(() => undefined as never);
  const mirror = new CatalogMirror(clock, (server) => void tell('mcp.used', [server]));
  let coreShare = 0;
  const thread = new LastingThread({
    start: () => startThread(start),
    began() {
      if (kept.length > 0) void tell('mcp.keepListed', [kept]);
    },
    told(told: Told) {
      if (told.kind === 'looked') coreShare = told.share;
      else if (told.kind === 'logged') write(log, told.line);
      else if (told.kind === 'listed') mirror.listed(told.listed);
      else asker.take(told);
    },
    lost() {
      coreShare = 0;
      asker.lost(interrupted());
    },
    clock,
    log,
  });
  thread.start();

  return {
    runtimes: {
      ask: (target, payload, { signal, streams, ...context }) =>
        asker.ask('runtimes.ask', [target, payload, context], { signal, ...(streams && { streams }) }),
      warm: (target, sessionId) => tell('runtimes.warm', [target, sessionId]),
      stop: (target, sessionId) => tell('runtimes.stop', [target, sessionId]),
      list: (signal) => asker.ask('runtimes.list', [], liveWith(signal)),
      load: (target) => asker.ask('runtimes.load', [target]),
    },
    agents: {
      ask: (target, prompt, { signal, doWanted, streams: _never, ...context }) =>
        asker.ask('agents.ask', [target, prompt, context], { signal, ...(doWanted && { doWanted }) }),
      end: (target, sessionId) => tell('agents.end', [target, sessionId]),
      list: (signal) => asker.ask('agents.list', [], liveWith(signal)),
      load: () => asker.ask('agents.load', []),
    },
    knowledgeBases: {
      retrieve({ knowledgeBaseId, numberOfResults, filter, searchType, rerankingConfiguration }, text, signal) {
        const target = { knowledgeBaseId, numberOfResults, filter, searchType, rerankingConfiguration };
        return asker.ask('knowledgeBases.retrieve', [target, text], { signal });
      },
      load: () => asker.ask('knowledgeBases.load', []),
    },
    vectorIndexes: {
      query: (target, text, signal) => asker.ask('vectorIndexes.query', [target, text], { signal }),
      load: () => asker.ask('vectorIndexes.load', []),
    },
    mcp: {
      toolsOf: (server) => mirror.toolsOf(server),
      problemOf: (server) => mirror.problemOf(server),
      keepListed(servers) {
        kept = servers;
        void tell('mcp.keepListed', [servers]);
      },
      async refresh(server, signal) {
        await asker.ask('mcp.refresh', [server], liveWith(signal));
        return mirror.toolsOf(server);
      },
      call: (server, remoteName, input, { signal, ...context }) =>
        asker.ask('mcp.call', [server, remoteName, input, context], { signal }),
      load: () => asker.ask('mcp.load', []),
    },
    memory: {
      recall: (target, actorId, { signal, ...options }) =>
        asker.ask('memory.recall', [target, actorId, options], { signal }),
      remember: (target, { signal, ...event }) => asker.ask('memory.remember', [target, event], { signal }),
      forget: (target, actorId, signal) => asker.ask('memory.forget', [target, actorId], { signal }),
      load: () => asker.ask('memory.load', []),
    },
    guardrails: {
      check: (guardrail, text, signal) => asker.ask('guardrails.check', [guardrail, text], { signal }),
      load: () => asker.ask('guardrails.load', []),
    },
    tokens: {
      authorization: (auth, signal) => asker.ask('tokens.authorization', [auth], { signal }),
      rejected: (auth, authorization) => void tell('tokens.rejected', [auth, authorization]),
      // With all others.
      close: () => undefined,
    },
    coreShare: () => coreShare,
    async close() {
      const limit = new AbortController();
      await Promise.race([tell('close', []), pause(clock, CLOSE_LIMIT_MS, limit.signal)]);
      limit.abort();
      await thread.close();
    },
  };
}

function liveWith(signal: AbortSignal | undefined): Partial<Live> {
  return signal ? { signal } : {};
}

/** Beside this file, as it is run: built, or as a source, which needs help; on Node 20 `--import tsx` gives a thread none. */
export function startAskingThread(start: ThreadStart): Worker {
  const extension = extname(import.meta.url);
  const file = new URL(`./thread${extension}`, import.meta.url);
  const options = {
    workerData: start,
    name: 'asking',
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  };
  if (extension !== '.ts') return new Worker(file, options);
  const translated = `import('tsx/esm/api').then(({ register }) => (register(), import('${file}')));`;
  return new Worker(translated, { ...options, eval: true });
}

/** A line of the thread's log as one of the bridge's own. */
function write(log: Logger, line: string): void {
  const { level, time: _time, pid: _pid, hostname: _hostname, msg, ...fields } = JSON.parse(line);
  const label = log.levels.labels[level] as 'info' | undefined;
  log[label ?? 'info'](fields, msg);
}
