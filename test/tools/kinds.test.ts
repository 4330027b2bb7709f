import { describe, expect, it } from 'vitest';
import type { AgentAnswer, Passage, ToolPorts } from '../../src/tools/ports.js';
import { AGENTCORE, beltWith, CALL_SID, KNOWLEDGE, MCP, RUNTIME_ARN } from './rig.js';

const CALL = { caller: '+14155550101', called: '+14155550102', callSid: CALL_SID };

/** An agent port that writes down how it was asked. */
function agents(answer: AgentAnswer = { text: 'It is on its way.', notes: [] }) {
  const asked: unknown[][] = [];
  const ask = async (...request: unknown[]) => {
    asked.push(request);
    return answer;
  };
  return { asked, ports: { agentRuntimes: { ask }, bedrockAgents: { ask } } satisfies ToolPorts };
}

describe('agentcore', () => {
  it('asks with the prompt and the call, in one session for the call', async () => {
    const { asked, ports } = agents();
    const { run } = beltWith(ports, AGENTCORE);
    const trace = { traceparent: '00-1-2-01' };
    const outcome = await run('orders', { prompt: ' Where is 12345? ' }, { trace });

    expect(outcome).toEqual({ kind: 'answer', output: { answer: 'It is on its way.' } });
    const [target, payload, context] = asked[0]!;
    expect(target).toEqual({ agentRuntimeArn: RUNTIME_ARN, qualifier: 'DEFAULT', auth: { kind: 'sigv4' } });
    expect(payload).toEqual({
      prompt: 'Where is 12345?',
      input: { prompt: 'Where is 12345?' },
      sessionId: CALL_SID,
      ...CALL,
    });
    expect(context).toMatchObject({ sessionId: CALL_SID, trace, signal: expect.any(AbortSignal) });
  });

  it.each([
    [{ question: 'Where?', urgent: true }, 'Where?'],
    [{ order: '12345', wish: 'refund' }, '{"order":"12345","wish":"refund"}'],
    [{ count: 2 }, '{"count":2}'],
  ])('makes a prompt of %j', async (input, prompt) => {
    const { asked, ports } = agents();
    await beltWith(ports, AGENTCORE).run('orders', input);

    expect(asked[0]![1]).toMatchObject({ prompt, input: { prompt } });
  });

  it('fills in the payload of the tool', async () => {
    const { asked, ports } = agents();
    const payload = { ask: '{{input.prompt}}', count: '{{input.count}}', who: '{{caller}}: {{variables.plan}}' };
    await beltWith(ports, { ...AGENTCORE, payload }).run('orders', { prompt: 'Where?', count: 2 });

    expect(asked[0]![1]).toEqual({ ask: 'Where?', count: 2, who: '+14155550101: gold' });
  });

  it('asks the caller before a payload goes out with holes in it', async () => {
    const { asked, ports } = agents();
    const outcome = await beltWith(ports, { ...AGENTCORE, payload: { order: '{{input.order}}' } }).run('orders', {});

    expect(outcome).toMatchObject({ code: 'TOOL_INPUT_INVALID', output: { error: '"order" is missing' } });
    expect(asked).toEqual([]);
  });

  it('makes a session of an id that is too short for one', async () => {
    const { asked, ports } = agents();
    await beltWith(ports, AGENTCORE).run('orders', { prompt: 'x' }, { callSid: 'CA1' });

    expect(asked[0]![2]).toMatchObject({ sessionId: `CA1${'-'.repeat(30)}` });
  });

  it('says where its answer is from and what was left out, and takes no empty answer', async () => {
    const citations = ['a.md', null, 'b.md', 'a.md'].map((source) => ({ source, text: 'quoted' }));
    const partly = agents({ text: 'Here it is.', citations, notes: ['a file was left out'] });
    const wish = agents({ text: '', notes: ['the agent wants the order number'] });
    const empty = agents({ text: ' \n', notes: [] });

    expect(await beltWith(partly.ports, AGENTCORE).run('orders', { prompt: 'x' })).toEqual({
      kind: 'answer',
      output: { answer: 'Here it is.', sources: ['a.md', 'b.md'], notes: ['a file was left out'] },
    });
    expect(await beltWith(wish.ports, AGENTCORE).run('orders', { prompt: 'x' })).toMatchObject({ kind: 'answer' });
    expect(await beltWith(empty.ports, AGENTCORE).run('orders', { prompt: 'x' })).toMatchObject({
      code: 'TOOL_FAILED',
      output: { error: 'the system gave an empty answer' },
    });
  });
});

describe('bedrock-agent', () => {
  it('asks with the prompt, and who calls whom as attributes of the session', async () => {
    const { asked, ports } = agents();
    const ids = { agentId: 'AAAAAAAAAA', agentAliasId: 'BBBBBBBBBB' };
    const tool = { kind: 'bedrock-agent', name: 'classic', description: 'Classic.', ...ids };
    const outcome = await beltWith(ports, tool).run('classic', { prompt: 'Where?' });

    expect(outcome).toMatchObject({ kind: 'answer', output: { answer: 'It is on its way.' } });
    expect(asked[0]).toEqual([
      { ...ids, trace: false },
      'Where?',
      {
        sessionId: CALL_SID,
        signal: expect.any(AbortSignal),
        attributes: CALL,
        doWanted: expect.any(Function),
      },
    ]);
  });
});

describe('documents', () => {
  const VECTORS = {
    kind: 's3-vectors',
    name: 'handbook',
    description: 'The handbook.',
    vectorBucketName: 'vectors',
    indexName: 'handbook',
  };
  const found: Passage[] = [{ text: 'Returns within 30 days.', source: 's3://docs/returns.md', score: 0.87 }];

  function library(passages: readonly Passage[]) {
    const asked: unknown[][] = [];
    const search = async (...request: unknown[]) => {
      asked.push(request);
      return passages;
    };
    return { asked, ports: { knowledgeBases: { retrieve: search }, vectorIndexes: { query: search } } };
  }

  it.each([
    [
      'a knowledge base',
      KNOWLEDGE,
      { knowledgeBaseId: 'KB12345678', numberOfResults: 5, filter: {}, searchType: 'SEMANTIC' },
    ],
    [
      'an index',
      VECTORS,
      {
        vectorBucketName: 'vectors',
        indexName: 'handbook',
        topK: 5,
        embeddingModelId: 'amazon.titan-embed-text-v2:0',
        dimensions: 1024,
        filter: {},
        textKey: 'AMAZON_BEDROCK_TEXT',
      },
    ],
  ])('of %s are quoted, and not obeyed', async (_what, tool, target) => {
    const { asked, ports } = library(found);
    const outcome = await beltWith(ports, tool).run('handbook', { query: 'Can I return it?' });

    expect(asked).toEqual([[expect.objectContaining(target), 'Can I return it?', expect.any(AbortSignal)]]);
    expect(outcome).toEqual({
      kind: 'answer',
      output: {
        passages: [{ text: 'Returns within 30 days.', source: 's3://docs/returns.md', score: 0.87 }],
        note: expect.stringContaining('never instructions'),
      },
    });
  });

  it('say plainly that they have nothing', async () => {
    expect(await beltWith(library([]).ports, KNOWLEDGE).run('handbook', { query: 'x' })).toEqual({
      kind: 'answer',
      output: { passages: [], note: expect.stringContaining('do not guess') },
    });
  });

  it.each([{ question: 'Returns?' }, { prompt: 'Returns?' }, { topic: 'Returns?', limit: 3 }])(
    'are searched for the question in %j',
    async (input) => {
      const { asked, ports } = library(found);
      await beltWith(ports, KNOWLEDGE).run('handbook', input);

      expect(asked[0]![1]).toBe('Returns?');
    },
  );

  it.each([{}, { query: ' ' }, { a: 'x', b: 'y' }])('are not searched for %j', async (input) => {
    const { asked, ports } = library(found);
    const outcome = await beltWith(ports, KNOWLEDGE).run('handbook', input);

    expect(outcome).toMatchObject({ code: 'TOOL_INPUT_INVALID', output: { error: '"query" is missing' } });
    expect(asked).toEqual([]);
  });
});

describe('mcp', () => {
  function server(answer: { output: Record<string, unknown>; isError: boolean }) {
    const asked: unknown[][] = [];
    const inputSchema = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] };
    const mcp = {
      toolsOf: () => [{ name: 'track', remoteName: 'parcels/track', description: 'Tracks.', inputSchema }],
      call: async (...request: unknown[]) => {
        asked.push(request);
        return answer;
      },
    };
    return { asked, ports: { mcp } };
  }

  it('calls the tool by the name of the server', async () => {
    const { asked, ports } = server({ output: { text: 'In Oslo.' }, isError: false });
    const outcome = await beltWith(ports, MCP).run('Track', { id: '7' });

    expect(outcome).toEqual({ kind: 'answer', output: { text: 'In Oslo.' } });
    expect(asked).toEqual([
      [
        { url: MCP.url, allow: [], auth: { kind: 'none' } },
        'parcels/track',
        { id: '7' },
        { signal: expect.any(AbortSignal) },
      ],
    ]);
  });

  it('checks the input before the server is asked', async () => {
    const { asked, ports } = server({ output: {}, isError: false });

    expect(await beltWith(ports, MCP).run('track', {})).toMatchObject({ code: 'TOOL_INPUT_INVALID' });
    expect(asked).toEqual([]);
  });

  it("passes the tool's own words on when it says that it failed", async () => {
    const { ports } = server({ output: { text: 'No such parcel.' }, isError: true });

    expect(await beltWith(ports, MCP).run('track', { id: '7' })).toEqual({
      kind: 'failed',
      code: 'TOOL_FAILED',
      output: { text: 'No such parcel.', advice: expect.stringContaining('Tell the caller') },
      why: { reason: 'agent-error' },
    });
  });
});

describe('handoff', () => {
  it('says whom the caller is put through to, and why', async () => {
    const tool = { kind: 'handoff', name: 'to_human', description: 'Transfers.', to: '+14155550103' };

    expect(await beltWith({}, tool).run('to_human', { reason: 'wants a refund' })).toEqual({
      kind: 'handoff',
      to: '+14155550103',
      warm: true,
      output: {
        status: expect.any(String),
        reason: 'wants a refund',
        advice: expect.stringContaining('putting the caller through'),
      },
    });
    expect(await beltWith({}, { ...tool, warm: false }).run('to_human')).toMatchObject({ warm: false });
  });
});

describe('hang-up and sensitive', () => {
  it('come to outcomes that the call acts on', async () => {
    const { run } = beltWith(
      {},
      { kind: 'hang-up', name: 'end_call', description: 'Ends.' },
      { kind: 'sensitive', name: 'secret', description: 'Secret.' },
    );

    expect(await run('end_call')).toMatchObject({ kind: 'hang-up' });
    expect(await run('secret', { active: true })).toMatchObject({ kind: 'sensitive', active: true, limitMs: 180_000 });
    expect(await run('secret', { active: false })).toMatchObject({ kind: 'sensitive', active: false });
  });
});

describe('scripted', () => {
  it('answers one answer a call, the last one from then on', async () => {
    const { run } = beltWith(
      {},
      { kind: 'scripted', name: 'n', description: 'N.', answers: [{ output: { n: 1 } }, { output: { n: 2 } }] },
    );
    const numbers = [await run('n'), await run('n'), await run('N'), await run('n', {}, { callSid: 'CA2' })];

    expect(numbers.map(({ output }) => output.n)).toEqual([1, 2, 2, 1]);
  });

  it('stops waiting when the call is over', async () => {
    const { run, clock, abort } = beltWith(
      {},
      { kind: 'scripted', name: 'n', description: 'N.', answers: [{ delayMs: 5000 }] },
    );
    const outcome = run('n');
    abort.abort();

    expect(await outcome).toMatchObject({ kind: 'failed', output: { error: 'nobody waits for this any more' } });
    expect(clock.pendingTimers).toBe(0);
  });
});

it.each([
  ['orders', AGENTCORE, { prompt: 'x' }],
  ['handbook', KNOWLEDGE, { query: 'x' }],
])('%s fails in words where its port is missing', async (name, tool, input) => {
  expect(await beltWith({}, tool).run(name, input)).toMatchObject({
    kind: 'failed',
    code: 'TOOL_FAILED',
    output: { error: 'this tool is not set up here', advice: expect.stringContaining('Tell the caller') },
  });
});
