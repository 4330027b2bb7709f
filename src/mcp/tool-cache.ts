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

/** What one server offers, kept in memory so that no call waits for it. One refresh at a time. */
export class ToolCache {
  readonly #connection: McpConnection;
  readonly #clock: Clock;
  readonly #log: Logger;
  #tools: readonly McpTool[] = [];
  #freshUntilMs = Number.NEGATIVE_INFINITY;
  #refreshing: Promise<readonly McpTool[]> | undefined;
  /** The server has said that its list is another one, after the refresh that is under way had begun. */
  #isOutdated = false;
  #isKept = false;
  #isAway = false;
  #cancelNext = (): void => undefined;

  constructor(connection: McpConnection, clock: Clock, log: Logger) {
    this.#connection = connection;
    this.#clock = clock;
    this.#log = log;
  }

  /** The tools as they are known; an old list is refreshed in the background. */
  get tools(): readonly McpTool[] {
    if (this.#clock.now() >= this.#freshUntilMs) this.#refreshInBackground();
    return this.#tools;
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
      const { reason } = error instanceof BridgeError ? error.details : {};
      if (reason === 'cancelled' || this.#isAway) return;
      this.#isAway = true;
      this.#log.warn({ reason, error: messageOf(error) }, 'tools of an mcp server could not be listed');
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
      if (this.#isAway) this.#log.info('tools of an mcp server are listed again');
      this.#isAway = false;
      return this.#tools;
    } catch (error) {
      this.#freshUntilMs = this.#clock.now() + RETRY_AFTER_MS;
      if (!limit.signal.aborted) throw error;
      throw mcpFailure('unavailable', error, 'the tool server did not list its tools in time');
    } finally {
      cancelLimit();
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
