import { BridgeError, messageOf } from '../../errors.js';
import type { MakeOptions } from './make.js';
import { unzip } from './unzip.js';

/** What a bridge may take to make a fixture of a long call, in ms. */
const LIMIT_MS = 60_000;

/**
 * The fixture of a call as a running bridge makes it of its black box; `token` is one of a tester or more. Throws
 * `NOT_FOUND` with what the bridge says.
 */
export async function fixtureFromBridge(
  url: string,
  token: string,
  callSid: string,
  { redact, agent, stream }: MakeOptions,
): Promise<Map<string, Uint8Array>> {
  const base = url.replace(/\/+$/, '');
  const query = new URLSearchParams([
    ['stream', String(stream)],
    ...redact.map((text): [string, string] => ['redact', text]),
  ]);
  const address = `${base}/api/calls/${encodeURIComponent(callSid)}/fixture.zip?${query}`;
  const response = await fetch(address, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(LIMIT_MS),
  }).catch((error: unknown) => {
    throw new BridgeError('NOT_FOUND', `${base} does not answer: ${messageOf(error)}`, {}, { cause: error });
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  if (!response.ok) throw new BridgeError('NOT_FOUND', `${base} has no fixture of ${callSid}: ${reasonIn(bytes)}`);
  const files = new Map([...unzip(bytes)].map(([path, content]) => [path.slice(path.indexOf('/') + 1), content]));
  return agent === undefined ? files : withAgent(files, agent);
}

/** The same with an agent of `fixtures/agents` instead of the one of the call. */
function withAgent(files: Map<string, Uint8Array>, agent: string): Map<string, Uint8Array> {
  files.delete('agent.yaml');
  const call = Buffer.from(files.get('call.yaml') ?? '').toString();
  return files.set('call.yaml', Buffer.from(call.replace(/^agent: agent$/m, `agent: ${agent}`)));
}

/** Problem documents have it; anything else is shown as it begins. */
function reasonIn(bytes: Buffer): string {
  const text = bytes.toString();
  try {
    return (JSON.parse(text) as { detail?: string }).detail ?? text.slice(0, 200);
  } catch {
    return text.slice(0, 200);
  }
}
