import { describe, expect, it } from 'vitest';
import { startBedrockAgents } from '../../src/emulator/bedrock-agents/server.js';
import { AGENT, bedrockAgentsForTests, CANCEL } from './bedrock-rig.js';
import { CALL_SID } from './rig.js';

const { rig, agentsAt, open } = bedrockAgentsForTests();

describe('a Bedrock agent', () => {
  it('gets the question and who is calling, in the session of the call', async () => {
    const { agents, service, context } = await rig((text, { id, count, attributes }) => ({
      chunks: [`${text} ${id} ${count} ${attributes.caller}`],
    }));

    await agents.ask(AGENT, 'where is it?', context);
    const answer = await agents.ask(AGENT, 'and now?', context);

    expect(answer).toEqual({ text: `and now? ${CALL_SID} 2 +14155550100`, notes: [] });
    expect(service.sessions).toHaveLength(1);
    expect(new Set(service.requests.map(({ headers }) => headers.connection))).toEqual(new Set(['keep-alive']));
  });

  it('may cut its words within a character', async () => {
    const bytes = Buffer.from('Größe 42 €');
    const { agents, context } = await rig({ chunks: [...bytes].map((byte) => Buffer.of(byte)) });

    expect(await agents.ask(AGENT, 'size?', context)).toEqual({ text: 'Größe 42 €', notes: [] });
  });

  it('may cite its sources, each of which is given once', async () => {
    const reference = {
      content: { text: 'Returns are free.' },
      location: { type: 'S3', s3Location: { uri: 's3://docs/returns.md' } },
    };
    const custom = { content: { text: 'x' }, location: { type: 'CUSTOM', customDocumentLocation: { id: 'doc-7' } } };
    const nowhere = { content: { text: 'y' } };
    const { agents, context } = await rig({
      chunks: ['Free.'],
      citations: [{ retrievedReferences: [reference, custom] }, { retrievedReferences: [reference, nowhere] }],
    });

    expect(await agents.ask(AGENT, 'returns?', context)).toEqual({
      text: 'Free.',
      citations: [
        { source: 's3://docs/returns.md', text: 'Returns are free.' },
        { source: 'doc-7', text: 'x' },
        { source: null, text: 'y' },
      ],
      notes: [],
    });
  });

  it('may make files, which are noted', async () => {
    const { agents, context } = await rig({
      chunks: ['Done.'],
      files: [{ name: 'report.csv', type: 'text/csv', bytes: 'a,b' }],
    });

    expect((await agents.ask(AGENT, 'report', context)).notes).toEqual([
      'The agent also made files, which cannot be given here: report.csv.',
    ]);
  });

  it('that wants something done is noted to want it', async () => {
    const api = {
      apiInvocationInput: {
        actionGroup: 'refunds',
        httpMethod: 'POST',
        apiPath: '/refunds',
        parameters: [{ name: 'order', type: 'string', value: '42' }],
        requestBody: {
          content: { 'application/json': { properties: [{ name: 'amount', type: 'number', value: '5' }] } },
        },
      },
    };
    const asking = {
      functionInvocationInput: {
        ...CANCEL.functionInvocationInput,
        actionInvocationType: 'USER_CONFIRMATION' as const,
      },
    };
    const { agents, context } = await rig({ returnControl: { invocationInputs: [asking, api] } });

    expect(await agents.ask(AGENT, 'cancel it', context)).toEqual({
      text: '',
      notes: [
        'The agent wants this done, and it has not been done: cancel_order(order: 42), if the caller agrees; POST /refunds(order: 42, amount: 5).',
      ],
    });
  });

  it('goes on with what was done for it', async () => {
    const wanted: unknown[] = [];
    const { agents, context } = await rig(
      (text, { results }) =>
        results
          ? { chunks: [`${text}Cancelled: ${JSON.stringify(results)}`] }
          : { returnControl: { invocationInputs: [CANCEL] } },
      {
        doWanted: async (actions) => {
          wanted.push(...actions);
          return [{ isDone: true, output: { result: 'ok' } }];
        },
      },
    );

    const answer = await agents.ask(AGENT, 'cancel it', context);

    expect(wanted).toEqual([{ name: 'cancel_order', input: { order: '42' }, wantsConsent: false }]);
    const [result, ...more] = JSON.parse(answer.text.slice('Cancelled: '.length));
    expect(result).toMatchObject({
      actionGroup: 'orders',
      function: 'cancel_order',
      responseBody: { TEXT: { body: '{"result":"ok"}' } },
    });
    expect(result.responseState).toBeUndefined();
    expect(more).toEqual([]);
    expect(answer.notes).toEqual([]);
  });

  it('that wants one thing after another is asked five times', async () => {
    const { agents, service, context } = await rig(
      { returnControl: { invocationInputs: [CANCEL] } },
      { doWanted: async () => [{ isDone: false, output: { error: 'no' } }] },
    );

    const { notes } = await agents.ask(AGENT, 'cancel it', context);

    expect(service.requests).toHaveLength(5);
    expect(notes[0]).toMatch(/^The agent wants this done/);
  });

  it('is told when its session is over', async () => {
    const { agents, service, lines, clock, context } = await rig({ chunks: ['x'] });
    await agents.ask(AGENT, 'where?', context);

    await agents.end(AGENT, CALL_SID);

    expect(service.sessions[0]?.endedBy).toBe('client');
    expect(lines).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is on the list with its aliases', async () => {
    const answer = () => ({});
    const other = 'SHOPS00001';
    const service = await startBedrockAgents({
      agents: [
        { ...AGENT, name: 'orders', answer },
        { ...AGENT, agentAliasId: 'LIVE000001', aliasName: 'live', answer },
        { agentId: other, agentAliasId: 'TSTALIASID', answer },
      ],
    });
    open.push(service);
    const { agents } = agentsAt(service.url);

    expect(await agents.list()).toEqual([
      {
        agentId: AGENT.agentId,
        name: 'orders',
        status: 'PREPARED',
        aliases: [
          { agentAliasId: 'TSTALIASID', name: 'TSTALIASID', status: 'PREPARED' },
          { agentAliasId: 'LIVE000001', name: 'live', status: 'PREPARED' },
        ],
      },
      {
        agentId: other,
        name: other,
        status: 'PREPARED',
        aliases: [{ agentAliasId: 'TSTALIASID', name: 'TSTALIASID', status: 'PREPARED' }],
      },
    ]);
  });
});
