import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgentInput, agentInputSchema } from '../../src/directory/agent.js';
import { FIXTURES_DIR, type Fixture, loadFixture } from '../../src/replay/fixture/fixture.js';
import { servicesSchema } from '../../src/replay/fixture/services.js';
import { replay } from '../../src/replay/runner.js';
import type { LocalStack } from '../../src/replay/stack/local-stack.js';
import { startStackOnServer } from './stack-on-server.js';

const ORDER = loadFixture(join(FIXTURES_DIR, 'calls', 'order-status-comes-from-an-agentcore-agent'));
const KNOWN = loadFixture(join(FIXTURES_DIR, 'calls', 'caller-is-known-from-an-earlier-call'));
const LOOKUP_URL = 'https://tools.example.com/mcp';

/** The fixture with other services, nothing expected of it. */
function changed(fixture: Fixture, services: object, agent?: Partial<AgentInput>): Fixture {
  const own = fixture.agent!;
  return {
    ...fixture,
    services: servicesSchema.parse(services),
    agent: agent ? { ...own, agent: agentInputSchema.parse({ ...own.agent, ...agent }) } : own,
    call: { ...fixture.call, expect: {} },
  };
}

describe('the services of the local stack', () => {
  let stack: LocalStack;

  beforeAll(async () => {
    stack = await startStackOnServer({ speed: 8 });
  });
  afterAll(() => stack.close());

  const outputOf = async (fixture: Fixture) => {
    const { failures, record } = await replay(fixture, stack);
    expect(failures).toEqual([]);
    return record?.toolCalls.map(({ output }) => output);
  };

  it('answer each of two calls with one agent as its own fixture says', async () => {
    const answering = (result: string) => changed(ORDER, { runtimes: { orders: { answers: [{ json: { result } }] } } });

    const outputs = await Promise.all(['Ready.', 'Sent.'].map((result) => outputOf(answering(result))));

    expect(outputs).toEqual([[{ answer: 'Ready.' }], [{ answer: 'Sent.' }]]);
  });

  it('know nothing that no fixture says', async () => {
    expect(await outputOf(changed(ORDER, {}))).toMatchObject([{ error: expect.stringMatching(/./) }]);
  });

  it('have tools of MCP servers', async () => {
    const tools = { order_status: { answers: [{ structured: { state: 'sent' } }] } };
    const agent = { tools: [{ kind: 'mcp', url: LOOKUP_URL }] } as Partial<AgentInput>;

    expect(await outputOf(changed(ORDER, { mcp: { [LOOKUP_URL]: { tools } } }, agent))).toEqual([{ state: 'sent' }]);
  });

  it('remember one caller’s facts for nobody else', async () => {
    const fixture = changed(KNOWN, { memory: ['The caller likes tea.'] });
    const stranger = { ...changed(KNOWN, {}), call: { ...fixture.call, from: '+14155550138' } };

    const known = await replay(fixture, stack);
    const unknown = await replay(stranger, stack);

    expect(known.call?.prompts[0]).toContain('The caller likes tea.');
    expect(unknown.call?.prompts[0]).not.toContain('tea');
  });
});
