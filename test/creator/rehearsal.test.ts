import { describe, expect, it, onTestFinished } from 'vitest';
import type { Verdict } from '../../src/agents/judge.js';
import { FakeClock, realClock } from '../../src/clock.js';
import type { Scenario } from '../../src/creator/artefacts.js';
import type { CreatorJob } from '../../src/creator/job.js';
import type { MadeAgent } from '../../src/creator/ports.js';
import { textRehearsal } from '../../src/creator/rehearsal/text.js';
import type { ConverseRequest, ConverseScript, ConverseScripts } from '../../src/emulator/models/converse.js';
import { startModels } from '../../src/emulator/models/server.js';
import { ADA, CLAUSES, CODE, PLAN, PROMPT, REQUIREMENTS, SCENARIO, SOP, VOICE } from './finished-job.js';

const MODEL = 'us.amazon.nova-pro-v1:0';
const AGENT: MadeAgent = { requirements: REQUIREMENTS, voice: VOICE, plan: PLAN, code: CODE, prompt: PROMPT };
const INPUT = { sop: SOP, humanHandoffDescription: 'The desk: +14155550142' };
const JOB: CreatorJob = {
  ...{ id: 'job', state: 'running', reason: null, input: INPUT, sopSha256: '', actor: ADA, owner: 'ada' },
  ...{ agentId: 'agent', version: 1, baseVersion: null, createdAt: '', updatedAt: '', stages: [] },
  ...{ approvedBy: null, published: null },
};
const CLAUSE = CLAUSES[0]!.id;

const scenario = (callerSays: string[], more: Partial<Pick<Scenario, 'must' | 'mustNot'>> = {}): Scenario => ({
  ...{ title: callerSays.join(' '), callerSays, must: [], mustNot: [], ...more },
});
const expecting = (kind: Scenario['must'][number]['kind'], value: string) => ({ clauseId: CLAUSE, kind, value });

const textOf = ({ messages }: ConverseRequest, from = -1) => String(messages.at(from)?.content[0]?.text ?? '');
const call = (name: string, input: object = {}, text?: string): ConverseScript => ({
  toolUses: [{ name, input }],
  ...(text !== undefined && { text }),
});

/** Rehearses over the real SDK with a model that answers as scripted. */
async function rehearsing(
  converse: ConverseScripts,
  options: { verdict?: Verdict | Error; clock?: FakeClock; job?: Partial<CreatorJob>; agent?: Partial<MadeAgent> } = {},
) {
  const { verdict = { answer: 'yes', reason: 'so it is' }, clock = realClock() } = options;
  const models = await startModels({ converse });
  const { url: endpoint, region, credentials } = models;
  const questions: { meaning: string; text: string }[] = [];
  const rehearsal = textRehearsal({
    modelId: MODEL,
    place: { endpoint, region, credentials },
    judge: {
      async ask(question) {
        questions.push(question);
        if (verdict instanceof Error) throw verdict;
        return verdict;
      },
    },
    clock,
  });
  onTestFinished(async () => {
    rehearsal.close();
    await models.close();
  });
  const run = (scenarios: readonly Scenario[], signal = new AbortController().signal) =>
    rehearsal.run({ ...JOB, ...options.job }, { ...AGENT, ...options.agent }, scenarios, signal);
  return { run, models, questions, rehearsal };
}

/** Asks for the number, registers the return, says so. */
const goodAgent: ConverseScripts = (request) => {
  if (textOf(request).includes('12345')) return call('register_return', { order_number: '12345' });
  return request.messages.length > 1 ? { text: 'It is registered.' } : { text: 'May I have your order number?' };
};

describe('a rehearsal in writing', () => {
  it('gives the model both prompts, the tools, and the lines of the caller one after the other', async () => {
    const { run, models } = await rehearsing(goodAgent, {
      job: { input: { ...INPUT, knowledgeBaseId: 'KB12345678' } },
    });

    await run([SCENARIO]);

    const [first, second, third] = models.conversations;
    expect(first?.system).toBe(`${PROMPT.fullPrompt}\n${PROMPT.voicePrompt}`);
    expect(first?.toolNames).toEqual(['register_return', 'transfer_to_human', 'end_call', 'knowledge_base']);
    expect(first?.forcedTool).toBeUndefined();
    expect(textOf(first!)).toBe(SCENARIO.callerSays[0]);
    expect(textOf(second!)).toBe(SCENARIO.callerSays[1]);
    expect(third?.messages.at(-1)?.content[0]?.toolResult).toMatchObject({
      status: 'success',
      content: [{ json: { status: 'noted', received: { order_number: '12345' } } }],
    });
  });

  it('keeps what was said and done, what was checked, and what it cost', async () => {
    const { run } = await rehearsing(goodAgent);

    const { results, usage } = await run([SCENARIO]);

    expect(results).toMatchObject([
      {
        title: SCENARIO.title,
        how: 'text',
        passed: true,
        checks: [
          { clauseId: CLAUSE, must: true, kind: 'says', passed: true, detail: expect.stringContaining('order number') },
          { must: true, kind: 'calls-tool', passed: true },
          { must: false, kind: 'says', passed: true },
        ],
        transcript: [
          { role: 'caller', text: SCENARIO.callerSays[0] },
          { role: 'agent', text: 'May I have your order number?' },
          { role: 'caller', text: SCENARIO.callerSays[1] },
          { role: 'agent', text: 'It is registered.', toolCalls: [{ name: 'register_return' }] },
        ],
      },
    ]);
    expect(usage.inputTokens).toBeGreaterThan(0);
    expect(usage.outputTokens).toBeGreaterThan(0);
  });

  it.each<[string, string, string, boolean]>([
    ['the very words', 'Thirty days', 'You have thirty days.', true],
    ['words in other capitals and over line ends', 'THIRTY  Days', 'You have thirty\ndays, sir.', true],
    ['words with other punctuation', "don't worry: it's free", 'Don’t worry – it’s free!', true],
    ['letters of another word', 'cash', 'We take cashmere back.', false],
    ['words in another order', 'days thirty', 'You have thirty days.', false],
    ['no words at all', '?!', 'You have thirty days?!', false],
  ])('hears %s', async (_what, value, said, isHeard) => {
    const { run } = await rehearsing(() => ({ text: said }));

    const { results } = await run([scenario(['Hello.'], { must: [expecting('says', value)] })]);

    expect(results[0]?.passed).toBe(isHeard);
  });

  it('ends where the caller is put through to a person, and notices what must not be', async () => {
    const { run, models } = await rehearsing(() => call('transfer_to_human', { reason: 'a lawyer' }, 'One moment.'));
    const demand = expecting('hands-off', 'a lawyer');

    const { results } = await run([
      scenario(['My lawyer will call.', 'Hello?'], { must: [demand] }),
      scenario(['My lawyer will call.'], { mustNot: [demand, expecting('calls-tool', 'transfer_to_human')] }),
    ]);

    expect(results.map(({ passed }) => passed)).toEqual([true, false]);
    expect(results[0]?.transcript).toHaveLength(2);
    expect(results[1]?.checks.map(({ passed }) => passed)).toEqual([false, false]);
    expect(models.conversations).toHaveLength(2);
  });

  it.each<[string, Verdict | Error, boolean, boolean]>([
    ['yes', { answer: 'yes', reason: 'r' }, true, false],
    ['no', { answer: 'no', reason: 'r' }, false, true],
    ['that it cannot tell', { answer: 'cannot-tell', reason: 'r' }, false, false],
    ['nothing', new Error('the judge is away'), false, false],
  ])('asks a judge what is meant, who says %s', async (_what, verdict, must, mustNot) => {
    const { run, questions } = await rehearsing(() => ({ text: 'We cannot pay it out.' }), { verdict });
    const claim = expecting('means', 'that no cash is paid');

    const { results } = await run([scenario(['Cash!'], { must: [claim] }), scenario(['Cash!'], { mustNot: [claim] })]);

    expect(results.map(({ passed }) => passed)).toEqual([must, mustNot]);
    expect(questions[0]).toEqual({ meaning: 'that no cash is paid', text: 'We cannot pay it out.' });
  });

  it('does not count what the model only thinks', async () => {
    const { run } = await rehearsing(() => ({ text: '<thinking>Cash? Never.</thinking> I am sorry.' }));

    const { results } = await run([scenario(['Cash!'], { mustNot: [expecting('says', 'cash')] })]);

    expect(results[0]).toMatchObject({ passed: true, transcript: [{ role: 'caller' }, { text: 'I am sorry.' }] });
  });

  it('tells the model of a tool that the agent does not have', async () => {
    const { run, models } = await rehearsing((request) =>
      request.messages.length > 1
        ? { text: 'I cannot look that up.' }
        : { content: [{ toolUse: { toolUseId: 'x', name: 'look_up', input: {} } }], stopReason: 'tool_use' },
    );

    const { results } = await run([scenario(['Where is it?'])]);

    expect(models.conversations[1]?.messages.at(-1)?.content[0]?.toolResult).toMatchObject({ status: 'error' });
    expect(results[0]).toMatchObject({ passed: true });
  });

  it.each<[string, ConverseScript, RegExp]>([
    ['is busy', { error: { status: 429, type: 'ThrottlingException', message: 'Too many' } }, /busy at the moment/],
    ['refuses', { error: { status: 403, type: 'AccessDeniedException', message: 'No' } }, /does not let/],
    ['stops in the middle', { text: 'I', stopReason: 'max_tokens' }, /in the middle of its answer \(max_tokens\)/],
    ['is stopped by a guardrail', { text: 'Blocked', stopReason: 'guardrail_intervened' }, /guardrail_intervened/],
    ['only thinks', { text: '<thinking>Hm.</thinking>' }, /said nothing/],
    ['calls tools without end', call('register_return'), /tools 6 times and never answered/],
  ])('is an error of its scenario alone when the model %s', async (_what, script, words) => {
    const { run } = await rehearsing((request) => (textOf(request, 0) === 'Bad.' ? script : { text: 'Hello.' }));

    const { results } = await run([
      scenario(['Bad.'], { must: [expecting('says', 'x')], mustNot: [expecting('says', 'x')] }),
      scenario(['Good.']),
    ]);

    expect(results[0]).toMatchObject({ passed: false, error: expect.stringMatching(words) });
    // Nothing was shown, not even of what must not be.
    expect(results[0]?.checks.map(({ passed }) => passed)).toEqual([false, false]);
    expect(results[1]).toMatchObject({ passed: true });
    expect(results[1]?.error).toBeUndefined();
  });

  it('plays four scenarios at once and keeps their order', async () => {
    let running = 0;
    let most = 0;
    const waiting: (() => void)[] = [];
    const { run } = await rehearsing(async (request) => {
      most = Math.max(most, ++running);
      if (running === 4) for (const go of waiting.splice(0)) go();
      else if (waiting.length < 3 && most < 4) await new Promise<void>((resolve) => waiting.push(resolve));
      running--;
      return { text: `You said ${textOf(request)}` };
    });
    const titles = Array.from({ length: 10 }, (_, index) => `line ${index}`);

    const { results } = await run(titles.map((title) => scenario([title])));

    expect(most).toBe(4);
    expect(results.map(({ title }) => title)).toEqual(titles);
    expect(results.every(({ transcript }, index) => transcript[1]?.text === `You said line ${index}`)).toBe(true);
  });

  it('gives a scenario up that takes too long', async () => {
    const clock = new FakeClock();
    let isAsked = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    const { run } = await rehearsing(
      () => {
        isAsked();
        return new Promise(() => undefined);
      },
      { clock },
    );

    const running = run([scenario(['Hello?'])]);
    await asked;
    clock.advance(120_000);

    expect((await running).results[0]).toMatchObject({ passed: false, error: 'was not over after 120 s' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('rejects when it is called off', async () => {
    const off = new AbortController();
    const { run } = await rehearsing(() => {
      off.abort(new Error('the job was cancelled'));
      return new Promise(() => undefined);
    });

    await expect(run([scenario(['Hello?'])], off.signal)).rejects.toThrow('the job was cancelled');
  });

  it('knows of an agent that a meta-agent has made only what it has on the telephone', async () => {
    const { run, models } = await rehearsing(() => ({ text: 'Hello.' }), { agent: { plan: undefined } });

    await run([scenario(['Hello?'])]);

    expect(models.conversations[0]?.toolNames).toEqual(['transfer_to_human', 'end_call']);
  });

  it('offers a person only where the agent has one: by the description, or by the procedure itself', async () => {
    const named = CLAUSES.map((clause) =>
      clause.kind === 'escalation' ? { ...clause, quote: `${clause.quote} (+1 415 555 0142)` } : clause,
    );
    const toolsOf = async (clauses: typeof CLAUSES, humanHandoffDescription: string) => {
      const { run, models } = await rehearsing(() => ({ text: 'Hello.' }), {
        job: { input: { sop: SOP, humanHandoffDescription } },
        agent: { plan: undefined, requirements: { ...REQUIREMENTS, clauses } },
      });
      await run([scenario(['Hello?'])]);
      return models.conversations[0]?.toolNames;
    };

    expect(await toolsOf(CLAUSES, 'The desk.')).toEqual(['end_call']);
    expect(await toolsOf(named, 'The desk.')).toEqual(['transfer_to_human', 'end_call']);
  });
});
