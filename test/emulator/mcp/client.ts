import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { onTestFinished } from 'vitest';
import type { McpServerOptions } from '../../../src/emulator/mcp/contract.js';
import { startMcpServer } from '../../../src/emulator/mcp/server.js';

/** The stand-in, closed after the test. */
export async function standIn(options: McpServerOptions = {}) {
  const server = await startMcpServer(options);
  onTestFinished(() => server.close());
  return server;
}

/** The SDK's own client with a session at the stand-in. */
export async function connected(url: string, headers: Record<string, string> = {}) {
  const client = new Client({ name: 'test', version: '1' });
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
  onTestFinished(() => client.close());
  await client.connect(transport as Transport);
  return { client, transport };
}

/** A request by hand, with what the transport asks for unless said otherwise. */
export function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

export const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'hand', version: '1' } },
};
