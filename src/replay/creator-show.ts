import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pc from 'picocolors';
import { z } from 'zod';
import { BridgeError } from '../errors.js';
import type { AdminClient } from './admin-client.js';
import { FIXTURES_DIR, type Fixture, loadFixture } from './fixture/fixture.js';

const SOP = join(FIXTURES_DIR, 'sop', 'returns-and-refunds.md');
const NUMBER = '+14155550160';
const CALLER = '+14155550161';
const PERSON = 'Put callers through to the service desk, +1 415 555 0142.';
/** What the caller of the show wants to know, and the words of the procedure that answer it. */
const QUESTION = 'When is my card payment refunded?';
const ANSWER = '/within 5 business days/';

const stageSchema = z.object({
  seq: z.number(),
  stage: z.string(),
  round: z.number(),
  state: z.string(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  usage: z.object({ inputTokens: z.number(), outputTokens: z.number() }),
  findings: z.array(z.object({ message: z.string() })),
  error: z.string().nullable(),
});
const jobSchema = z.object({
  id: z.string(),
  state: z.string(),
  reason: z.string().nullable(),
  agentId: z.string(),
  stages: z.array(stageSchema),
  published: z.object({ agentVersion: z.number(), runtimeArn: z.string().nullable() }).nullable(),
});
const evidenceSchema = z.object({
  had: z.array(z.string()),
  results: z.array(z.object({ how: z.string(), passed: z.boolean() })),
  coverage: z.array(z.object({ state: z.string() })),
});
type Job = z.infer<typeof jobSchema>;
type Stage = z.infer<typeof stageSchema>;

/** Where agents are made. */
export interface CreatorPlace {
  readonly url: string;
  readonly adminToken: string;
  readonly admin: AdminClient;
}

/**
 * Has an agent made of a procedure, shows each stage as it happens, approves it, and answers a recorded call to its number, to
 * be replayed. Rejects, in words, when no agent comes of it.
 */
export async function showCreator(place: CreatorPlace, print: (line?: string) => void): Promise<Fixture> {
  const { admin } = place;
  const sop = await readFile(SOP, 'utf8');
  const body = { sop, humanHandoffDescription: PERSON, number: NUMBER };
  const { id } = jobSchema.parse(await admin.post('/creator/jobs', body));
  print(
    `${pc.bold(sop.split('\n')[0]?.replace(/^#\s*/, '') ?? '')}  ${pc.dim(`${sop.split('\n').length} lines, job ${id}`)}`,
  );

  const shown = new Set<number>();
  const made = await follow(place, id, (job) => {
    for (const stage of job.stages) {
      if (stage.endedAt === null || shown.has(stage.seq)) continue;
      shown.add(stage.seq);
      print(stageLine(stage));
    }
    return !['queued', 'running'].includes(job.state);
  });
  require(made, 'awaiting_approval');
  const { evidence } = z
    .object({ evidence: evidenceSchema })
    .parse(await admin.find(`/creator/jobs/${encodeURIComponent(id)}`));
  print(evidenceLine(evidence));

  await admin.post(`/creator/jobs/${encodeURIComponent(id)}/approve`, undefined);
  const published = await follow(place, id, ({ state }) => state !== 'publishing');
  require(published, 'published');
  print(
    `  ${pc.green('✓')} approved: version ${published.published?.agentVersion} of ${published.agentId} answers ${NUMBER}, ` +
      `its program runs on ${published.published?.runtimeArn}\n`,
  );
  return callTo(published.agentId);
}

/** The job as soon as it is as awaited; `look` hears of every change. */
async function follow({ url, adminToken }: CreatorPlace, id: string, look: (job: Job) => boolean): Promise<Job> {
  const leave = new AbortController();
  const response = await fetch(`${url}/api/creator/jobs/${encodeURIComponent(id)}/events`, {
    headers: { Authorization: `Bearer ${adminToken}` },
    signal: leave.signal,
  });
  let rest = '';
  try {
    for await (const bytes of response.body ?? []) {
      const blocks = (rest + Buffer.from(bytes).toString('utf8')).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = /^event: progress\ndata: (.*)$/m.exec(block)?.[1];
        if (data === undefined) continue;
        const job = jobSchema.parse(JSON.parse(data));
        if (look(job)) return job;
      }
    }
  } finally {
    leave.abort();
  }
  throw new BridgeError('REQUEST_INVALID', `The events of the creator job ${id} ended before it had come to an end.`);
}

function require({ state, reason }: Job, wanted: string): void {
  if (state === wanted) return;
  throw new BridgeError(
    'REQUEST_INVALID',
    `No agent came of it (${state.replaceAll('_', ' ')}): ${reason ?? 'no reason'}`,
  );
}

function stageLine({ stage, round, state, startedAt, endedAt, usage, findings, error }: Stage): string {
  const seconds = (Date.parse(endedAt ?? startedAt) - Date.parse(startedAt)) / 1000;
  const sign = state === 'failed' ? pc.red('✗') : findings.length > 0 ? pc.yellow('↺') : pc.green('✓');
  const tokens = usage.inputTokens > 0 ? `, ${usage.inputTokens} + ${usage.outputTokens} tokens` : '';
  const again = round > 1 ? ` (round ${round})` : '';
  const words = [...findings.map(({ message }) => message), ...(error === null ? [] : [error])];
  return [
    `  ${sign} ${stage}${again}  ${pc.dim(`${seconds.toFixed(1)} s${tokens}`)}`,
    ...words.map((each) => `      ${each}`),
  ].join('\n');
}

function evidenceLine({ had, results, coverage }: z.infer<typeof evidenceSchema>): string {
  const rehearsed = had.map((how) => {
    const of = results.filter((result) => result.how === how);
    const passed = of.filter((result) => result.passed).length;
    return `${passed} of ${of.length} ${how === 'text' ? 'in writing' : 'on the telephone'}`;
  });
  const covered = coverage.filter(({ state }) => state === 'covered').length;
  return `  ${pc.green('✓')} rehearsals passed: ${rehearsed.join(', ')}; ${covered} of ${coverage.length} clauses covered`;
}

/** A recorded voice asks; what the local voice model takes it to say is the question. It has no clips for the answer. */
async function callTo(agentId: string): Promise<Fixture> {
  const files = {
    'call.yaml': {
      description: `A recorded caller phones ${NUMBER}; the voice stands in for the question "${QUESTION}"`,
      ...{ from: CALLER, to: NUMBER, agent: agentId },
      caller: [
        { say: 'go-forward.wav', text: QUESTION, after: 'agent-turn 1 ended + 300ms' },
        { 'hang-up': true, after: 'agent-turn 2 ended + 300ms' },
      ],
      expect: {
        toolCalls: [{ name: 'business_agent', output: { answer: ANSWER }, outcome: 'answered' }],
        endReason: 'caller-hung-up',
      },
    },
    'model.yaml': {
      turns: [
        { text: 'greet the caller', say: 'Hello. Thank you for calling.' },
        { hear: QUESTION, call: { business_agent: { prompt: QUESTION } }, say: 'Thank you.' },
      ],
    },
  };
  const folder = await mkdtemp(join(tmpdir(), 'agent-made-of-a-procedure-answers-'));
  try {
    // JSON is YAML as well.
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), JSON.stringify(content));
    return { ...loadFixture(folder), name: 'agent-made-of-a-procedure-answers-by-it' };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
