import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LocalStack } from '../../src/replay/stack/local-stack.js';
import { startStackOnServer } from './stack-on-server.js';

interface Job {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly agentId: string;
}

const CALLER = '+14155550161';
const POLLING = { timeout: 200_000, interval: 100 };
const WHOLE_WAY_MS = 500_000;
const QUESTION = 'When is my card payment refunded?';
const sop = (days: number) => `# Refunds of the lamp shop

1. Ask for the order number.
2. Card payments are refunded within ${days} business days.
3. Never promise a refund in cash.
`;

let stack: LocalStack;
beforeAll(async () => {
  stack = await startStackOnServer({ speed: 4 });
}, WHOLE_WAY_MS);
afterAll(() => stack.close());

/** Has a version made and approved. */
async function published(body: object): Promise<Job> {
  const humanHandoffDescription = 'The desk at +14155550142.';
  const { id } = await stack.admin.post<Job>('/creator/jobs', { humanHandoffDescription, ...body });
  const job = async () => (await stack.admin.find<Job>(`/creator/jobs/${id}`))!;
  const state = async () => {
    const now = await job();
    if (['failed', 'needs_attention'].includes(now.state)) throw new Error(now.reason ?? now.state);
    return now.state;
  };
  await expect.poll(state, POLLING).toBe('awaiting_approval');
  await stack.admin.post(`/creator/jobs/${id}/approve`, undefined);
  await expect.poll(state, POLLING).toBe('published');
  return job();
}

/** What the program behind the agent's tool answers, as in a call of now. */
async function answerOf(agentId: string): Promise<string> {
  const asked = await stack.admin.post<object>(`/agents/${agentId}/ask`, {
    ...{ tool: 'business_agent', from: CALLER, input: { prompt: QUESTION } },
  });
  return JSON.stringify(asked);
}

it('a made agent that is rolled back is answered for by the program of the version before', {
  timeout: WHOLE_WAY_MS,
}, async () => {
  const { agentId } = await published({ sop: sop(5) });
  const first = await answerOf(agentId);
  await published({ sop: sop(9), agentId });
  const second = await answerOf(agentId);

  const rolledBack = await stack.admin.post<{ version: number }>(`/agents/${agentId}/rollback`, { version: 1 });
  const again = await answerOf(agentId);

  expect(first).toContain('within 5 business days');
  expect(second).toContain('within 9 business days');
  expect(rolledBack.version).toBe(3);
  expect(again).toContain('within 5 business days');
  expect(again).not.toContain('within 9 business days');
});
