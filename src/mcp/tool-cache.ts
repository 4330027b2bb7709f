import { z } from 'zod';
import type { Clock } from '../clock.js';
import { BridgeError, messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import type { McpConnection } from './connection.js';
import { mcpFailure } from './failure.js';
import { listedTools, type McpTool } from './listed-tools.js';

const FRESH_MS = 5 * 60_000;
/** A server that could not be listed is left alone for so long, unless somebody asks for it. */
const RETRY_AFTER_MS = 30_000;
const REFRESH_LIMIT_MS = 10_000;
/** Of a list that never ends. */
const MAX_PAGES = 50;

/** A page of `tools/list`. Source: MCP, server features, tools. */
const pageSchema = z.looseObject({ tools: z.array(z.unknown()), nextCursor: z.string().optional() });

/** The tools could not be listed, for the last time with this error; `sinceMs` by the clock. */
export interface ListingTrouble {
  readonly error: unknown;
  readonly sinceMs: number;
}

/** What one server offers, kept in memory so that no call waits for it. One refresh at a time. */
export class ToolCache {
  readonly #connection: McpConnection;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #listed: (tools: readonly McpTool[], trouble: ListingTrouble | undefined) => void;
  #tools: readonly McpTool[] = [];
  #freshUntilMs = Number.NEGATIVE_INFINITY;
  #refreshing: Promise<readonly McpTool[]> | undefined;
  /** The server has said that its list is another one, after the refresh that is under way had begun. */
  #isOutdated = false;
  #isKept = false;
  #trouble: ListingTrouble | undefined;
  #isTold = false;
  #cancelNext = (): void => undefined;

  /** `listed` is told of each listing, also one that failed. */
  constructor(
    connection: McpConnection,
    clock: Clock,
    log: Logger,
    listed: (tools: readonly McpTool[], trouble: ListingTrouble | undefined) => void,
  ) {
    this.#connection = connection;
    this.#clock = clock;
    this.#log = log;
    this.#listed = listed;
  }

  /** The tools as they are known; an old list is refreshed in the background. */
  get tools(): readonly McpTool[] {
    if (this.#clock.now() >= this.#freshUntilMs) this.#refreshInBackground();
    return this.#tools;
  }

  /** Why the list that is known is none, or an old one; undefined while the server lists its tools. */
  get trouble(): ListingTrouble | undefined {
    return this.#trouble;
  }

  /** From now on the list is refreshed by itself, until it is let go. */
  keep(): void {
    if (this.#isKept) return;
    this.#isKept = true;
    if (this.#clock.now() >= this.#freshUntilMs) this.#refreshInBackground();
    else this.#refreshLater();
  }

  letGo(): void {
    this.#isKept = false;
    this.#cancelNext();
  }

  /** The server has said that its list changed. */
  listChanged(): void {
    if (this.#refreshing) this.#isOutdated = true;
    else this.#refreshInBackground();
  }

  /** Lists the tools, or waits for whoever is doing it. Throws BridgeError TOOL_FAILED; the list stays what it was. */
  refresh(): Promise<readonly McpTool[]> {
    this.#refreshing ??= this.#list().finally(() => {
      this.#refreshing = undefined;
      this.#refreshLater();
      if (!this.#isOutdated) return;
      this.#isOutdated = false;
      this.#refreshInBackground();
    });
    return this.#refreshing;
  }

  #refreshInBackground(): void {
    if (this.#refreshing) return;
    this.refresh().catch((error: unknown) => {
      const { reason, service, problem, oauthError, tokenStatus, status } =
        error instanceof BridgeError ? error.details : {};
      if (reason === 'cancelled' || this.#isTold) return;
      this.#isTold = true;
      const fields = { reason, service, problem, oauthError, tokenStatus, status, error: messageOf(error) };
      this.#log.warn(fields, 'tools of an mcp server could not be listed');
    });
  }

  #refreshLater(): void {
    this.#cancelNext();
    if (!this.#isKept) return;
    const delayMs = this.#freshUntilMs - this.#clock.now();
    this.#cancelNext = this.#clock.after(delayMs, () => this.#refreshInBackground());
  }

  async #list(): Promise<readonly McpTool[]> {
    const limit = new AbortController();
    const cancelLimit = this.#clock.after(REFRESH_LIMIT_MS, () => limit.abort());
    try {
      this.#tools = listedTools(await this.#pages(limit.signal));
      this.#freshUntilMs = this.#clock.now() + FRESH_MS;
      if (this.#isTold) this.#log.info('tools of an mcp server are listed again');
      this.#isTold = false;
      this.#trouble = undefined;
      return this.#tools;
    } catch (error) {
      this.#freshUntilMs = this.#clock.now() + RETRY_AFTER_MS;
      const isLate = limit.signal.aborted;
      const failure = isLate
        ? mcpFailure('unavailable', error, 'the tool server did not list its tools in time')
        : error;
      this.#trouble = { error: failure, sinceMs: this.#trouble?.sinceMs ?? this.#clock.now() };
      throw failure;
    } finally {
      cancelLimit();
      this.#listed(this.#tools, this.#trouble);
    }
  }

  async #pages(signal: AbortSignal): Promise<unknown[]> {
    const listed: unknown[] = [];
    const seen = new Set<string>();
    let cursor: string | undefined;
    do {
      const params = cursor === undefined ? {} : { cursor };
      const page = pageSchema.safeParse(await this.#connection.request({ method: 'tools/list', params }, signal));
      if (!page.success) throw mcpFailure('bad-answer', page.error, 'the tool server gave a list that is none');
      listed.push(...page.data.tools);
      cursor = page.data.nextCursor;
      if (cursor === undefined || seen.has(cursor)) break;
      seen.add(cursor);
    } while (seen.size < MAX_PAGES);
    return listed;
  }
}
