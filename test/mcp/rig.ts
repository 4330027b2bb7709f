import { onTestFinished } from 'vitest';
import type { McpServerOptions } from '../../src/emulator/mcp/contract.js';
import { createLog } from '../../src/log.js';
import { type McpServersOptions, mcpServers } from '../../src/mcp/mcp-servers.js';
import type { McpServer } from '../../src/mcp/server.js';
import { standIn } from '../emulator/mcp/client.js';
import { TimerClock } from '../emulator/mcp/timer-clock.js';

export const text = (words: string) => ({ type: 'text', text: words });
export const inputSchema = { type: 'object' };
/** Answers with the input that it was given. */
export const echo = {
  name: 'orders___echo',
  description: 'Repeats.',
  inputSchema,
  answer: (input: object) => ({ content: [text(JSON.stringify(input))] }),
};

/** The bridge's side alone, closed after the test. */
export function bridge(options: Partial<McpServersOptions> = {}) {
  const clock = new TimerClock();
  const lines: Record<string, unknown>[] = [];
  const log = createLog('info', { write: (line) => lines.push(JSON.parse(line)) });
  const servers = mcpServers({ authorization: async () => undefined, clock, log, ...options });
  onTestFinished(() => servers.close());
  return { servers, clock, lines };
}

/** A stand-in and the bridge's side of it; both with clocks that stand still. */
export async function rig(standInOptions: McpServerOptions = {}, options: Partial<McpServersOptions> = {}) {
  const remote = await standIn({ tools: [echo], ...standInOptions });
  const parts = bridge(options);
  const server: McpServer = { url: remote.url, allow: [], auth: { kind: 'none' } };
  const abort = new AbortController();
  return {
    ...parts,
    remote,
    server,
    abort,
    call: (name: string, input: object = {}, more: { trace?: Record<string, string> } = {}) =>
      parts.servers.call(server, name, input, { signal: abort.signal, ...more }),
  };
}

export const isRpc = (method: string) => (request: { rpc: string | undefined }) => request.rpc === method;
export const isCall = isRpc('tools/call');
export const isList = isRpc('tools/list');
