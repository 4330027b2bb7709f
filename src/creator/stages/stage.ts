import type { z } from 'zod';
import { BridgeError } from '../../errors.js';
import type { Finding } from '../artefacts.js';
import type { Author } from '../author.js';
import type { Document } from '../documents.js';
import type { CreatorJob } from '../job.js';
import type { Made } from '../made.js';
import type { MetaAgent } from '../meta-agent.js';
import type { AgentWriter, Gates, Rehearsal } from '../ports.js';
import type { StagePrompt } from '../prompts/prompt.js';
import { NO_USAGE, type Usage } from '../usage.js';

/** What stages work with. */
export interface StageParts {
  /** The model that parses, plans, writes and reviews: `converseAuthor`. */
  readonly author: Author;
  /** With it, a pre-deployed AgentCreator makes code and prompts instead. */
  readonly metaAgent?: MetaAgent | undefined;
  readonly gates: Gates;
  /** In the order of running; each plays all scenarios. */
  readonly rehearsals: readonly Rehearsal[];
  readonly writer: AgentWriter;
  /** Ids of the voices that the agent may have. */
  readonly voices: readonly string[];
}

export interface StageContext {
  readonly job: CreatorJob;
  /** Of the stages before. */
  readonly made: Made;
  /** From 1. */
  readonly round: number;
  readonly parts: StageParts;
  readonly signal: AbortSignal;
}

/** What is kept of a stage that is done. */
export interface StageResult {
  readonly output: unknown;
  readonly findings: readonly Finding[];
  readonly usage: Usage;
  readonly repairs: number;
  readonly modelId: string | null;
  readonly promptVersion: string | null;
}

export type Stage = (context: StageContext) => Promise<StageResult>;

/** A stage that asks the model once: what it is told, what it reads, and what its answer has to be. */
export interface AskedStage<Value> {
  readonly prompt: StagePrompt;
  readonly tool: { readonly name: string; readonly description: string };
  readonly schema: (context: StageContext) => z.ZodType<Value>;
  readonly documents: (context: StageContext) => readonly Document[];
  /** What else has to be so. */
  readonly verify?: (value: Value, context: StageContext) => readonly Finding[];
  /** What can be done when question or answer are too long for the model. */
  readonly ifTooLong?: (context: StageContext) => string;
  /** What is kept, if it is not the answer itself. */
  readonly output?: (value: Value, context: StageContext) => unknown;
}

export function asked<Value>(stage: AskedStage<Value>): Stage {
  const { prompt, tool, schema, documents, verify, ifTooLong, output = (value) => value } = stage;
  return async (context) => {
    const { author } = context.parts;
    const { value, findings, usage, repairs } = await author.ask<Value>({
      prompt: prompt.text,
      documents: documents(context),
      tool,
      schema: schema(context),
      verify: verify && ((answer) => verify(answer, context)),
      ifTooLong: ifTooLong?.(context),
      signal: context.signal,
    });
    const { modelId } = author;
    return { output: output(value, context), findings, usage, repairs, modelId, promptVersion: prompt.version };
  };
}

/** The result of a stage that asks no model of ours. */
export function unasked(result: { output: unknown; findings?: readonly Finding[]; usage?: Usage }): StageResult {
  return { findings: [], usage: NO_USAGE, repairs: 0, modelId: null, promptVersion: null, ...result };
}

/** What an earlier stage has to have made. Throws INTERNAL: the order of the stages sees to it. */
export function needed<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new BridgeError('INTERNAL', `The ${what} of an earlier stage cannot be read.`);
  return value;
}
