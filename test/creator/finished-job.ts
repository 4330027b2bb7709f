import { createHash } from 'node:crypto';
import type { Actor } from '../../src/access/actor.js';
import type {
  AgentCode,
  AgentPlan,
  AgentPrompt,
  Requirements,
  Scenario,
  ScenarioResult,
  VoicePersonality,
  WrittenAgent,
} from '../../src/creator/artefacts.js';
import type { CreatorJob, CreatorJobs, JobInput, StageName, StageRecord } from '../../src/creator/job.js';

export const SOP = `# Returns

1. Ask for the order number before anything else.
2. Never promise a refund in cash.
3. When the caller threatens with a lawyer, put them through to a person.
`;

export const ADA: Actor = { id: 'token_ada', name: 'Ada', role: 'admin' };
export const BOB: Actor = { id: 'token_bob', name: 'Bob', role: 'admin' };

export const CLAUSES = [
  ['step', 'Ask for the order number before anything else.'],
  ['prohibition', 'Never promise a refund in cash.'],
  ['escalation', 'When the caller threatens with a lawyer, put them through to a person.'],
].map(([kind, quote = '']) => ({
  id: `c-${createHash('sha256').update(quote).digest('hex').slice(0, 8)}`,
  kind: kind as Requirements['clauses'][number]['kind'],
  quote,
  summary: quote,
}));
const [ASKING, CASH, LAWYER] = CLAUSES as [(typeof CLAUSES)[0], (typeof CLAUSES)[0], (typeof CLAUSES)[0]];

export const REQUIREMENTS: Requirements = {
  title: 'Returns',
  purpose: 'Callers can send things back.',
  language: 'en-US',
  clauses: CLAUSES,
  contradictions: [],
  suspicious: [],
};

export const VOICE: VoicePersonality = {
  voiceId: 'tiffany',
  tone: 'warm',
  pace: 'calm',
  greeting: 'Welcome to returns.',
  style: [],
};

export const PLAN: AgentPlan = {
  agentName: 'Returns desk',
  description: 'Takes things back.',
  tools: [
    {
      name: 'register_return',
      description: 'Registers a return.',
      parameters: [{ name: 'order_number', type: 'string', description: 'The number.', required: true }],
      clauseIds: [ASKING.id],
    },
  ],
  handling: CLAUSES.map(({ id, summary }) => ({ clauseId: id, approach: summary })),
  escalations: [{ clauseId: LAWYER.id, trigger: 'a lawyer', action: 'a person' }],
  awsServices: [],
  environment: [],
};

export const CODE: AgentCode = { agentPy: 'print("agent")\n', requirementsTxt: 'boto3\n' };
export const PROMPT: AgentPrompt = {
  fullPrompt: 'You take things back.',
  voicePrompt: 'You speak for the returns desk.',
};

export const SCENARIO: Scenario = {
  title: 'A return with an order number',
  callerSays: ['I want to send something back.', 'It is order 12345.'],
  must: [
    { clauseId: ASKING.id, kind: 'says', value: 'order number' },
    { clauseId: ASKING.id, kind: 'calls-tool', value: 'register_return' },
  ],
  mustNot: [{ clauseId: CASH.id, kind: 'says', value: 'in cash' }],
};

export const RESULT: ScenarioResult = {
  title: SCENARIO.title,
  how: 'text',
  passed: true,
  checks: [
    { ...SCENARIO.must[0]!, must: true, passed: true, detail: 'the agent said: Your order number, please?' },
    { ...SCENARIO.mustNot[0]!, must: false, passed: true, detail: 'the agent never said these words' },
  ],
  transcript: [
    { role: 'caller', text: 'I want to send something back.' },
    { role: 'agent', text: 'Your order number, please?' },
  ],
  durationMs: 12,
};

/** A job whose stages are all done, and that waits for its approval. */
export async function finishedJob(
  jobs: CreatorJobs,
  options: { id?: string; agentId?: string; baseVersion?: number | null; input?: Partial<JobInput> } = {},
): Promise<CreatorJob> {
  const { id = 'job-1', agentId = 'agent_new', baseVersion = null, input = {} } = options;
  const createdAt = '2026-01-01T00:00:00.000Z';
  const sopSha256 = createHash('sha256').update(SOP).digest('hex');
  const job = await jobs.create({
    ...{ id, input: { sop: SOP, ...input }, sopSha256, actor: ADA, owner: 'ada', agentId, baseVersion, createdAt },
  });
  await jobs.move(id, ['queued'], 'running');
  const written: WrittenAgent = {
    bucket: 'agents',
    prefix: `ada/${agentId}/${job.version}/`,
    files: { 'agent.py': 'a'.repeat(64) },
  };
  const outputs: [StageName, unknown][] = [
    ['parse-sop', REQUIREMENTS],
    ['parse-voice', VOICE],
    ['draft-plan', PLAN],
    ['review-plan', { strengths: [], issues: [], approved: true }],
    ['write-code', CODE],
    ['check-code', { accepted: true }],
    ['review-code', { qualityScore: 9, issues: [], approved: true }],
    ['write-prompt', PROMPT],
    ['check-prompt', { accepted: true }],
    ['write-scenarios', { scenarios: [SCENARIO] }],
    ['rehearse', { had: ['text'], results: [RESULT], coverage: [] }],
    ['store', written],
  ];
  for (const [index, [stage, output]] of outputs.entries()) await addStage(jobs, id, index + 1, stage, output);
  await jobs.move(id, ['running'], 'awaiting_approval', { reason: null });
  return (await jobs.find(id))!;
}

export async function addStage(
  jobs: CreatorJobs,
  id: string,
  seq: number,
  stage: StageName,
  output: unknown,
  more: Partial<StageRecord> = {},
): Promise<void> {
  const startedAt = '2026-01-01T00:00:01.000Z';
  await jobs.beginStage(id, { seq, stage, round: 1, startedAt });
  await jobs.endStage(id, {
    ...{ seq, stage, round: 1, state: 'done', startedAt, endedAt: '2026-01-01T00:00:02.000Z' },
    ...{ modelId: 'amazon.nova-pro-v1:0', promptVersion: '1', usage: { inputTokens: 10, outputTokens: 2 }, repairs: 0 },
    ...{ output, findings: [], error: null, ...more },
  });
}
