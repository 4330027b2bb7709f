import type { AgentVersion } from '../directory/agent.js';
import { isNamed, type Tool } from '../directory/tool.js';
import { messageOf } from '../errors.js';
import { redactedFields } from '../redaction.js';
import type { ToolCall, ToolContext, ToolOutcome, ToolRunner } from './ports.js';
import type { EndReason, ToolCallRecord } from './record.js';
import type { AfterStream } from './state.js';
import type { CallInput } from './tape.js';

type ToolSettled = Extract<CallInput, { kind: 'toolSettled' }>;

/** The call that tools are run for, and what runs them; the signals are the desk's own. */
export interface ToolDeskOptions extends Omit<ToolContext, 'signal' | 'callOver'> {
  tools: ToolRunner;
  /** Whether the caller may be put through there. */
  mayDial: (to: string) => boolean;
  callMs: () => number;
  after: (ms: number, action: () => void) => () => void;
  /** A run has come to its outcome: an input of the call, to be acted on in its turn. */
  settled: (input: ToolSettled, act: (input: ToolSettled) => void) => void;
  /** The call of a tool as known now: running, then its outcome. */
  report: (toolCall: ToolCallRecord) => void;
  /** A tool has been running for so long that the caller should hear something. */
  waits: (clip: string | undefined) => void;
}

interface Running {
  readonly name: string;
  /** Of the caller, counted: in which it was asked for. */
  readonly turn: number;
  readonly abort: AbortController;
  /** Lets the caller hear that it works; undefined: it works in silence. */
  readonly sound: (() => void) | undefined;
}

/** Where a call's tools are run and written down. What comes too late for the call is recorded as aborted. */
export class ToolDesk {
  readonly #options: ToolDeskOptions;
  readonly #callOver = new AbortController();
  readonly #running = new Set<Running>();
  #turn = 0;
  #runCount = 0;

  constructor(options: ToolDeskOptions) {
    this.#options = options;
  }

  /** Another turn of the caller has begun: what is asked for again from now on replaces what still runs. */
  callerSpoke(): void {
    this.#turn++;
  }

  /** Starts the tool and returns; `answered` follows unless the call ends before. */
  run(call: ToolCall, answered: (outcome: ToolOutcome) => void): void {
    const { tools, mayDial, callMs, after, settled, report, waits, ...context } = this.#options;
    const callOver = this.#callOver.signal;
    const run = ++this.#runCount;
    this.#supersede(call.name);
    const tool = toolOf(context.agent, call.name);
    const wait = tool && 'waitSound' in tool ? tool.waitSound : false;
    const sound = wait ? () => waits(wait.clip) : undefined;
    const running: Running = { name: call.name, turn: this.#turn, abort: new AbortController(), sound };
    const { signal } = running.abort;
    this.#running.add(running);
    const startMs = Math.round(callMs());
    const record: ToolCallRecord = {
      id: call.callId,
      name: call.name,
      kind: tool?.kind ?? 'unknown',
      input: redactedFields(call.input ?? {}),
      output: {},
      startMs,
      durationMs: 0,
      outcome: 'running',
    };
    report(record);
    const cancelWait = wait && sound ? after(wait.afterMs, sound) : () => undefined;
    const finish = (outcome: ToolOutcome) => {
      if (!this.#running.delete(running)) return;
      cancelWait();
      // Counted to a whole moment: what begins in the moment in which this ends does not overlap with it.
      const durationMs = Math.round(callMs()) - startMs;
      const verdict = signal.aborted ? 'aborted' : outcome.kind === 'failed' ? 'failed' : 'answered';
      const code = verdict === 'failed' && outcome.kind === 'failed' ? { code: outcome.code } : {};
      report({ ...record, output: redactedFields(outcome.output), durationMs, outcome: verdict, ...code });
      if (!callOver.aborted) answered(outcome);
    };
    signal.addEventListener('abort', () => finish(callOver.aborted ? CALL_OVER : SUPERSEDED), { once: true });
    void tools
      .run(call, { ...context, signal, callOver })
      .catch(
        (error: unknown): ToolOutcome => ({
          kind: 'failed',
          code: 'TOOL_FAILED',
          output: { error: messageOf(error) },
        }),
      )
      .then((settledAs) =>
        settled({ kind: 'toolSettled', run, outcome: settledAs }, ({ outcome }) =>
          finish(outcome.kind === 'handoff' && !mayDial(outcome.to) ? NOT_DIALLED : outcome),
        ),
      );
  }

  /** The caller has heard nothing for too long: what was to be heard of the tools is heard now. */
  soundNow(): void {
    for (const { sound } of this.#running) sound?.();
  }

  /** Nobody waits for the tools any more. */
  close(): void {
    this.#callOver.abort();
    for (const { abort } of [...this.#running]) abort.abort();
  }

  /** The caller has gone on meanwhile, and the model asks the same tool again: what it asked before is moot. */
  #supersede(name: string): void {
    for (const running of [...this.#running]) {
      if (running.name === name && running.turn < this.#turn) running.abort.abort();
    }
  }
}

const CALL_OVER: ToolOutcome = { kind: 'failed', code: 'TOOL_FAILED', output: { error: 'the call is over' } };

const SUPERSEDED: ToolOutcome = {
  kind: 'answer',
  output: { status: 'superseded', advice: 'The tool has been called again since: wait for that answer.' },
};

const NOT_DIALLED: ToolOutcome = {
  kind: 'failed',
  code: 'DIAL_NOT_ALLOWED',
  output: {
    error: 'the person cannot be reached from here',
    advice: 'Tell the caller that you cannot put them through, and offer to help yourself.',
  },
};

/** Tools of MCP servers have names of their own, which only the servers know. */
function toolOf(agent: AgentVersion, name: string): Tool | undefined {
  const named = agent.tools.find((tool) => isNamed(tool) && tool.name.toLowerCase() === name.toLowerCase());
  return named ?? agent.tools.find((tool) => !isNamed(tool));
}

/** How the call is to end after the last words, when the tool asked for that. */
export function endAskedBy(outcome: ToolOutcome): { last?: { reason: EndReason; next: AfterStream } } {
  if (outcome.kind === 'hang-up') return { last: { reason: 'agent-hung-up', next: { kind: 'hang-up' } } };
  if (outcome.kind !== 'handoff') return {};
  return { last: { reason: 'transferred', next: { kind: 'dial', to: outcome.to, warm: outcome.warm } } };
}
