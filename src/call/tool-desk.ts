import type { AgentVersion } from '../directory/agent.js';
import { messageOf } from '../errors.js';
import type { ToolCall, ToolOutcome, ToolRunner } from './ports.js';
import type { ToolCallRecord } from './record.js';

export interface ToolDeskOptions {
  callSid: string;
  agent: AgentVersion;
  tools: ToolRunner;
  callMs: () => number;
  /** The call of a tool as known now: running, then its outcome. */
  report: (toolCall: ToolCallRecord) => void;
}

/** Where a call's tools are run and written down. What comes too late for the call is recorded as aborted. */
export class ToolDesk {
  readonly #options: ToolDeskOptions;
  readonly #abort = new AbortController();

  constructor(options: ToolDeskOptions) {
    this.#options = options;
  }

  /** Starts the tool and returns; `answered` follows unless the call ends before. */
  run(call: ToolCall, answered: (outcome: ToolOutcome) => void): void {
    const { callSid, agent, tools, callMs, report } = this.#options;
    const { signal } = this.#abort;
    const startMs = callMs();
    const tool = agent.tools.find((each) => each.name.toLowerCase() === call.name.toLowerCase());
    const record: ToolCallRecord = {
      id: call.callId,
      name: call.name,
      kind: tool?.kind ?? 'unknown',
      input: call.input ?? {},
      output: {},
      startMs: Math.round(startMs),
      durationMs: 0,
      outcome: 'running',
    };
    report(record);
    const failed = (error: unknown): ToolOutcome => ({
      kind: 'failed',
      code: 'TOOL_FAILED',
      output: { error: messageOf(error) },
    });
    void tools
      .run(call, { callSid, agent, signal })
      .catch(failed)
      .then((outcome) => {
        const durationMs = Math.round(callMs() - startMs);
        const verdict = signal.aborted ? 'aborted' : outcome.kind === 'failed' ? 'failed' : 'answered';
        report({ ...record, output: outcome.output, durationMs, outcome: verdict });
        if (!signal.aborted) answered(outcome);
      });
  }

  /** Nobody waits for the tools any more. */
  close(): void {
    this.#abort.abort();
  }
}
