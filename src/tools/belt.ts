import type { KnownTool, ToolCall, ToolContext, ToolOutcome, ToolRunner } from '../call/ports.js';
import type { Clock } from '../clock.js';
import type { AgentVersion } from '../directory/agent.js';
import { BridgeError } from '../errors.js';
import type { Logger } from '../log.js';
import { attempts } from './attempts.js';
import { withinBudget } from './budget.js';
import { CallMemory } from './call-memory.js';
import { findTool, known } from './catalog.js';
import { Circuits } from './circuits.js';
import { failure } from './failure.js';
import { guarded, guardedFailure } from './guarded.js';
import { checkedInput } from './input.js';
import type { Guard, Runnable, ToolInput, ToolPorts, WantedAction } from './ports.js';
import { noteRun } from './run-log.js';
import { runnable } from './runnable.js';
import { InputSchemas } from './schema.js';
import { spokenSize } from './spoken-size.js';
import { WantedRuns, wantedDone } from './wanted.js';

export interface ToolBeltOptions {
  clock: Clock;
  log: Logger;
  ports: ToolPorts;
  /** The guard of an agent that names one. */
  guardOf?: (agent: AgentVersion) => Guard | undefined;
}

/**
 * Runs the tools of agents, all kinds alike: find, check the input, ask within the time budget, make the answer fit to
 * be spoken about. The model always gets an outcome, in words, whatever goes wrong.
 */
export class ToolBelt implements ToolRunner {
  readonly #options: ToolBeltOptions;
  readonly #memory = new CallMemory();
  readonly #schemas = new InputSchemas();
  readonly #circuits: Circuits;

  constructor(options: ToolBeltOptions) {
    const { clock, log } = options;
    this.#options = options;
    this.#circuits = new Circuits(clock, (target, circuit) => log.warn({ target, circuit }, 'tool target changed'));
  }

  about(agent: AgentVersion, name: string): KnownTool | undefined {
    const named = findTool(agent, this.#options.ports.mcp, name);
    return named && known(named);
  }

  run(call: ToolCall, context: ToolContext): Promise<ToolOutcome> {
    return this.#memory.once(context.callSid, call.callId, context.callOver, () => this.#answer(call, context));
  }

  async #answer(call: ToolCall, context: ToolContext): Promise<ToolOutcome> {
    const { clock, log, ports } = this.#options;
    const { callSid, agent } = context;
    const startMs = clock.now();
    let kind = 'unknown';
    const wanted = new WantedRuns(clock);
    const note = (outcome: ToolOutcome['kind'], error?: unknown) =>
      noteRun(log, { callSid, tool: call.name, kind, durationMs: clock.now() - startMs, outcome }, error);
    try {
      const named = findTool(agent, ports.mcp, call.name);
      if (!named) throw new BridgeError('TOOL_UNKNOWN', `there is no tool "${call.name}"`);
      const tool = runnable(named, ports, clock);
      kind = tool.kind;
      const input = checkedInput(call.input, tool.inputSchema, this.#schemas);
      const outcome = await this.#runWithinBudget(tool, input, context, wanted);
      note(outcome.kind);
      return wanted.on(outcome);
    } catch (error) {
      note('failed', error);
      return wanted.on(failure(error));
    }
  }

  /** Of an agent, not of the model: it has no id, and is run each time. */
  #runWanted({ name, input }: WantedAction, context: ToolContext): Promise<ToolOutcome> {
    return this.#answer({ callId: '', name, input }, context);
  }

  #runWithinBudget(tool: Runnable, input: ToolInput, context: ToolContext, runs: WantedRuns): Promise<ToolOutcome> {
    const { clock, ports, guardOf } = this.#options;
    const { callSid, agent, signal, callOver } = context;
    const { name, timeoutMs, isReadOnly, target } = tool;
    const callCount = this.#memory.countRun(callSid, name, callOver);
    const guard = guardOf?.(agent);
    let soFar: () => ToolOutcome | undefined = () => undefined;
    const partly = (read: typeof soFar) => {
      soFar = read;
    };
    const partial = () => {
      // There is no time left in which a guard could look it over.
      const outcome = guard ? undefined : soFar();
      return outcome && { ...outcome, output: spokenSize(outcome.output) };
    };
    return withinBudget({ clock, timeoutMs, signal, name, partial }, async (limit) => {
      const inner = { ...context, signal: limit };
      const doWanted = wantedDone(inner, ports.mcp, (action, kind) =>
        runs.note(action, kind, () => this.#runWanted(action, inner)),
      );
      const ask = () => tool.run(input, { ...inner, callCount, partly, doWanted });
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
