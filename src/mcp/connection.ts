import { z } from 'zod';
import type { Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import type { Exchange } from './exchange.js';
import { failureOf, mcpFailure } from './failure.js';
import type { McpSdk } from './sdk.js';
import { McpSession } from './session.js';
import { unlessAborted } from './waiting.js';

/** A session that nobody has used for so long is closed, with the stream on which the server could speak. */
const IDLE_LIMIT_MS = 10 * 60_000;

/** A session that is lost twice in a row is not kept by that server at all. */
const MAX_ATTEMPTS = 2;

const anyResult = z.looseObject({});
type Request = { method: string; params: Record<string, unknown> };

/** The way to one server: a session that is opened at the first request and made anew when the server has lost it. */
export class McpConnection {
  readonly #url: string;
  readonly #exchange: Exchange;
  readonly #clock: Clock;
  readonly #load: () => Promise<McpSdk>;
  readonly #listChanged: () => void;
  readonly #closed = new AbortController();
  #session: Promise<McpSession> | undefined;
  #cancelIdle: () => void = () => undefined;

  constructor(
    url: string,
    parts: { exchange: Exchange; clock: Clock; load: () => Promise<McpSdk>; listChanged: () => void },
  ) {
    this.#url = url;
    this.#exchange = parts.exchange;
    this.#clock = parts.clock;
    this.#load = parts.load;
    this.#listChanged = parts.listChanged;
  }

  /**
   * The result of a request. A request that met a lost session is sent again within a new one, which is safe because the
   * server has not looked at it. Throws BridgeError TOOL_FAILED.
   */
  async request(request: Request, signal: AbortSignal): Promise<Record<string, unknown>> {
    const sdk = await this.#load();
    try {
      for (let attempt = 1; ; attempt++) {
        const opening = this.#open();
        const session = await unlessAborted(opening, signal);
        this.#cancelIdle();
        try {
          return await session.request(request, anyResult, signal);
        } catch (error) {
          if (!isLostSession(error, sdk)) throw error;
          this.#forget(opening, session);
          if (attempt === MAX_ATTEMPTS) throw error;
        } finally {
          this.#closeWhenIdle();
        }
      }
    } catch (error) {
      throw failureOf(error, sdk, this.#exchange.secret);
    }
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#cancelIdle();
    await (await this.#session?.catch(() => undefined))?.close();
  }

  /** Others may have met the same loss before, and a new session may be there already. */
  #forget(opening: Promise<McpSession>, session: McpSession): void {
    if (this.#session !== opening) return;
    this.#session = undefined;
    session.retire();
  }

  #open(): Promise<McpSession> {
    if (this.#closed.signal.aborted) throw mcpFailure('cancelled');
    if (this.#session) return this.#session;
    const opening = this.#load().then((sdk) =>
      McpSession.open(this.#url, {
        sdk,
        exchange: this.#exchange,
        clock: this.#clock,
        listChanged: this.#listChanged,
        signal: this.#closed.signal,
      }),
    );
    this.#session = opening;
    opening.catch(() => {
      if (this.#session === opening) this.#session = undefined;
    });
    return opening;
  }

  #closeWhenIdle(): void {
    this.#cancelIdle();
    if (this.#closed.signal.aborted) return;
    this.#cancelIdle = this.#clock.after(IDLE_LIMIT_MS, () => {
      void this.#session?.then((session) => session.close());
      this.#session = undefined;
    });
  }
}

/** 404 says so; some servers say 400 with words about it. Source: MCP, streamable HTTP transport, session management. */
function isLostSession(error: unknown, sdk: McpSdk): boolean {
  if (!(error instanceof sdk.HttpError)) return false;
  return error.code === 404 || (error.code === 400 && /session/i.test(messageOf(error)));
}
