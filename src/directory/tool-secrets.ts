import type { AgentInput } from './agent.js';
import type { Tool, ToolAuth } from './tool.js';

/** What stands for a secret where agents are shown. Given back in a change, it means the secret that is there. */
export const HIDDEN_SECRET = '********';

type OAuth = Extract<ToolAuth, { kind: 'oauth' }>;

/** The agent with each secret of its tools replaced by what `change` makes of it. */
export function mapSecrets<Agent extends Pick<AgentInput, 'tools'>>(
  agent: Agent,
  change: (secret: string, tool: Tool, auth: OAuth) => string,
): Agent {
  const tools = agent.tools.map((tool): Tool => {
    const auth = oauthOf(tool);
    return auth ? ({ ...tool, auth: { ...auth, clientSecret: change(auth.clientSecret, tool, auth) } } as Tool) : tool;
  });
  return { ...agent, tools };
}

/** The agent as it may be shown. */
export function hideSecrets<Agent extends Pick<AgentInput, 'tools'>>(agent: Agent): Agent {
  return mapSecrets(agent, () => HIDDEN_SECRET);
}

/**
 * The agent after a change, with hidden secrets filled in from before, by tool and token URL: a secret is never sent to
 * where it was not meant for. Also answers the places of those that cannot be filled in.
 */
export function fillSecrets(
  after: AgentInput,
  before: AgentInput | undefined,
): { agent: AgentInput; missing: string[] } {
  const missing: string[] = [];
  const agent = mapSecrets(after, (secret, tool, auth) => {
    if (secret !== HIDDEN_SECRET) return secret;
    const known = before?.tools.find((each) => isSame(each, tool, auth));
    const kept = known && oauthOf(known)?.clientSecret;
    if (kept === undefined) missing.push(`tools.${after.tools.indexOf(tool)}.auth.clientSecret`);
    return kept ?? secret;
  });
  return { agent, missing };
}

function isSame(before: Tool, after: Tool, auth: OAuth): boolean {
  const earlier = oauthOf(before);
  return (
    before.kind === after.kind &&
    nameOf(before) === nameOf(after) &&
    earlier?.tokenUrl === auth.tokenUrl &&
    earlier.clientId === auth.clientId
  );
}

function nameOf(tool: Tool): string {
  return 'name' in tool ? tool.name : tool.url;
}

function oauthOf(tool: Tool): OAuth | undefined {
  return 'auth' in tool && tool.auth.kind === 'oauth' ? tool.auth : undefined;
}
