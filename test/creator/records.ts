import type { AgentPlan, Evidence, Finding, Requirements } from '../../src/creator/artefacts.js';
import { clauseIdOf } from '../../src/creator/clauses.js';
import type { StageName, StageRecord } from '../../src/creator/job.js';

/** A small procedure, and everything that a pipeline could make of it. */
export const SOP = `# Returns

1. Ask for the order number.
2. Never promise a refund in cash.

Our warehouse is in Portland.

- If the caller threatens legal action, transfer the call to a supervisor.
`;

export const QUOTES = [
  ['Ask for the order number.', 'step'],
  ['Never promise a refund in cash.', 'prohibition'],
  ['Our warehouse is in Portland.', 'information'],
  ['If the caller threatens legal action, transfer the call to a supervisor.', 'escalation'],
] as const;
export const IDS = QUOTES.map(([quote]) => clauseIdOf(quote));
const [STEP = '', PROHIBITION = '', , ESCALATION = ''] = IDS;

export const PARSED = {
  title: 'Returns',
  purpose: 'Callers can return what they have bought.',
  language: 'en',
  clauses: QUOTES.map(([quote, kind]) => ({ quote, kind, summary: quote })),
  contradictions: [],
  suspicious: [],
};

export const REQUIREMENTS: Requirements = {
  ...PARSED,
  clauses: PARSED.clauses.map((clause, index) => ({ ...clause, id: IDS[index]! })),
};

export const VOICE = {
  voiceId: 'tiffany',
  tone: 'friendly',
  pace: 'calm',
  greeting: 'Hello, this is the returns desk. How can I help?',
  style: ['One question at a time.'],
};

export const PLAN: AgentPlan = {
  agentName: 'Returns desk',
  description: 'Takes returns.',
  tools: [
    {
      name: 'register_return',
      description: 'Takes down a return.',
      parameters: [{ name: 'order_number', type: 'string', description: 'As said.', required: true }],
      clauseIds: [STEP],
    },
  ],
  handling: IDS.map((clauseId) => ({ clauseId, approach: 'In the prompt.' })),
  escalations: [{ clauseId: ESCALATION, trigger: 'legal action', action: 'transfer_to_human' }],
  awsServices: [],
  environment: [],
};

export const PLAN_REVIEW = { strengths: ['short'], issues: [], approved: true };
export const CODE = { agentPy: 'print("héllo\\n")\n', requirementsTxt: 'boto3\n' };
export const CODE_REVIEW = { qualityScore: 9, issues: [], approved: true };
export const PROMPT = { fullPrompt: `You take returns. ${QUOTES[3][0]}`, voicePrompt: `You speak. ${QUOTES[3][0]}` };
export const SCENARIOS = {
  scenarios: [
    {
      title: 'A return',
      callerSays: ['I want to return a lamp.', 'I will sue you.'],
      must: [
        { clauseId: STEP, kind: 'says', value: 'order number' },
        { clauseId: ESCALATION, kind: 'hands-off', value: 'legal action' },
      ],
      mustNot: [{ clauseId: PROHIBITION, kind: 'means', value: 'The agent promises cash.' }],
    },
  ],
} as const;

export const EVIDENCE: Evidence = {
  had: ['text'],
  results: [
    {
      title: 'A return',
      how: 'text',
      passed: true,
      checks: [STEP, ESCALATION, PROHIBITION].map((clauseId) => ({
        ...{ clauseId, must: true, kind: 'says', value: 'x', passed: true, detail: 'said' },
      })),
      transcript: [],
      durationMs: 10,
    },
  ],
  coverage: QUOTES.map(([quote, kind], index) => ({
    clauseId: IDS[index]!,
    quote,
    state: kind === 'information' ? 'not-rehearsed' : 'covered',
    scenarios: [],
  })),
};

export const WRITTEN = { bucket: 'agents', prefix: 'ada/agent_1/1/', files: {} };
export const FINDING: Finding = { file: 'prompt', rule: 'clause-missing', line: 3, message: 'a clause is missing' };

const OUTPUTS: Readonly<Record<StageName, unknown>> = {
  'parse-sop': REQUIREMENTS,
  'parse-voice': VOICE,
  'draft-plan': PLAN,
  'review-plan': PLAN_REVIEW,
  'write-code': CODE,
  'check-code': { accepted: true },
  'review-code': CODE_REVIEW,
  'write-prompt': PROMPT,
  'check-prompt': { accepted: true },
  'write-scenarios': SCENARIOS,
  rehearse: EVIDENCE,
  store: WRITTEN,
  'meta-agent': { code: CODE, prompt: PROMPT },
};

/** What a stage makes when all goes well. */
export const goodOutput = (stage: StageName): unknown => OUTPUTS[stage];

export function stageRecord(seq: number, stage: StageName, more: Partial<StageRecord> = {}): StageRecord {
  return {
    seq,
    stage,
    round: 1,
    state: 'done',
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:00:01.000Z',
    modelId: null,
    promptVersion: null,
    usage: { inputTokens: 0, outputTokens: 0 },
    repairs: 0,
    output: goodOutput(stage),
    findings: [],
    error: null,
    ...more,
  };
}

/** Stages that went well, one after the other. */
export function recordsOf(...stages: StageName[]): StageRecord[] {
  return stages.map((stage, index) => stageRecord(index + 1, stage));
}
