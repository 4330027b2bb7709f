import type { CallListener } from '../call/events.js';
import type { Clock } from '../clock.js';
import type { AgentVersion } from '../directory/agent.js';
import type { ToolOf } from '../directory/tool.js';
import { sessionIdOf } from './agent-answer.js';
import type { McpCatalog } from './ports.js';

/** A line that broke may come back: the sessions of its agents are kept for so long, in ms. */
export const SESSIONS_KEPT_MS = 60_000;

type RuntimeTarget = Pick<ToolOf<'agentcore'>, 'agentRuntimeArn' | 'qualifier' | 'auth'>;
type AgentTarget = Pick<ToolOf<'bedrock-agent'>, 'agentId' | 'agentAliasId'>;

export interface PrewarmOptions {
  findAgent: (id: string, version: number) => AgentVersion | undefined;
  /** Opens and closes the session of a call. None of these rejects. */
  runtimes: {
    warm(target: RuntimeTarget, sessionId: string): Promise<void>;
    stop(target: RuntimeTarget, sessionId: string): Promise<void>;
  };
  bedrockAgents: { end(target: AgentTarget, sessionId: string): Promise<void> };
  mcp: McpCatalog;
  /** Loads what the agent's tools would have to wait for when they are asked first. Never rejects. */
  load: (agent: AgentVersion) => Promise<void>;
  clock: Clock;
}

interface Sessions {
  readonly runtimes: readonly RuntimeTarget[];
  /** By the name of the tool, as far as they were asked. */
  readonly agents: ReadonlyMap<string, AgentTarget>;
  readonly asked: Set<string>;
  wasAnswered: boolean;
  cancelStop: () => void;
}

/** Opens the sessions of a call's agents while it rings, because a cold start costs seconds, and closes them after it. */
export function prewarm(options: PrewarmOptions): CallListener {
  const { findAgent, runtimes, bedrockAgents, mcp, load, clock } = options;
  const calls = new Map<string, Sessions>();

  const open = (callSid: string, agent: AgentVersion) => {
    if (calls.has(callSid)) return;
    void load(agent);
    const ofRuntimes = agent.tools.filter((tool) => tool.kind === 'agentcore');
    const ofAgents = agent.tools.filter((tool) => tool.kind === 'bedrock-agent');
    for (const { kind, ...tool } of agent.tools.filter((each) => each.kind === 'mcp')) mcp.toolsOf(tool);
    for (const target of ofRuntimes) void runtimes.warm(target, sessionIdOf(callSid));
    if (ofRuntimes.length + ofAgents.length === 0) return;
    calls.set(callSid, {
      runtimes: ofRuntimes,
      agents: new Map(ofAgents.map((tool) => [tool.name.toLowerCase(), tool])),
      asked: new Set(),
      wasAnswered: false,
      cancelStop: () => undefined,
    });
  };

  const close = (callSid: string, sessions: Sessions) => {
    calls.delete(callSid);
    for (const target of sessions.runtimes) void runtimes.stop(target, sessionIdOf(callSid));
    for (const name of sessions.asked) void bedrockAgents.end(sessions.agents.get(name)!, sessionIdOf(callSid));
  };

  return (event) => {
    const { callSid } = event;
    const isBeginning = event.kind === 'rang' || (event.kind === 'takenUp' && event.state !== 'ended');
    if (isBeginning && event.agentId !== null && event.agentVersion !== null) {
      const agent = findAgent(event.agentId, event.agentVersion);
      if (agent) open(callSid, agent);
    }
    const sessions = calls.get(callSid);
    if (!sessions) return;
    if (event.kind === 'toolChanged' && sessions.agents.has(event.toolCall.name.toLowerCase())) {
      sessions.asked.add(event.toolCall.name.toLowerCase());
    }
    if (event.kind === 'answered') {
      sessions.wasAnswered = true;
      sessions.cancelStop();
    }
    if (event.kind === 'handedOver') {
      // Its agents go on with their sessions there.
      sessions.cancelStop();
      calls.delete(callSid);
    }
    if (event.kind === 'ended') {
      sessions.cancelStop();
      // Nobody came for it here: another instance may carry the call, whose agents need their sessions. They end by themselves.
      if (!sessions.wasAnswered && event.endReason === 'failed') {
        calls.delete(callSid);
        return;
      }
      sessions.cancelStop = clock.after(SESSIONS_KEPT_MS, () => close(callSid, sessions));
    }
  };
}
