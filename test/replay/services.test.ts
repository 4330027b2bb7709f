import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadFixture } from '../../src/replay/fixture/fixture.js';

const CALL = 'description: d\nfrom: "+14155550130"\nto: "+14155550140"\nagent: asker\n';
const AGENT = `name: Asker
systemPrompt: Help.
memory: { memoryId: Callers-Ab12Cd34Ef }
tools:
  - { kind: agentcore, name: ask, description: Asks., agentRuntimeArn: "arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/orders-Ab12Cd34Ef" }
  - { kind: bedrock-agent, name: plan, description: Plans., agentId: AGENT12345, agentAliasId: ALIAS12345 }
  - { kind: s3-vectors, name: find, description: Finds., vectorBucketName: documents, indexName: handbook }
  - { kind: knowledge-base, name: ask_base, description: Asks., knowledgeBaseId: BASE123456 }
  - { kind: mcp, url: "https://tools.example.com/mcp" }
`;
const SERVICES = `runtimes:
  orders:
    answers:
      - { json: { result: Ready. }, delayMs: 300 }
      - { error: { status: 503, message: Busy. } }
bedrockAgents:
  AGENT12345: { answers: [ { wants: [ { name: refund, input: { order: "42" } } ] }, { chunks: [ At, ten. ] } ] }
documents:
  handbook: [ { name: a.md, text: It goes. } ]
memory: [ The caller likes tea. ]
knowledgeBases: { BASE123456: [ { name: b.md, text: It stops. } ] }
mcp:
  https://tools.example.com/mcp:
    tools: { lookup: { answers: [ { text: Found. } ] } }
`;

describe('services.yaml', () => {
  let dir: string;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'call-'));
    writeFileSync(join(dir, 'call.yaml'), CALL);
    writeFileSync(join(dir, 'asker.yaml'), AGENT);
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const load = (services: string) => {
    writeFileSync(join(dir, 'services.yaml'), services);
    return loadFixture(dir).services;
  };
  const faultsIn = (services: string): string => {
    try {
      load(services);
    } catch (error) {
      expect(error).toMatchObject({ code: 'FIXTURE_INVALID' });
      return (error as Error).message;
    }
    return 'no fault';
  };

  it('says what the services of the call answer', () => {
    expect(load(SERVICES)).toMatchObject({
      runtimes: {
        orders: { coldStartMs: 0, answers: [{ json: { result: 'Ready.' }, delayMs: 300 }, { error: { status: 503 } }] },
      },
      bedrockAgents: {
        AGENT12345: {
          answers: [{ wants: [{ name: 'refund', input: { order: '42' } }] }, { chunks: ['At', 'ten.'], delayMs: 0 }],
        },
      },
      documents: { handbook: [{ name: 'a.md' }] },
      memory: ['The caller likes tea.'],
      knowledgeBases: { BASE123456: [{ name: 'b.md', text: 'It stops.' }] },
      mcp: { 'https://tools.example.com/mcp': { tools: { lookup: { inputSchema: { type: 'object' } } } } },
    });
  });

  it('may be left out', () => {
    expect(loadFixture(dir).services).toEqual({
      runtimes: {},
      bedrockAgents: {},
      documents: {},
      knowledgeBases: {},
      memory: [],
      mcp: {},
    });
  });

  it.each([
    ['an unknown field', 'memory:', 'memories:', 'services.yaml:10: memories is no field here'],
    [
      'two kinds of answer in one',
      '{ json: { result: Ready. },',
      '{ sse: [ a ], json: { result: Ready. },',
      'services.yaml:4: runtimes.orders.answers[0] must have exactly one of json, sse and error',
    ],
    [
      'an answer that is none',
      '{ chunks: [ At, ten. ] }',
      '{ delayMs: 5 }',
      'services.yaml:7: bedrockAgents.AGENT12345.answers[1] must have exactly one of chunks, wants and exception',
    ],
    [
      'no answers',
      '[ { text: Found. } ]',
      '[]',
      'services.yaml:14: mcp.https://tools.example.com/mcp.tools.lookup.answers must have at least one answer',
    ],
    ['a status that is no error', '503', '200', 'services.yaml:5: runtimes.orders.answers[1].error.status'],
    [
      'a runtime that no tool asks',
      '  orders:',
      '  bookings:',
      'services.yaml:2: runtimes.bookings is asked by no tool of the agent: it asks orders',
    ],
    [
      'an agent that no tool asks',
      'AGENT12345',
      'AGENT99999',
      'services.yaml:7: bedrockAgents.AGENT99999 is asked by no tool',
    ],
    [
      'a knowledge base that no tool asks',
      '{ BASE123456',
      '{ BASE999999',
      'services.yaml:11: knowledgeBases.BASE999999 is asked by no tool of the agent: it asks BASE123456',
    ],
    ['an index that no tool asks', '  handbook:', '  other:', 'services.yaml:9: documents.other is asked by no tool'],
    [
      'a server that no tool asks',
      'tools.example.com',
      'other.example.com',
      'services.yaml:13: mcp.https://other.example.com/mcp is asked by no tool',
    ],
  ])('refuses %s with its line and reason', (_what, from, to, fault) => {
    const text = SERVICES.replace(from, to);

    expect(text).not.toBe(SERVICES);
    expect(faultsIn(text)).toContain(fault);
  });

  it.each([
    ['without a memory', 'memory: { memoryId: Callers-Ab12Cd34Ef }\n', '', 'memory belongs to no memory of the agent'],
    [
      'that hides its callers',
      '34Ef }',
      '34Ef, hashCaller: true }',
      'memory is under a hash that only its bridge can make',
    ],
  ])('refuses facts for an agent %s', (_what, from, to, fault) => {
    writeFileSync(join(dir, 'asker.yaml'), AGENT.replace(from, to));

    expect(faultsIn(SERVICES)).toContain(`services.yaml:10: ${fault}`);
  });
});
