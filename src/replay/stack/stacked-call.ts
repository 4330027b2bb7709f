import type { Clock } from '../../clock.js';
import type { AgentInput } from '../../directory/agent.js';
import type { ModelSession, SessionEvent } from '../../emulator/bedrock/model-session.js';
import type { SessionInfo } from '../../emulator/bedrock/server.js';
import { BridgeError } from '../../errors.js';
import { AFTERMATH_LIMIT_MS } from '../ended-record.js';
import type { Fixture } from '../fixture/fixture.js';
import { pauseUntil } from '../moments.js';
import type { HistoryTurn } from '../replayed-call.js';
import type { ModelNews } from '../runner.js';
import type { Filling, LocalServices } from './local-services.js';

/**
 * Pause that ends the caller's turn at the local model, in ms. The service waits 1.5 to 2 s; recorded calls have no pauses as
 * long as this inside an utterance, and nobody wants to wait for the rest.
 */
export const ENDPOINTING_MS = 800;

/** One call of a fixture on the local stack, found again at the model by a marker at the end of its system prompt. */
export class StackedCall {
  readonly fixture: Fixture;
  readonly marker: string;
  readonly #tell: (news: ModelNews) => void;
  readonly #sessions: ModelSession[] = [];
  /** Of an agent that has no marker. */
  #ownPrompt: string | undefined;

  constructor(fixture: Fixture, number: number, tell: (news: ModelNews) => void) {
    this.fixture = fixture;
    this.marker = `(replay ${number})`;
    this.#tell = tell;
  }

  /** The fixture's agent as it answers this call, with what its services answer put in place. Rejects with `FIXTURE_INVALID`. */
  async agent(services: LocalServices, fill: Filling): Promise<AgentInput> {
    const { agent, call, services: answers } = this.fixture;
    if (!agent) throw notHere(call.agent);
    const own = { run: this.marker, caller: call.from, services: answers };
    const served = await services.serve(agent.agent, own, fill);
    return { ...served, systemPrompt: `${served.systemPrompt}\n\n${this.marker}` };
  }

  /** An agent of this bridge answers, as it is: the call is found at the model by the agent's prompt. */
  answeredBy(agent: { readonly systemPrompt: string } | undefined): void {
    if (!agent) throw notHere(this.fixture.call.agent);
    this.#ownPrompt = agent.systemPrompt;
  }

  /** Whether the model was told this for this call. */
  has(systemPrompt: string): boolean {
    if (this.#ownPrompt !== undefined) return systemPrompt.startsWith(this.#ownPrompt);
    return markerIn(systemPrompt) === this.marker;
  }

  /** What the model was told before each of its streams. */
  get prompts(): string[] {
    return this.#sessions.map(({ systemPrompt }) => systemPrompt);
  }

  /** What the model was told, before each of its streams, of what was said before. */
  get histories(): HistoryTurn[][] {
    return this.#sessions.map(({ history }) =>
      history.map(({ role, text }) => ({ role: role === 'USER' ? 'caller' : 'agent', text })),
    );
  }

  /** A stream to the model has this call's prompt: follows it, and answers the lines it is to say. */
  joined(sessions: readonly ModelSession[], info: SessionInfo): Fixture['model'] {
    const session = sessions.findLast((each) => each.systemPrompt === info.systemPrompt);
    if (session && !this.#sessions.includes(session)) {
      this.#sessions.push(session);
      const names = new Map<string, string>();
      session.listen((event) => this.#hear(event, names));
    }
    return this.fixture.model;
  }

  async leftOpen(clock: Clock): Promise<string[]> {
    const limit = new AbortController();
    const closing = Promise.all(this.#sessions.map((session) => session.closed)).then(() => limit.abort());
    await pauseUntil(clock, clock.now() + AFTERMATH_LIMIT_MS, limit.signal);
    const open = this.#sessions.filter((session) => session.endedBy === undefined);
    if (open.length === 0) await closing;
    return open.map(
      (session) => `the stream ${session.sessionId} is still open ${AFTERMATH_LIMIT_MS} ms after the call`,
    );
  }

  #hear(event: SessionEvent, names: Map<string, string>): void {
    switch (event.kind) {
      case 'toolCalled':
        names.set(event.toolUseId, event.name);
        this.#tell({ kind: 'toolCalled', name: event.name });
        break;
      case 'toolAnswered':
        this.#tell({ kind: 'toolAnswered', name: names.get(event.toolUseId) ?? '' });
        break;
      case 'interrupted':
        this.#tell({ kind: 'interrupted' });
        break;
      case 'violated':
        this.#tell({ kind: 'violated', message: `${event.message} (${event.detail})` });
        break;
    }
  }
}

function notHere(agent: string): BridgeError {
  const message = `${agent} is the id of an agent on another bridge; here there are agents of fixtures/agents, and those of this bridge`;
  return new BridgeError('FIXTURE_INVALID', message);
}

/** The marker in a system prompt, wherever in it. */
export function markerIn(systemPrompt: string): string | undefined {
  return /\(replay \d+\)/.exec(systemPrompt)?.[0];
}
