import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Judge } from '../../agents/judge.js';
import type { CallRecord } from '../../call/record.js';
import type { RehearsedTurn, Requirements, Scenario, ScenarioResult } from '../../creator/artefacts.js';
import { BUSINESS_TOOL, directoryAgent } from '../../creator/directory-agent.js';
import type { CreatorJob } from '../../creator/job.js';
import type { MadeAgent, Rehearsal } from '../../creator/ports.js';
import { checksOf, unmet } from '../../creator/rehearsal/checks.js';
import { messageOf } from '../../errors.js';
import type { AdminClient } from '../admin-client.js';
import { type Fixture, loadFixture } from '../fixture/fixture.js';
import { failureLine } from '../run/report.js';
import { type ReplayTarget, replay } from '../runner.js';
import { inTurn } from './in-turn.js';

export interface PhoneRehearsalOptions {
  /** Where the calls are placed; asked when the first one is, because the bridge is started with its rehearsals. */
  readonly stack: () => ReplayTarget & { readonly admin: AdminClient };
  /** Lets the program answer under this ARN, as AgentCore would; resolves when it is up. */
  readonly host: (arn: string, files: Readonly<Record<string, string>>) => Promise<void>;
  readonly judge: Judge;
}

/** Numbers that rehearsals are called under, each for one call at a time. */
const NUMBERS = ['+14155550186', '+14155550187', '+14155550188', '+14155550189'];
const CALLER = '+14155550185';
/** What of an agent can be heard on the telephone here: what its program answers. The local voice model decides nothing. */
const HEARD: readonly Scenario['must'][number]['kind'][] = ['says', 'means'];
/** A human voice stands in for the caller's words, and a clip for the agent's: the local voice model knows neither. */
const CALLER_WAV = 'go-forward.wav';
const AGENT_CLIP = 'Thank you.';
const TIMEOUT_MS = 60_000;

/**
 * Rehearses on the telephone of the local stack: some of the scenarios, of each kind of clause one, as calls of recorded
 * human voices over the real wire, with the generated program running behind the agent's tool. What the local voice model
 * takes the caller to say is the scenario's line; what is checked is what the program answers to it in the call.
 */
export function phoneRehearsal({ stack, host, judge }: PhoneRehearsalOptions): Rehearsal {
  const queue = inTurn();

  const call = async (agent: MadeAgent, job: CreatorJob, arn: string, scenario: Scenario, to: string) => {
    const { clock, admin } = stack();
    const startMs = clock.now();
    const done = (rest: Pick<ScenarioResult, 'passed' | 'checks' | 'transcript' | 'error'>): ScenarioResult => ({
      ...{ title: scenario.title, how: 'phone', durationMs: Math.round(clock.now() - startMs) },
      ...rest,
    });
    const heard = heardOf(scenario);
    try {
      const fixture = await fixtureOf(agent, job, arn, scenario, to);
      const { record, failures } = await replay(fixture, stack());
      const transcript = transcriptOf(record as CallRecord | undefined, scenario);
      if (failures.length > 0) {
        const error = failures.map(failureLine).join('; ');
        return done({ passed: false, checks: unmet(heard, 'the call did not go as it should'), transcript, error });
      }
      const checks = await checksOf(heard, transcript, judge);
      return done({ passed: checks.every(({ passed }) => passed), checks, transcript });
    } catch (error) {
      const checks = unmet(heard, 'the call could not be placed');
      return done({ passed: false, checks, transcript: [], error: messageOf(error) });
    } finally {
      await forget(admin, to);
    }
  };

  return {
    how: 'phone',
    run: (job, agent, scenarios, signal) =>
      queue('rehearsal', async () => {
        signal.throwIfAborted();
        const chosen = chosenOf(scenarios, agent.requirements);
        const arn = arnOf(job, agent);
        if (chosen.length > 0) {
          await host(arn, { 'agent.py': agent.code.agentPy, 'full_prompt.md': agent.prompt.fullPrompt });
        }
        const calls = chosen.map((scenario, index) => call(agent, job, arn, scenario, NUMBERS[index]!));
        const results = await Promise.all(calls);
        signal.throwIfAborted();
        return { results, usage: { inputTokens: 0, outputTokens: 0 } };
      }),
  };
}

/** Scenarios of one line with words that can be heard: for each kind of clause the first one. */
export function chosenOf(scenarios: readonly Scenario[], { clauses }: Pick<Requirements, 'clauses'>): Scenario[] {
  const kinds = new Map(clauses.map(({ id, kind }) => [id, kind]));
  const chosen = new Map<string, Scenario>();
  for (const scenario of scenarios) {
    const { callerSays, must } = scenario;
    const kind = kinds.get(must[0]?.clauseId ?? '');
    const isHeard = must.length > 0 && must.every((expectation) => HEARD.includes(expectation.kind));
    if (callerSays.length === 1 && isHeard && kind !== undefined && !chosen.has(kind)) chosen.set(kind, scenario);
  }
  return [...chosen.values()].slice(0, NUMBERS.length);
}

function heardOf(scenario: Scenario): Scenario {
  const isHeard = ({ kind }: Scenario['must'][number]) => HEARD.includes(kind);
  return { ...scenario, must: scenario.must.filter(isHeard), mustNot: scenario.mustNot.filter(isHeard) };
}

/** A runtime of its own for what is rehearsed. */
function arnOf({ id }: CreatorJob, { code, prompt }: MadeAgent): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([id, code.agentPy, prompt.fullPrompt]))
    .digest('hex');
  return `arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/rehearsed-${digest.slice(0, 10)}`;
}

/** The call as a folder, which is read like every other. */
async function fixtureOf(
  agent: MadeAgent,
  job: CreatorJob,
  runtimeArn: string,
  { title, callerSays }: Scenario,
  to: string,
): Promise<Fixture> {
  const payload = { prompt: '{{input.prompt}}', session_id: '{{sessionId}}', actor_id: '{{caller}}' };
  // The local voice model would have to speak the greeting, and has no clips for it.
  const { greeting: _, ...rehearsed } = directoryAgent(job, agent, { runtimeArn, payload });
  const [line = ''] = callerSays;
  const files = {
    'rehearsed.yaml': rehearsed,
    'call.yaml': {
      description: `Rehearsal: ${title}. The caller's voice stands in for the words of the scenario.`,
      ...{ from: CALLER, to, agent: 'rehearsed', timeout: `${TIMEOUT_MS}ms` },
      caller: [
        { say: CALLER_WAV, text: line, at: '600ms' },
        { 'hang-up': true, after: 'agent-turn 1 ended + 300ms' },
      ],
      expect: { toolCalls: [{ name: BUSINESS_TOOL, outcome: 'answered' }], endReason: 'caller-hung-up' },
    },
    'model.yaml': { turns: [{ hear: line, call: { [BUSINESS_TOOL]: { prompt: line } }, say: AGENT_CLIP }] },
  };
  const folder = await mkdtemp(join(tmpdir(), 'rehearsal-'));
  try {
    // JSON is YAML as well.
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), JSON.stringify(content));
    return loadFixture(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What was said in the call: what the program answered is what the voice model would have put in words. */
function transcriptOf(record: CallRecord | undefined, { callerSays }: Scenario): RehearsedTurn[] {
  const calls = record?.toolCalls ?? [];
  const answers = calls.map(({ output }) => (typeof output.answer === 'string' ? output.answer : ''));
  const toolCalls = calls.map(({ name, input, output }) => ({ name, input, output }));
  return [
    { role: 'caller', text: callerSays.join(' ') },
    ...(calls.length > 0 ? [{ role: 'agent' as const, text: answers.join(' '), toolCalls }] : []),
  ];
}

/** Takes the number and the agent of a rehearsal out of the directory again. */
async function forget(admin: AdminClient, to: string): Promise<void> {
  const path = `/numbers/${encodeURIComponent(to)}`;
  const number = await admin.find<{ agentId: string }>(path);
  if (!number) return;
  await admin.remove(path);
  await admin.remove(`/agents/${number.agentId}`);
}
