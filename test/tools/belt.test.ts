import { describe, expect, it } from 'vitest';
import { BridgeError } from '../../src/errors.js';
import type { AgentAnswer, Passage } from '../../src/tools/ports.js';
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

describe('the waits of a tool', () => {
  it('are known from its runs, and from those that took too long', async () => {
    const { run, clock, belt } = beltWith(agent(new Promise<AgentAnswer>(() => {})).ports, AGENTCORE);
    const outcome = run('ORDERS', ask);
    clock.advance(8000);
    await outcome;

    expect(belt.waits.waitOf('agent-1', 'orders')).toEqual({ count: 1, p50Ms: 8000, p95Ms: 8000 });
  });

  it('do not count what nobody was asked, or nobody waited for', async () => {
    const { run, belt, abort } = beltWith(agent(new Promise<AgentAnswer>(() => {})).ports, AGENTCORE, KNOWLEDGE);
    await run('orders', {});
    await run('handbook', query);
    const outcome = run('orders', ask);
    abort.abort();
    await outcome;

    expect(belt.waits.waitOf('agent-1', 'orders')).toBeUndefined();
    expect(belt.waits.waitOf('agent-1', 'handbook')).toBeUndefined();
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
    expect(JSON.stringify(outcome)).not.toContain('GetVectors');
  });
});
