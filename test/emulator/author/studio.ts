import type { z } from 'zod';
import {
  agentCodeSchema,
  agentPromptSchema,
  codeReviewSchema,
  parsedSopSchema,
  planReviewSchema,
  planSchema,
  type RehearsedTurn,
  type Requirements,
  scenariosSchema,
  voicePersonalitySchema,
} from '../../../src/creator/artefacts.js';
import { findingsOfReading, requirementsOf } from '../../../src/creator/clauses.js';
import { coverageOf } from '../../../src/creator/coverage.js';
import { type Document, fenced, jsonDocument } from '../../../src/creator/documents.js';
import type { CreatorJob } from '../../../src/creator/job.js';
import type { MadeAgent } from '../../../src/creator/ports.js';
import { checksOf } from '../../../src/creator/rehearsal/checks.js';
import { type Block, playScenario } from '../../../src/creator/rehearsal/play.js';
import { rehearsalTools } from '../../../src/creator/rehearsal/tools.js';
import { findingsOfPlan } from '../../../src/creator/stages/draft-plan.js';
import { findingsOfScenarios } from '../../../src/creator/stages/write-scenarios.js';
import { author } from '../../../src/emulator/models/author/author.js';
import type { ConverseRequest, ConverseScript } from '../../../src/emulator/models/converse.js';

export const VOICES = ['tiffany', 'matthew', 'amy', 'olivia', 'tina', 'lennart', 'lupe', 'carlos'];
const JOB = { input: { sop: '', humanHandoffDescription: 'The desk: +14155550142.' } } as CreatorJob;
const answerOf = author();

const request = (parts: Partial<ConverseRequest>): ConverseRequest => ({
  modelId: 'us.amazon.nova-pro-v1:0',
  messages: [],
  system: '',
  toolNames: [],
  body: {},
  ...parts,
});

/** The author's answer without a server between. */
export async function answer(parts: Partial<ConverseRequest>): Promise<ConverseScript> {
  const script = await answerOf(request(parts), 1);
  if (!script) throw new Error('the author has not answered');
  return script;
}

export async function submit<Value>(
  tool: string,
  schema: z.ZodType<Value>,
  documents: readonly Document[],
): Promise<Value> {
  const content = [...documents.map((document) => ({ text: fenced(document) })), { text: `Call ${tool}.` }];
  const { toolUses } = await answer({ forcedTool: tool, toolNames: [tool], messages: [{ role: 'user', content }] });
  return schema.parse(toolUses?.[0]?.input);
}

export async function read(sop: string): Promise<Requirements> {
  const parsed = await submit('submit_requirements', parsedSopSchema, [{ name: 'sop', body: sop }]);
  const findings = findingsOfReading(sop, parsed);
  if (findings.length > 0) throw new Error(findings.map(({ message }) => message).join('\n'));
  return requirementsOf(sop, parsed);
}

/** All artefacts of a procedure, as the pipeline asks for them; reviews are heeded once. */
export async function make(sop: string, personality = 'Calm and friendly.') {
  const requirements = await read(sop);
  const known = jsonDocument('requirements', requirements);
  const voice = await submit('submit_voice_personality', voicePersonalitySchema, [
    known,
    { name: 'voice-personality', body: personality },
    jsonDocument('voices', VOICES),
  ]);
  const draft = await submit('submit_plan', planSchema, [known, jsonDocument('voice', voice)]);
  const review = (plan: typeof draft) =>
    submit('submit_plan_review', planReviewSchema, [{ name: 'sop', body: sop }, known, jsonDocument('plan', plan)]);
  const planReviews = [await review(draft)];
  let plan = draft;
  if (planReviews[0]?.approved === false) {
    plan = await submit('submit_plan', planSchema, [
      known,
      jsonDocument('voice', voice),
      jsonDocument('plan', draft),
      jsonDocument('plan-review', planReviews[0]),
    ]);
    planReviews.push(await review(plan));
  }
  const planned = jsonDocument('plan', plan);
  const code = await submit('submit_code', agentCodeSchema, [known, planned]);
  const codeReview = await submit('submit_code_review', codeReviewSchema, [
    known,
    planned,
    { name: 'agent.py', body: code.agentPy },
    { name: 'requirements.txt', body: code.requirementsTxt },
  ]);
  const prompt = await submit('submit_prompt', agentPromptSchema, [known, planned, jsonDocument('voice', voice)]);
  const { scenarios } = await submit('submit_scenarios', scenariosSchema, [
    known,
    planned,
    jsonDocument('prompt', prompt),
  ]);
  const findings = [
    ...findingsOfPlan(plan, requirements),
    ...findingsOfScenarios({ scenarios }, { input: JOB.input }, { requirements, plan }),
  ];
  return { requirements, voice, draft, plan, planReviews, code, codeReview, prompt, scenarios, findings };
}

export type Made = Awaited<ReturnType<typeof make>>;

/** Plays the scenarios with the author as the agent and as the judge, in the way of a rehearsal in writing. */
export async function rehearse(made: Made) {
  const { requirements, scenarios } = made;
  const results = [];
  for (const scenario of scenarios) {
    const line = caller(made);
    const transcript: RehearsedTurn[] = [];
    await playScenario(scenario, { ask: line.ask, toolNames: line.toolNames, transcript });
    const checks = await checksOf(scenario, transcript, judge);
    const passed = checks.every((check) => check.passed);
    results.push({ title: scenario.title, how: 'text' as const, passed, checks, transcript, durationMs: 0 });
  }
  return { results, coverage: coverageOf(requirements, results) };
}

/** The agent's end of a call. */
export function caller(made: MadeAgent) {
  const tools = rehearsalTools(JOB, made);
  const body = { toolConfig: { tools: tools.map((toolSpec) => ({ toolSpec })) } };
  const toolNames = tools.map(({ name }) => name);
  const system = `${made.prompt.fullPrompt}\n${made.prompt.voicePrompt}`;
  const ask = async (messages: readonly object[]) => {
    const script = await answer({ system, toolNames, body, messages: messages as ConverseRequest['messages'] });
    const uses = script.toolUses ?? [];
    const content: Block[] = [
      ...(script.text === undefined ? [] : [{ text: script.text }]),
      ...uses.map(({ name, input }, position) => ({
        toolUse: { toolUseId: `${messages.length}_${position}`, name, input },
      })),
    ];
    return { content, stopReason: uses.length > 0 ? 'tool_use' : 'end_turn' };
  };
  return { ask, toolNames };
}

/** What the agent says and does, line by line, in a call that it may end. */
export async function talk(made: MadeAgent, callerSays: string[]) {
  const transcript: RehearsedTurn[] = [];
  await playScenario({ title: '', callerSays, must: [], mustNot: [] }, { ...caller(made), transcript });
  return transcript.filter(({ role }) => role === 'agent');
}

export const judge = {
  async ask({ meaning, text }: { meaning: string; text: string }) {
    const content = [{ text: JSON.stringify({ text, claim: meaning }) }];
    const { toolUses } = await answer({
      forcedTool: 'verdict',
      toolNames: ['verdict'],
      messages: [{ role: 'user', content }],
    });
    return toolUses?.[0]?.input as { answer: 'yes' | 'no' | 'cannot-tell'; reason: string };
  },
};
