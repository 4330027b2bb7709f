import { describe, expect, it } from 'vitest';
import { bedrockAgents } from '../../src/agents/bedrock-agents.js';
import { FakeClock } from '../../src/clock.js';
import type { AgentScript, FunctionInput } from '../../src/emulator/bedrock-agents/script.js';
import { startBedrockAgents } from '../../src/emulator/bedrock-agents/server.js';
import { closedAfterTests, listeningLog, placeOf } from '../agents/rig.js';
import { beltWith, pending } from './rig.js';

const open = closedAfterTests();

const BILLING = {
  kind: 'bedrock-agent',
  name: 'billing',
  description: 'Billing.',
  agentId: 'ORDERS0001',
  agentAliasId: 'TSTALIASID',
};
const REFUND = {
  kind: 'scripted',
  name: 'refund',
  description: 'Refunds.',
  inputSchema: {
    type: 'object',
    properties: { order: { type: 'string' }, amount: { type: 'integer' } },
    required: ['order', 'amount'],
    additionalProperties: false,
  },
  answers: [{ output: { refunded: true } }],
};
const HANDOFF = { kind: 'handoff', name: 'person', description: 'A person.', to: '+14155550111' };
const WANTED: FunctionInput = {
  actionGroup: 'money',
  function: 'refund',
  parameters: [
    { name: 'order', type: 'string', value: '42' },
    { name: 'amount', type: 'integer', value: '5' },
  ],
};

/** A classic agent that wants these things done first, and the belt of the agent that asks it. */
async function wanting(wanted: readonly FunctionInput[], more: { script?: Partial<AgentScript>; tool?: object } = {}) {
  const results: unknown[] = [];
  const service = await startBedrockAgents({
    agents: [
      {
        ...BILLING,
        answer(_text, session) {
          if (!session.results) {
            return { returnControl: { invocationInputs: wanted.map((each) => ({ functionInvocationInput: each })) } };
          }
          results.push(...session.results);
          return { chunks: ['All settled.'] };
        },
        ...more.script,
      },
    ],
  });
  const { log } = listeningLog();
  const agents = bedrockAgents({ place: placeOf(service.url), clock: new FakeClock(), log });
  open.push(service, agents);
  const belt = beltWith({ bedrockAgents: agents }, { ...BILLING, ...more.tool }, REFUND, HANDOFF);
  return { ...belt, service, results };
}

describe('what a classic agent wants done', () => {
  it('is done by the tool of that name, and the agent goes on with what came of it', async () => {
    const { run, results } = await wanting([WANTED]);

    expect(await run('billing', { prompt: 'my money' })).toEqual({
      kind: 'answer',
      output: { answer: 'All settled.' },
      wanted: [
        {
          name: 'refund',
          kind: 'scripted',
          input: { order: '42', amount: 5 },
          output: { refunded: true },
          startMs: 0,
          durationMs: 0,
          outcome: 'answered',
        },
      ],
    });
    expect(results).toMatchObject([
      { actionGroup: 'money', function: 'refund', responseBody: { TEXT: { body: '{"refunded":true}' } } },
    ]);
  });

  it('and fails, is told to the agent in words, which may think again', async () => {
    const { run, results } = await wanting([
      { ...WANTED, parameters: [{ name: 'order', type: 'string', value: '42' }] },
    ]);

    expect(await run('billing', { prompt: 'my money' })).toMatchObject({
      kind: 'answer',
      wanted: [{ name: 'refund', input: { order: '42' }, outcome: 'failed', code: 'TOOL_INPUT_INVALID' }],
    });
    expect(results).toMatchObject([
      { responseState: 'REPROMPT', responseBody: { TEXT: { body: expect.stringContaining('amount') } } },
    ]);
  });

  it.each<[string, FunctionInput]>([
    ['that no tool can do', { ...WANTED, function: 'cancel' }],
    ['by a tool that acts on the call', { ...WANTED, function: 'person' }],
    ['by itself', { ...WANTED, function: 'billing' }],
    ['if the caller agrees', { ...WANTED, actionInvocationType: 'USER_CONFIRMATION_AND_RESULT' }],
  ])('%s is told to the model, and nothing of it is done', async (_what, other) => {
    const { run, results, service, lines } = await wanting([WANTED, other]);

    const outcome = await run('billing', { prompt: 'my money' });

    expect(outcome).not.toHaveProperty('wanted');
    expect(outcome.output.notes).toEqual([
      expect.stringContaining('it has not been done: refund(order: 42, amount: 5); '),
    ]);
    expect(results).toEqual([]);
    expect(service.requests).toHaveLength(1);
    expect(lines.join()).not.toContain('"tool":"refund"');
  });
});

describe('what was done for a classic agent', () => {
  it('is told of a run that fails in the end, and of one whose time is over what was begun', async () => {
    const slow = { ...REFUND, answers: [{ output: { refunded: true }, delayMs: 60_000 }] };
    const asked = pending<void>();
    const { run, clock } = beltWith(
      {
        bedrockAgents: {
          async ask(_target, _prompt, { doWanted }) {
            const done = doWanted([{ name: 'refund', input: { order: '42', amount: 5 }, wantsConsent: false }]);
            asked.resolve();
            await done;
            throw new Error('the ledger is closed');
          },
        },
      },
      { ...BILLING, timeoutMs: 3000 },
      slow,
    );

    const outcome = run('billing', { prompt: 'my money' });
    await asked.promise;
    clock.advance(3000);

    expect(await outcome).toMatchObject({
      ...{ kind: 'failed', code: 'TOOL_TIMEOUT' },
      wanted: [{ name: 'refund', output: {}, startMs: 0, durationMs: 3000, outcome: 'aborted' }],
    });
  });
});

describe('a classic agent that fails', () => {
  const script = {
    answer: () => ({ trace: [{ failureTrace: { failureReason: 'the ledger is closed' } }] }),
  };

  it('says why only where its trace is wanted', async () => {
    const traced = await wanting([], { script, tool: { trace: true } });
    const untraced = await wanting([], { script });

    const why = 'the agent: the ledger is closed';
    expect((await traced.run('billing', { prompt: 'a' })).output.error).toBe(why);
    expect((await untraced.run('billing', { prompt: 'a' })).output.error).not.toBe(why);
  });
});
