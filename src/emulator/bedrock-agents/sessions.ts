import type { Clock } from '../../clock.js';
import type { AgentAnswer, AgentScript } from './script.js';

/** A session as tests see it. */
export interface AgentSession {
  readonly agentId: string;
  readonly agentAliasId: string;
  readonly id: string;
  readonly count: number;
  readonly attributes: Readonly<Record<string, string>>;
  /** Undefined while it runs; an end by time is noticed by the next request for it. */
  readonly endedBy: 'client' | 'idle' | undefined;
}

export type PendingControl = NonNullable<AgentAnswer['returnControl']> & { invocationId: string };

const DEFAULT_IDLE_MS = 600_000;

export class LiveAgentSession implements AgentSession {
  readonly agentId: string;
  readonly agentAliasId: string;
  readonly id: string;
  count = 0;
  attributes: Readonly<Record<string, string>> = {};
  endedBy: AgentSession['endedBy'];
  /** What the agent waits for the client to do. */
  pending: PendingControl | undefined;
  usedAtMs: number;

  constructor({ agentId, agentAliasId }: AgentScript, id: string, nowMs: number) {
    this.agentId = agentId;
    this.agentAliasId = agentAliasId;
    this.id = id;
    this.usedAtMs = nowMs;
  }
}

/** All sessions since the start, oldest first. */
export class AgentSessions {
  readonly all: LiveAgentSession[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The running session of this id, or a new one. */
  open(script: AgentScript, id: string): LiveAgentSession {
    const nowMs = this.#clock.now();
    const found = this.all.find(
      (session) =>
        session.id === id &&
        session.agentId === script.agentId &&
        session.agentAliasId === script.agentAliasId &&
        session.endedBy === undefined,
    );
    if (found && nowMs - found.usedAtMs < (script.idleMs ?? DEFAULT_IDLE_MS)) {
      found.usedAtMs = nowMs;
      return found;
    }
    if (found) found.endedBy = 'idle';
    const session = new LiveAgentSession(script, id, nowMs);
    this.all.push(session);
    return session;
  }
}
