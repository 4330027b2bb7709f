import { createHmac } from 'node:crypto';
import type { ForgottenMemory } from '../call/call-store.js';
import type { CallEvent, CallListener } from '../call/events.js';
import type { Turn } from '../call/record.js';
import { type Clock, pause } from '../clock.js';
import type { AgentVersion } from '../directory/agent.js';
import { isValidE164 } from '../directory/dialling.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../log.js';

/** What is known of people from earlier calls. */
export interface Memory {
  recall(
    memory: { memoryId: string; namespace: string },
    actorId: string,
    options: { query: string; maxResults: number; signal: AbortSignal },
  ): Promise<readonly string[]>;
  remember(
    memory: { memoryId: string; namespace: string },
    event: {
      actorId: string;
      sessionId: string;
      role: 'caller' | 'agent';
      text: string;
      atMs: number;
      signal: AbortSignal;
    },
  ): Promise<void>;
  forget(
    memory: { memoryId: string; namespace: string },
    actorId: string,
    signal: AbortSignal,
  ): Promise<{ events: number; records: number }>;
}

export interface CallerMemoryOptions {
  memory: Memory;
  findAgent: (id: string, version: number) => AgentVersion | undefined;
  /** Makes the hash of a caller's number this bridge's own. */
  secretsKey: string;
  clock: Clock;
  log: Logger;
}

export interface CallerMemory {
  /** Facts for the system prompt, within the agent's limit. Never rejects, and takes half a second at most. */
  recall(agent: AgentVersion, caller: string): Promise<readonly string[]>;
  /**
   * Deletes what these memories keep of a person, as far as it can be done within a few seconds for each. Never rejects: what
   * failed can be asked for again.
   */
  forget(memories: readonly NonNullable<AgentVersion['memory']>[], caller: string): Promise<ForgottenMemory[]>;
  /** Writes each finished turn. */
  readonly listener: CallListener;
  /** Waits for what is being written, two seconds at most: what a memory has not taken by then is lost. Never rejects. */
  close(): Promise<void>;
}

/** The caller hears ringing or the notice meanwhile; an answer later than this goes without what is remembered. */
export const RECALL_LIMIT_MS = 500;
const REMEMBER_LIMIT_MS = 10_000;
/** Of one memory; somebody waits for the answer. */
const FORGET_LIMIT_MS = 15_000;
/** A bridge that stops has more to do than this. */
export const CLOSE_LIMIT_MS = 2000;
const MAX_FACTS = 20;
const QUERY = 'Who the caller is, what they want and prefer, and what was agreed in earlier calls.';

interface FollowedCall {
  readonly memory: NonNullable<AgentVersion['memory']>;
  readonly actorId: string;
  /** The newest turn of each side, which may still grow: what the agent was heard to say is known when it was cut. */
  readonly open: Map<Turn['role'], OpenTurn>;
}

interface OpenTurn {
  readonly index: number;
  readonly turn: Turn;
  /** When it began, since the epoch. */
  readonly atMs: number;
}

/** What an agent remembers of its callers: read while the telephone rings, written turn by turn. */
export function callerMemory(options: CallerMemoryOptions): CallerMemory {
  const { memory, findAgent, secretsKey, clock, log } = options;
  const calls = new Map<string, FollowedCall>();
  const writing = new Set<Promise<void>>();

  const actorOf = (caller: string, isHashed: boolean) =>
    isHashed ? createHmac('sha256', secretsKey).update(`oratio caller ${caller}`).digest('hex').slice(0, 32) : caller;

  const within = async <Result>(limitMs: number, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> => {
    const limit = new AbortController();
    let cancel = (): void => undefined;
    const late = new Promise<never>((_resolve, reject) => {
      cancel = clock.after(limitMs, () => {
        reject(new Error(`no answer in ${limitMs} ms`));
        limit.abort();
      });
    });
    try {
      return await Promise.race([work(limit.signal), late]);
    } finally {
      cancel();
    }
  };

  const write = (callSid: string, { memory: target, actorId }: FollowedCall, { turn, atMs }: OpenTurn) => {
    const text = turn.role === 'agent' ? turn.heardText : turn.text;
    if (text === '' || turn.sensitive || turn.filtered) return;
    const event = { actorId, sessionId: callSid, role: turn.role, text, atMs };
    const written = within(REMEMBER_LIMIT_MS, (signal) => memory.remember(target, { ...event, signal }))
      .catch((error: unknown) => log.warn({ callSid, reason: messageOf(error) }, 'turn not written to memory'))
      .finally(() => writing.delete(written));
    writing.add(written);
  };

  /** A turn of the caller is finished when the next one begins, a turn of the agent with the agent's next one. */
  const changed = (callSid: string, call: FollowedCall, next: OpenTurn) => {
    const { role } = next.turn;
    for (const [side, open] of call.open) {
      if (open.index >= next.index || (side === 'agent' && role === 'caller')) continue;
      write(callSid, call, open);
      call.open.delete(side);
    }
    const newest = call.open.get(role)?.index ?? next.index;
    if (newest <= next.index) call.open.set(role, next);
  };

  const begin = (event: Extract<CallEvent, { kind: 'rang' | 'takenUp' }>) => {
    const { callSid, agentId, agentVersion, direction, from, to } = event;
    const agent = agentId !== null && agentVersion !== null ? findAgent(agentId, agentVersion) : undefined;
    const caller = direction === 'outbound' ? to : from;
    if (!agent?.memory || !isValidE164(caller)) return;
    calls.set(callSid, {
      memory: agent.memory,
      actorId: actorOf(caller, agent.memory.hashCaller),
      open: new Map(),
    });
  };

  return {
    async recall({ memory: target }, caller) {
      if (!target || !isValidE164(caller)) return [];
      try {
        const found = await within(RECALL_LIMIT_MS, (signal) =>
          memory.recall(target, actorOf(caller, target.hashCaller), { query: QUERY, maxResults: MAX_FACTS, signal }),
        );
        return fitting(found, target.maxCharacters);
      } catch (error) {
        log.warn({ reason: messageOf(error) }, 'call begins without what is remembered of the caller');
        return [];
      }
    },

    async forget(memories, caller) {
      if (!isValidE164(caller)) return [];
      const targets = new Map(
        memories.map((target) => {
          const actorId = actorOf(caller, target.hashCaller);
          return [`${target.memoryId} ${target.namespace} ${actorId}`, { target, actorId }];
        }),
      );
      return Promise.all(
        [...targets.values()].map(async ({ target, actorId }) => {
          const { memoryId } = target;
          try {
            const found = await within(FORGET_LIMIT_MS, (signal) => memory.forget(target, actorId, signal));
            return { memoryId, ...found, failure: null };
          } catch (error) {
            log.warn({ memoryId, reason: messageOf(error) }, 'a person could not be forgotten in a memory');
            return { memoryId, events: 0, records: 0, failure: messageOf(error) };
          }
        }),
      );
    },

    listener(event, wallTimeMs) {
      if (event.kind === 'rang' || (event.kind === 'takenUp' && event.state !== 'ended')) begin(event);
      const call = calls.get(event.callSid);
      if (!call) return;
      if (event.kind === 'turnChanged') {
        const { callSid, index, turn, atMs } = event;
        changed(callSid, call, { index, turn, atMs: wallTimeMs - atMs + turn.startMs });
      }
      if (event.kind === 'ended' || event.kind === 'handedOver') {
        for (const open of call.open.values()) write(event.callSid, call, open);
        calls.delete(event.callSid);
      }
    },

    async close() {
      if (writing.size === 0) return;
      const limit = new AbortController();
      await Promise.race([Promise.all(writing), pause(clock, CLOSE_LIMIT_MS, limit.signal)]);
      limit.abort();
      if (writing.size > 0) log.warn({ turnCount: writing.size }, 'turns not written to memory before the end');
    },
  };
}

/** The best facts that fit, whole. */
function fitting(facts: readonly string[], maxCharacters: number): string[] {
  let left = maxCharacters;
  return facts.filter((fact) => {
    if (fact.length > left) return false;
    left -= fact.length;
    return true;
  });
}
