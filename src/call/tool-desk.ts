import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../errors.js';
import { redactedFields } from '../redaction.js';
import type { ToolCall, ToolContext, ToolOutcome, ToolRunner, WantedRun } from './ports.js';
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
  readonly call: ToolCall;
  /** As the tools know the run: of one that joined another, the id of that one. */
  readonly runId: string;
  /** When that run began, in ms of the call. */
  readonly runStartMs: number;
  readonly isReadOnly: boolean;
  /** Of the caller, counted: in which it was asked for. */
  readonly turn: number;
  readonly abort: AbortController;
  /** Lets the caller hear that it works; undefined: it works in silence. */
  readonly sound: (() => void) | undefined;
  readonly finish: (outcome: ToolOutcome) => void;
}

/**
 * Where a call's tools are run and written down. What comes too late for the call, or for a newer turn of it, is recorded as
 * aborted; what an agent had other tools do until then is told right after that, as soon as its run has given up.
 */
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
    const joined = this.#supersede(call);
    const tool = tools.about(context.agent, call.name);
    const wait = tool?.waitSound;
    const sound = wait ? () => waits(wait.clip) : undefined;
    const startMs = Math.round(callMs());
    const record: ToolCallRecord = {
      id: call.callId,
      name: call.name,
      kind: tool?.kind ?? 'unknown',
      input: redactedFields(call.input ?? (call.rawInput === undefined ? {} : { text: call.rawInput })),
      output: {},
      startMs,
      durationMs: 0,
      outcome: 'running',
    };
    report(record);
    const cancelWait = wait && sound ? after(wait.afterMs, sound) : () => undefined;
    let cutOff: ToolCallRecord | undefined;
    const finish = (outcome: ToolOutcome) => {
      if (!this.#running.delete(running)) return;
      cancelWait();
      // Counted to a whole moment: what begins in the moment in which this ends does not overlap with it.
      const durationMs = Math.round(callMs()) - startMs;
      const ended = { ...record, ...recorded(outcome, running.runStartMs), durationMs };
      report(ended);
      // A run that another joined is not cut off: what it has done is on record of that one.
      if (signal.aborted) cutOff = ended;
      if (!callOver.aborted) answered(outcome);
    };
    // Nobody takes the outcome any more, and what the run had done is on record all the same.
    const late = (outcome: ToolOutcome) => {
      const wanted = wantedOf(outcome, running.runStartMs);
      if (cutOff && wanted) report({ ...cutOff, wanted });
    };
    const running: Running = {
      call,
      runId: joined?.runId ?? call.callId,
      runStartMs: joined?.runStartMs ?? startMs,
      isReadOnly: tool?.isReadOnly ?? false,
      turn: this.#turn,
      abort: joined?.abort ?? new AbortController(),
      sound,
      finish,
    };
    this.#running.add(running);
    const { signal } = running.abort;
    signal.addEventListener('abort', () => finish(callOver.aborted ? CALL_OVER : SUPERSEDED), { once: true });
    void tools
      .run({ ...call, callId: running.runId }, { ...context, signal, callOver })
      .catch(
        (error: unknown): ToolOutcome => ({
          kind: 'failed',
          code: 'TOOL_FAILED',
          output: { error: messageOf(error) },
        }),
      )
      .then((settledAs) => {
        if (callOver.aborted) return late(settledAs);
        settled({ kind: 'toolSettled', run, outcome: settledAs }, ({ outcome }) => {
          if (cutOff) late(outcome);
          else finish(outcome.kind === 'handoff' && !mayDial(outcome.to) ? NOT_DIALLED : outcome);
        });
      });
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

  /**
   * The caller has gone on meanwhile, and the model asks the same tool again. What was only looked up before is moot, and
   * given up. What acts goes on, as half of it may be done; the very same request is not made twice: the run is answered
   * for the newer call, which joins it.
   */
  #supersede(call: ToolCall): Running | undefined {
    let joined: Running | undefined;
    for (const running of [...this.#running]) {
      if (running.call.name !== call.name || running.turn === this.#turn) continue;
      if (running.isReadOnly) {
        running.abort.abort();
      } else if (isDeepStrictEqual(running.call.input, call.input)) {
        joined = running;
        running.finish(SUPERSEDED);
      }
    }
    return joined;
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

/** `startMs`: when the run began. */
function recorded(outcome: ToolOutcome, startMs: number): Partial<ToolCallRecord> {
  const output = redactedFields(outcome.output);
  if (outcome === CALL_OVER || outcome === SUPERSEDED) return { output, outcome: 'aborted' };
  const wanted = wantedOf(outcome, startMs);
  if (outcome.kind !== 'failed') return { output, outcome: 'answered', ...(wanted && { wanted }) };
  const { code, why } = outcome;
  return { output, outcome: 'failed', code, ...(why && { why }), ...(wanted && { wanted }) };
}

function wantedOf(outcome: ToolOutcome, startMs: number): WantedRun[] | undefined {
  return 'wanted' in outcome ? outcome.wanted.map((run) => recordedRun(run, startMs)) : undefined;
}

/** The run as it may be kept, without secrets; `wantedAtMs`: when the run began that wanted it. */
export function recordedRun(run: WantedRun, wantedAtMs = 0): WantedRun {
  const { input, output, startMs } = run;
  return { ...run, input: redactedFields(input), output: redactedFields(output), startMs: wantedAtMs + startMs };
}

/** How the call is to end after the last words, when the tool asked for that. */
export function endAskedBy(outcome: ToolOutcome): { last?: { reason: EndReason; next: AfterStream } } {
  if (outcome.kind === 'hang-up') return { last: { reason: 'agent-hung-up', next: { kind: 'hang-up' } } };
  if (outcome.kind !== 'handoff') return {};
  return { last: { reason: 'transferred', next: { kind: 'dial', to: outcome.to, warm: outcome.warm } } };
}
