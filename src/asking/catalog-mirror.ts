import type { Clock } from '../clock.js';
import { allowedTools, type McpTool } from '../mcp/listed-tools.js';
import type { McpServers } from '../mcp/mcp-servers.js';
import { keyOf, type McpServer } from '../mcp/server.js';
import { arrived, type CarriedError } from './carried-error.js';

/** What a server was found to offer, or why it could not be listed and for how long already. */
export type ListedServer = { readonly key: string } & (
  | { readonly tools: readonly McpTool[] }
  | { readonly trouble: { readonly error: CarriedError; readonly sinceMs: number } }
);

/** A server of which the tools are asked for is looked at no more often than this, in ms. */
const LOOKED_AT_EVERY_MS = 1000;

interface Known {
  tools: readonly McpTool[];
  /** By the clock here. */
  trouble?: { readonly error: Error; readonly sinceMs: number } | undefined;
  lookedAtMs: number;
}

/** What MCP servers offer, where it is needed at once, as far as it was told from where they are listed. */
export class CatalogMirror implements Pick<McpServers, 'toolsOf' | 'problemOf'> {
  readonly #clock: Clock;
  readonly #used: (server: McpServer) => void;
  readonly #known = new Map<string, Known>();

  /** `used` has the list of a server renewed if it is old. */
  constructor(clock: Clock, used: (server: McpServer) => void) {
    this.#clock = clock;
    this.#used = used;
  }

  listed(listed: ListedServer): void {
    const known = this.#of(listed.key);
    if ('tools' in listed) {
      known.tools = listed.tools;
      known.trouble = undefined;
      return;
    }
    const { error, sinceMs } = listed.trouble;
    known.trouble = { error: arrived(error), sinceMs: this.#clock.now() - sinceMs };
  }

  toolsOf(server: McpServer): readonly McpTool[] {
    const known = this.#of(keyOf(server));
    const nowMs = this.#clock.now();
    if (nowMs - known.lookedAtMs >= LOOKED_AT_EVERY_MS) {
      known.lookedAtMs = nowMs;
      this.#used(server);
    }
    return allowedTools(known.tools, server.allow);
  }

  problemOf(server: McpServer) {
    const { trouble } = this.#of(keyOf(server));
    return trouble && { error: trouble.error, sinceMs: this.#clock.now() - trouble.sinceMs };
  }

  #of(key: string): Known {
    const known = this.#known.get(key) ?? { tools: [], lookedAtMs: Number.NEGATIVE_INFINITY };
    this.#known.set(key, known);
    return known;
  }
}
