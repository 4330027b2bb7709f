import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { z } from 'zod';
import type { Clock } from '../clock.js';
import type { Exchange } from './exchange.js';
import { mcpFailure } from './failure.js';
import type { McpSdk } from './sdk.js';

const CLIENT_INFO = { name: 'oratio-voice-bridge', version: '1' };
/** Introducing ourselves takes two short requests. */
const OPEN_LIMIT_MS = 10_000;
/** To say goodbye with; the server forgets us anyway at some time. */
const GOODBYE_LIMIT_MS = 1000;
/** The SDK's own limit is out of the way: whoever asks has one on our clock. The longest that a timer takes. */
const NO_LIMIT = { timeout: 2 ** 31 - 1 };

/** One session with a server, shared by all who ask. */
export class McpSession {
  readonly #client: Client;
  readonly #transport: StreamableHTTPClientTransport;
  readonly #clock: Clock;
  #runningCount = 0;
  #isRetired = false;
  #isClosed = false;

  private constructor(client: Client, transport: StreamableHTTPClientTransport, clock: Clock) {
    this.#client = client;
    this.#transport = transport;
    this.#clock = clock;
  }

  /** Introduces the bridge to the server. `listChanged` is called whenever the server says that it has other tools now. */
  static async open(
    url: string,
    parts: { sdk: McpSdk; exchange: Exchange; clock: Clock; listChanged: () => void; signal: AbortSignal },
  ): Promise<McpSession> {
    const { sdk, exchange, clock, listChanged, signal } = parts;
    if (signal.aborted) throw mcpFailure('cancelled');
    const client = new sdk.Client(CLIENT_INFO);
    const transport = new sdk.Transport(new URL(url), { fetch: exchange.fetch });
    client.setNotificationHandler(sdk.toolListChangedSchema, listChanged);
    const close = () => void client.close();
    const cancelLimit = clock.after(OPEN_LIMIT_MS, close);
    signal.addEventListener('abort', close, { once: true });
    try {
      // The SDK is compiled without exact optional properties, so its transport does not fit its own interface here.
      await client.connect(transport as Transport, NO_LIMIT);
    } finally {
      cancelLimit();
      signal.removeEventListener('abort', close);
    }
    return new McpSession(client, transport, clock);
  }

  /** Sends a request; when the signal aborts, its connection is closed. */
  async request<Schema extends z.ZodObject>(
    request: { method: string; params: Record<string, unknown> },
    schema: Schema,
    signal: AbortSignal,
  ): Promise<z.infer<Schema>> {
    if (signal.aborted) throw mcpFailure('cancelled');
    this.#runningCount++;
    // The SDK never lets go of the signal that it is given.
    const cancelled = new AbortController();
    const cancel = () => cancelled.abort();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return await this.#client.request(request, schema, { ...NO_LIMIT, signal: cancelled.signal });
    } catch (error) {
      if (signal.aborted) throw mcpFailure('cancelled', error);
      throw error;
    } finally {
      signal.removeEventListener('abort', cancel);
      this.#runningCount--;
      if (this.#isRetired && this.#runningCount === 0) void this.#disconnect();
    }
  }

  /** Closes once everything that is under way has come to an end. */
  retire(): void {
    this.#isRetired = true;
    if (this.#runningCount === 0) void this.#disconnect();
  }

  /** Ends the session at the server as well, and what is still under way with it. */
  async close(): Promise<void> {
    const cancelLimit = this.#clock.after(GOODBYE_LIMIT_MS, () => void this.#disconnect());
    await this.#transport.terminateSession().catch(() => undefined);
    cancelLimit();
    await this.#disconnect();
  }

  async #disconnect(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#client.close();
  }
}
