import type { ToolCall, ToolContext, ToolOutcome, ToolRunner } from '../call/ports.js';
import type { Clock } from '../clock.js';
import type { AgentVersion } from '../directory/agent.js';
import { BridgeError } from '../errors.js';
import type { Logger } from '../log.js';
import { attempts } from './attempts.js';
import { withinBudget } from './budget.js';
import { CallMemory } from './call-memory.js';
import { findTool } from './catalog.js';
import { Circuits } from './circuits.js';
import { failure, reasonOf } from './failure.js';
import { guarded, guardedFailure } from './guarded.js';
import { checkedInput } from './input.js';
import type { Guard, Runnable, ToolInput, ToolPorts, ToolWaits } from './ports.js';
import { noteRun } from './run-log.js';
import { runnable } from './runnable.js';
import { InputSchemas } from './schema.js';
import { spokenSize } from './spoken-size.js';
import { WaitStatistics } from './waits.js';

export interface ToolBeltOptions {
  clock: Clock;
  log: Logger;
  ports: ToolPorts;
  /** The guard of an agent that names one. */
  guardOf?: (agent: AgentVersion) => Guard | undefined;
}

/** Failures that say nothing about how long a tool takes, because nothing was asked or nobody waited. */
const NO_WAIT = ['aborted', 'circuit-open', 'not-configured'];

/**
 * Runs the tools of agents, all kinds alike: find, check the input, ask within the time budget, make the answer fit to
 * be spoken about. The model always gets an outcome, in words, whatever goes wrong.
 */
export class ToolBelt implements ToolRunner {
  readonly #options: ToolBeltOptions;
  readonly #memory = new CallMemory();
  readonly #schemas = new InputSchemas();
  readonly #waits = new WaitStatistics();
  readonly #circuits: Circuits;

  constructor(options: ToolBeltOptions) {
    const { clock, log } = options;
    this.#options = options;
    this.#circuits = new Circuits(clock, (target, circuit) => log.warn({ target, circuit }, 'tool target changed'));
  }

  /** How long each tool keeps callers waiting. */
  get waits(): ToolWaits {
    return this.#waits;
  }

  run(call: ToolCall, context: ToolContext): Promise<ToolOutcome> {
    return this.#memory.once(context.callSid, call.callId, context.callOver, () => this.#answer(call, context));
  }

  async #answer(call: ToolCall, context: ToolContext): Promise<ToolOutcome> {
    const { clock, log, ports } = this.#options;
    const { callSid, agent } = context;
    const startMs = clock.now();
    let kind = 'unknown';
    const note = (outcome: ToolOutcome['kind'], error?: unknown) =>
      noteRun(log, { callSid, tool: call.name, kind, durationMs: clock.now() - startMs, outcome }, error);
    try {
      const named = findTool(agent, ports.mcp, call.name);
      if (!named) throw new BridgeError('TOOL_UNKNOWN', `there is no tool "${call.name}"`);
      const tool = runnable(named, ports, clock);
      kind = tool.kind;
      const input = checkedInput(call.input, tool.inputSchema, this.#schemas);
      const outcome = await this.#timed(tool, context, () => this.#runWithinBudget(tool, input, context));
      note(outcome.kind);
      return outcome;
    } catch (error) {
      note('failed', error);
      return failure(error);
    }
  }

  async #timed(tool: Runnable, { agent }: ToolContext, run: () => Promise<ToolOutcome>): Promise<ToolOutcome> {
    const { clock } = this.#options;
    const startMs = clock.now();
    const count = () => this.#waits.add(agent.id, tool.name, clock.now() - startMs);
    try {
      const outcome = await run();
      count();
      return outcome;
    } catch (error) {
      const isInput = error instanceof BridgeError && error.code === 'TOOL_INPUT_INVALID';
      if (!isInput && !NO_WAIT.includes(reasonOf(error) ?? '')) count();
      throw error;
    }
  }

  #runWithinBudget(tool: Runnable, input: ToolInput, context: ToolContext): Promise<ToolOutcome> {
    const { clock, guardOf } = this.#options;
    const { callSid, agent, signal, callOver } = context;
    const { name, timeoutMs, isReadOnly, target } = tool;
    const callCount = this.#memory.countRun(callSid, name, callOver);
    return withinBudget({ clock, timeoutMs, signal, name }, async (limit) => {
      const ask = () => tool.run(input, { ...context, signal: limit, callCount });
      const guard = guardOf?.(agent);
      const outcome = await attempts({ clock, timeoutMs, isReadOnly, limit }, () =>
        target === undefined ? ask() : this.#circuits.pass(target, limit, ask),
      ).catch(async (error: unknown) => {
        throw guard ? await guardedFailure(error, guard, limit) : error;
      });
      const spoken = { ...outcome, output: spokenSize(outcome.output) };
      return guard ? guarded(spoken, guard, limit) : spoken;
    });
  }
}
