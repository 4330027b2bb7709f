import { describe, expect, it } from 'vitest';
import { BridgeError } from '../../src/errors.js';
import type { AgentAnswer, AskContext, Passage } from '../../src/tools/ports.js';
import { AGENTCORE, beltWith, guardedBelt, KNOWLEDGE, pending, settled } from './rig.js';

const BUSY = new BridgeError('TOOL_FAILED', 'the documents are busy', { reason: 'throttled', retryable: true });
const answer = (text: string): AgentAnswer => ({ text, notes: [] });

/** An agent that answers each question with the next of these, by value, error or promise. */
function agent(...answers: (AgentAnswer | Error | Promise<AgentAnswer>)[]) {
  const asked: { payload: unknown; signal: AbortSignal }[] = [];
  const ask = async (_target: unknown, payload: unknown, { signal }: { signal: AbortSignal }) => {
    const next = answers[Math.min(asked.length, answers.length - 1)]!;
    asked.push({ payload, signal });
    if (next instanceof Error) throw next;
    return next;
  };
  return { asked, ports: { agentRuntimes: { ask } } };
}

function library(...answers: (Passage[] | Error)[]) {
  let askCount = 0;
  const retrieve = async () => {
    const next = answers[Math.min(askCount++, answers.length - 1)]!;
    if (next instanceof Error) throw next;
    return next;
  };
  return { askCount: () => askCount, ports: { knowledgeBases: { retrieve } } };
}

const ask = { prompt: 'Where is it?' };
const query = { query: 'Returns?' };

describe('the belt', () => {
  it.each([
    ['a tool that is not there', 'other', {}, 'TOOL_UNKNOWN'],
    ['input that is no object', 'orders', undefined, 'TOOL_INPUT_INVALID'],
    ['input that lacks something', 'orders', {}, 'TOOL_INPUT_INVALID'],
  ])('answers the model for %s', async (_what, name, input, code) => {
    const { asked, ports } = agent(answer('x'));
    const { belt, context } = beltWith(ports, AGENTCORE);
    const outcome = await belt.run({ callId: 't', name, input }, context);

    expect(outcome).toMatchObject({ kind: 'failed', code, output: { error: expect.any(String) } });
    expect(outcome.output.advice).toMatch(/caller/);
    expect(asked).toEqual([]);
  });

  it.each([
    ['a worded failure', new BridgeError('TOOL_FAILED', 'the orders are busy', { reason: 'throttled' }), /are busy/],
    ['a secret in the words', new BridgeError('TOOL_FAILED', 'denied for AKIAIOSFODNN7EXAMPLE'), /^denied for \[/],
    ['a surprise', new TypeError('undefined is not a function'), /^the tool failed$/],
    ['something of another room', new BridgeError('STORE_UNAVAILABLE', 'table calls is gone'), /^the tool failed$/],
    ['very many words', new BridgeError('TOOL_FAILED', 'why '.repeat(500)), /^.{300}$/],
  ])('words %s for the model', async (_what, error, words) => {
    const outcome = await beltWith(agent(error).ports, AGENTCORE).run('orders', ask);

    expect(outcome).toMatchObject({
      kind: 'failed',
      code: 'TOOL_FAILED',
      output: { error: expect.stringMatching(words) },
    });
    expect(outcome.output.advice).toMatch(/^Tell the caller/);
  });

  it('shortens and cleans what comes back', async () => {
    const { run } = beltWith(agent(answer(`order \uD83D ${'very '.repeat(5000)}long`)).ports, AGENTCORE);
    const { output } = await run('orders', ask);

    expect(JSON.stringify(output).length).toBeLessThanOrEqual(4000);
    expect(output.answer).toMatch(/^order {2}very .*\(shortened\)$/);
  });
});

describe('the time budget', () => {
  it('ends the wait, and the work', async () => {
    const { asked, ports } = agent(new Promise<AgentAnswer>(() => {}));
    const { run, clock } = beltWith(ports, { ...AGENTCORE, timeoutMs: 3000 });
    const outcome = run('orders', ask);
    clock.advance(2999);
    await settled();
    expect(asked[0]!.signal.aborted).toBe(false);
    clock.advance(1);

    expect(await outcome).toMatchObject({
      code: 'TOOL_TIMEOUT',
      output: { error: 'orders gave no answer within 3 seconds', advice: expect.stringContaining('too long') },
    });
    expect(asked[0]!.signal.aborted).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives the model what a streaming agent has said by then, and says that the rest is missing', async () => {
    let said: string | undefined;
    const asking = (_target: unknown, _payload: unknown, { streams }: AskContext) => {
      streams?.(() => said);
      return new Promise<AgentAnswer>(() => {});
    };
    const { run, clock } = beltWith({ agentRuntimes: { ask: asking } }, { ...AGENTCORE, timeoutMs: 3000 });
    const silent = run('orders', ask);
    clock.advance(3000);
    const outcome = run('orders', ask);
    said = 'Your order left on Monday, and';
    clock.advance(3000);

    expect(await silent).toMatchObject({ kind: 'failed', code: 'TOOL_TIMEOUT' });
    expect(await outcome).toEqual({
      kind: 'answer',
      output: { answer: said, notes: [expect.stringContaining('the rest of the answer is missing')] },
    });
    expect(clock.pendingTimers).toBe(0);
  });

  it('leaves an agent alone no sooner because it speaks for long', async () => {
    let askCount = 0;
    const asking = (_target: unknown, _payload: unknown, { streams }: AskContext) => {
      askCount++;
      streams?.(() => 'A long story');
      return new Promise<AgentAnswer>(() => {});
    };
    const { run, clock } = beltWith({ agentRuntimes: { ask: asking } }, AGENTCORE);
    for (let time = 0; time < 7; time++) {
      const outcome = run('orders', ask);
      clock.advance(8000);
      expect(await outcome).toMatchObject({ kind: 'answer' });
    }
    expect(askCount).toBe(7);
  });

  it('gives nothing that a guard would have to look over first', async () => {
    const asking = (_target: unknown, _payload: unknown, { streams }: AskContext) => {
      streams?.(() => 'Anna lives in');
      return new Promise<AgentAnswer>(() => {});
    };
    const guard = async (text: string) => ({ text, blocked: false });
    const { run, clock } = guardedBelt(guard, { agentRuntimes: { ask: asking } }, AGENTCORE);
    const outcome = run('orders', ask);
    clock.advance(8000);

    expect(await outcome).toMatchObject({ kind: 'failed', code: 'TOOL_TIMEOUT' });
  });

  it('ends with the call', async () => {
    const { asked, ports } = agent(new Promise<AgentAnswer>(() => {}));
    const { run, clock, abort } = beltWith(ports, AGENTCORE);
    const outcome = run('orders', ask);
    await settled();
    abort.abort();

    expect(await outcome).toMatchObject({ kind: 'failed' });
    expect(asked[0]!.signal.aborted).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('asks nobody for a call that is over', async () => {
    const { asked, ports } = agent(answer('x'));
    const { run, abort } = beltWith(ports, AGENTCORE);
    abort.abort();

    expect(await run('orders', ask)).toMatchObject({ kind: 'failed' });
    expect(asked).toEqual([]);
  });
});

describe('a second attempt', () => {
  it('is made for documents that are busy for a moment', async () => {
    const { askCount, ports } = library(BUSY, []);
    const { run, clock } = beltWith(ports, KNOWLEDGE);
    const outcome = run('handbook', query);
    await settled();
    expect(askCount()).toBe(1);
    clock.advance(150);

    expect(await outcome).toMatchObject({ kind: 'answer' });
    expect(askCount()).toBe(2);
  });

  it('is the last one', async () => {
    const { askCount, ports } = library(BUSY);
    const { run, clock } = beltWith(ports, KNOWLEDGE);
    const outcome = run('handbook', query);
    await settled();
    clock.advance(150);

    expect(await outcome).toMatchObject({ kind: 'failed', output: { error: 'the documents are busy' } });
    expect(askCount()).toBe(2);
  });

  it('is not made when the failure will not pass', async () => {
    const { askCount, ports } = library(new BridgeError('TOOL_FAILED', 'no', { reason: 'refused', retryable: false }));
    await beltWith(ports, KNOWLEDGE).run('handbook', query);

    expect(askCount()).toBe(1);
  });

  it('is not made when less than half of the time is left', async () => {
    const first = pending<Passage[]>();
    let askCount = 0;
    const retrieve = () => {
      askCount++;
      return first.promise;
    };
    const { run, clock } = beltWith({ knowledgeBases: { retrieve } }, { ...KNOWLEDGE, timeoutMs: 1000 });
    const outcome = run('handbook', query);
    clock.advance(501);
    first.reject(BUSY);

    expect(await outcome).toMatchObject({ kind: 'failed' });
    expect(askCount).toBe(1);
  });

  it('is not made of agents, which may have acted already', async () => {
    const { asked, ports } = agent(BUSY);
    await beltWith(ports, AGENTCORE).run('orders', ask);

    expect(asked).toHaveLength(1);
  });
});

describe('a target that fails', () => {
  const DOWN = new BridgeError('TOOL_FAILED', 'the agent is down', { reason: 'unavailable', retryable: true });

  it('is left alone after five failures, for all who use it, and tried again after fifteen seconds', async () => {
    const { asked, ports } = agent(DOWN, DOWN, DOWN, DOWN, DOWN, answer('back'));
    const { run, clock, lines } = beltWith(ports, AGENTCORE, { ...AGENTCORE, name: 'same_runtime' });
    for (let failure = 0; failure < 5; failure++) await run('orders', ask);
    const refused = await run('same_runtime', ask, { callSid: 'CA2' });

    expect(asked).toHaveLength(5);
    expect(refused).toMatchObject({
      code: 'TOOL_FAILED',
      output: { error: expect.stringContaining('has been failing') },
    });
    clock.advance(15_000);
    expect(await run('orders', ask)).toMatchObject({ output: { answer: 'back' } });
    expect(lines.filter((line) => line.includes('target changed')).map((line) => JSON.parse(line).circuit)).toEqual([
      'open',
      'half-open',
      'closed',
    ]);
  });

  it('touches no other target', async () => {
    const { asked, ports } = agent(DOWN);
    const other = { ...AGENTCORE, name: 'other', qualifier: 'PROD' };
    const { run } = beltWith(ports, AGENTCORE, other);
    for (let failure = 0; failure < 6; failure++) await run('orders', ask);
    await run('other', ask);

    expect(asked).toHaveLength(6);
  });

  it('fails by silence as well', async () => {
    const { asked, ports } = agent(new Promise<AgentAnswer>(() => {}));
    const { run, clock } = beltWith(ports, AGENTCORE);
    const outcomes = Array.from({ length: 5 }, () => run('orders', ask));
    clock.advance(8000);
    await Promise.all(outcomes);

    expect(await run('orders', ask)).toMatchObject({ output: { error: expect.stringContaining('has been failing') } });
    expect(asked).toHaveLength(5);
  });

  it('is not blamed for callers who hang up, nor for what it answers', async () => {
    const refusal = new BridgeError('TOOL_FAILED', 'no such order', { reason: 'agent-error' });
    const { asked, ports } = agent(...Array(5).fill(new Promise<AgentAnswer>(() => {})), refusal);
    const { run } = beltWith(ports, AGENTCORE);
    for (let call = 0; call < 5; call++) {
      const hangUp = new AbortController();
      const outcome = run('orders', ask, { callSid: `CA${call}`, signal: hangUp.signal });
      hangUp.abort();
      await outcome;
    }
    for (let failure = 0; failure < 6; failure++) await run('orders', ask);

    expect(asked).toHaveLength(11);
  });
});

describe('a target that does not let one agent in, or is just changing for one call', () => {
  it.each(['credentials', 'conflict'])('is asked for all others: %s', async (reason) => {
    const failing = new BridgeError('TOOL_FAILED', 'no', { reason, retryable: false });
    const { asked, ports } = agent(...Array(9).fill(failing), answer('hello'));
    const { run } = beltWith(ports, AGENTCORE);
    for (let failure = 0; failure < 9; failure++) await run('orders', ask);

    expect(await run('orders', ask)).toMatchObject({ kind: 'answer' });
    expect(asked).toHaveLength(10);
  });
});

describe('the same tool call again', () => {
  it('joins the run, while it goes on and later', async () => {
    const first = pending<AgentAnswer>();
    const { asked, ports } = agent(first.promise);
    const { run } = beltWith(ports, AGENTCORE);
    const twice = [run('orders', ask, { callId: 'a' }), run('orders', ask, { callId: 'a' })];
    first.resolve(answer('done'));
    const [one, two] = await Promise.all(twice);

    expect(two).toBe(one);
    expect(await run('orders', ask, { callId: 'a' })).toBe(one);
    expect(asked).toHaveLength(1);
  });

  it('is another run in another call, and under another id', async () => {
    const { asked, ports } = agent(answer('done'));
    const { run } = beltWith(ports, AGENTCORE);
    await run('orders', ask, { callId: 'a' });
    await run('orders', ask, { callId: 'b' });
    await run('orders', ask, { callId: 'a', callSid: 'CA2' });

    expect(asked).toHaveLength(3);
  });

  it('is forgotten with the call', async () => {
    const { asked, ports } = agent(answer('done'));
    const { run, abort } = beltWith(ports, AGENTCORE);
    await run('orders', ask, { callId: 'a' });
    abort.abort();
    await run('orders', ask, { callId: 'a', signal: new AbortController().signal });

    expect(asked).toHaveLength(2);
  });
});

describe('the guard', () => {
  const secret = agent(answer('Call Anna at home.')).ports;

  it('changes what may be said', async () => {
    const { run } = guardedBelt(
      async (text) => ({ text: text.replace('Anna', '{NAME}'), blocked: false }),
      secret,
      AGENTCORE,
    );

    expect(await run('orders', ask)).toEqual({ kind: 'answer', output: { answer: 'Call {NAME} at home.' } });
  });

  it('puts other words in place of what may not be said', async () => {
    const { run } = guardedBelt(async () => ({ text: 'I cannot talk about this.', blocked: true }), secret, AGENTCORE);
    const outcome = await run('orders', ask);

    expect(outcome).toMatchObject({ kind: 'failed', output: { error: 'I cannot talk about this.' } });
    expect(JSON.stringify(outcome)).not.toContain('Anna');
  });

  it('gives the result as text when its JSON is broken by it', async () => {
    const { run } = guardedBelt(async () => ({ text: '{"answer":***', blocked: false }), secret, AGENTCORE);

    expect(await run('orders', ask)).toEqual({ kind: 'answer', output: { result: '{"answer":***' } });
  });

  it('lets nothing through when it fails, or keeps silent', async () => {
    const failing = guardedBelt(async () => Promise.reject(new Error('down')), secret, AGENTCORE);
    const silent = guardedBelt(() => new Promise(() => {}), secret, AGENTCORE);
    const waiting = silent.run('orders', ask);
    await settled();
    silent.clock.advance(8000);

    expect(await failing.run('orders', ask)).toMatchObject({ output: { error: 'the result could not be checked' } });
    expect(await waiting).toMatchObject({ code: 'TOOL_TIMEOUT' });
  });

  it('looks over the words of an agent that reports an error as well', async () => {
    const error = new BridgeError('TOOL_FAILED', 'the agent: Anna is unknown', { reason: 'agent-error', status: 424 });
    const masked = guardedBelt(
      async (text) => ({ text: text.replace('Anna', '{NAME}'), blocked: false }),
      agent(error).ports,
      AGENTCORE,
    );
    const blocked = guardedBelt(
      async () => ({ text: 'I cannot talk about this.', blocked: true }),
      agent(error).ports,
      AGENTCORE,
    );

    expect(await masked.run('orders', ask)).toMatchObject({
      kind: 'failed',
      output: { error: 'the agent: {NAME} is unknown', advice: expect.stringContaining('what went wrong') },
    });
    expect(await blocked.run('orders', ask)).toMatchObject({
      kind: 'failed',
      output: { error: 'I cannot talk about this.' },
    });
    expect(JSON.parse(masked.lines[0]!)).toMatchObject({ msg: 'tool failed', reason: 'agent-error' });
  });

  it('is not asked about words of our own', async () => {
    let askCount = 0;
    const guard = async (text: string) => ({ text, blocked: askCount++ >= 0 });
    const { run } = guardedBelt(guard, {}, { kind: 'hang-up', name: 'end_call', description: 'Ends.' });

    expect(await run('end_call')).toMatchObject({ kind: 'hang-up' });
    expect(askCount).toBe(0);
  });
});

describe('the log', () => {
  it('has a line for each run, without what was asked or answered', async () => {
    const { run, lines } = beltWith(agent(answer('Anna lives in Oslo.')).ports, AGENTCORE);
    await run('orders', { prompt: 'Where does Anna live?' });

    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      tool: 'orders',
      kind: 'agentcore',
      outcome: 'answer',
      durationMs: 0,
    });
    expect(lines[0]).not.toContain('Anna');
  });

  it('tells why a run failed, without secrets and without words of the agent', async () => {
    const credentials = new BridgeError('TOOL_FAILED', 'token=abcdefgh12345 is old', { reason: 'credentials' });
    const personal = new BridgeError('TOOL_FAILED', 'Anna has no order', { reason: 'agent-error' });
    const { run, lines } = beltWith(agent(credentials, personal).ports, AGENTCORE);
    await run('orders', ask);
    await run('orders', ask);

    expect(JSON.parse(lines[0]!)).toMatchObject({ reason: 'credentials', error: 'token=[redacted] is old' });
    expect(JSON.parse(lines[1]!)).toMatchObject({ reason: 'agent-error', code: 'TOOL_FAILED' });
    expect(lines[1]).not.toContain('Anna');
  });

  it('has the words of the service for the operator, of which callers hear nothing', async () => {
    const service = 'AccessDeniedException: not allowed: s3vectors:GetVectors with token=abcdefgh12345';
    const denied = new BridgeError('TOOL_FAILED', 'the search does not let us in', { reason: 'credentials', service });
    const { run, lines } = beltWith(library(denied).ports, KNOWLEDGE);
    const outcome = await run('handbook', query);

    expect(JSON.parse(lines[0]!).service).toBe(
      'AccessDeniedException: not allowed: s3vectors:GetVectors with token=[redacted]',
    );
    expect(JSON.stringify(outcome.output)).not.toContain('GetVectors');
  });

  it('tells what a token server refused, and what is not set up', async () => {
    const refused = { reason: 'credentials', tokenStatus: 401, oauthError: 'invalid_client' };
    const missing = { reason: 'credentials', problem: 'no workload identity is configured' };
    const errors = [refused, missing].map((details) => new BridgeError('TOOL_FAILED', 'not let in', details));
    const { run, lines } = beltWith(agent(...errors).ports, AGENTCORE);
    await run('orders', ask);
    await run('orders', ask);

    expect(lines.map((line) => JSON.parse(line))).toMatchObject([refused, missing]);
  });
});

describe('why a tool failed', () => {
  const failing = (details: object, message = 'it failed') => new BridgeError('TOOL_FAILED', message, { ...details });
  const busy = { reason: 'throttled', service: 'ThrottlingException: slow down', status: 429 };
  const page = { reason: 'bad-answer', contentType: 'text/html' };

  it.each([
    ['a service that is busy', busy, { reason: 'throttled', service: busy.service, problem: 'HTTP 429' }],
    ['a web page', page, { reason: 'bad-answer', problem: 'content type text/html' }],
    [
      'a wrong client secret',
      { reason: 'credentials', tokenStatus: 401, oauthError: 'invalid_client' },
      { reason: 'credentials', problem: 'the token server answered invalid_client; HTTP of the token server: 401' },
    ],
    [
      'a workload without a name',
      { reason: 'credentials', problem: 'no workload identity is configured' },
      { reason: 'credentials', problem: 'no workload identity is configured' },
    ],
    [
      'words with a secret',
      { reason: 'credentials', service: 'denied: token=abcdefgh12345' },
      { reason: 'credentials', service: 'denied: token=[redacted]' },
    ],
    [
      'an error of its own',
      { reason: 'agent-error', service: 'Anna is unknown', status: 424 },
      { reason: 'agent-error' },
    ],
  ])('is told beside the words for the model: %s', async (_what, details, why) => {
    const outcome = await beltWith(agent(failing(details)).ports, AGENTCORE).run('orders', ask);

    expect(outcome).toMatchObject({ kind: 'failed', code: 'TOOL_FAILED', why });
    expect(outcome.kind === 'failed' && outcome.why).toEqual(why);
    expect(Object.keys(outcome.output)).toEqual(['error', 'advice']);
  });

  it('is left out where the code says it all', async () => {
    const outcome = await beltWith({}, AGENTCORE).run('orders', {});

    expect(outcome).toMatchObject({ code: 'TOOL_INPUT_INVALID' });
    expect(outcome).not.toHaveProperty('why');
  });

  it('is a guardrail when that has put other words in its place', async () => {
    const guard = async () => ({ text: 'I cannot talk about this.', blocked: true });
    const outcome = await guardedBelt(guard, agent(answer('x')).ports, AGENTCORE).run('orders', ask);

    expect(outcome).toMatchObject({ kind: 'failed', why: { reason: 'guardrail' } });
  });
});
