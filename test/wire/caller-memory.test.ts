import { expect, it } from 'vitest';
import { startAgentCore } from '../../src/emulator/agentcore/server.js';
import { CALLER } from './bridge.js';
import { SPEECH, startStack } from './stack.js';

const MEMORY_ID = 'Callers-AbCdEf1234';

const SCRIPT = `
turns:
  - text: greet
    say: Hello
  - hear: go forward ten meters
    say: Thank you
`;

/** Bridge, model, telephone, and a memory that learns from every turn at once. */
async function remembering() {
  const core = await startAgentCore({
    memories: [
      {
        memoryId: MEMORY_ID,
        strategies: [{ memoryStrategyId: 'facts-0000000000', namespace: '/actors/{actorId}' }],
        extractsAfterMs: 0,
      },
    ],
  });
  const { url, region, credentials } = core;
  const stack = await startStack(SCRIPT, {
    agent: { greeting: 'Greet the caller with: Hello', memory: { memoryId: MEMORY_ID } },
    places: { agentCore: { endpoint: url, region, credentials } },
  });
  /** The caller says one thing and hangs up when it was answered. */
  const talk = async () => {
    const call = await stack.call();
    await stack.turnOver(call.callSid, 1);
    await call.say(SPEECH.goForward);
    await stack.turnOver(call.callSid, 2);
    call.hangUp();
    await stack.record(call.callSid);
    return call.callSid;
  };
  return { core, stack, talk };
}

it('every finished turn of a call is written to the agent’s memory, and the caller’s next call begins with it', async () => {
  const { core, stack, talk } = await remembering();
  const first = await talk();
  await expect.poll(() => core.events.length, { timeout: 20_000 }).toBe(3);
  const second = await talk();
  await stack.close();
  await core.close();

  const said = core.events.map(({ actorId, sessionId, payload }) => {
    const [{ conversational }] = payload as [{ conversational: { role: string; content: { text: string } } }];
    return [actorId, sessionId, conversational.role, conversational.content.text];
  });
  const actor = CALLER.slice(1);
  expect(said.slice(0, 3).sort()).toEqual(
    [
      [actor, first, 'ASSISTANT', 'Hello'],
      [actor, first, 'USER', 'go forward ten meters'],
      [actor, first, 'ASSISTANT', 'Thank you'],
    ].sort(),
  );
  // The bridge was stopped right after the second call: what it still had to write is there all the same.
  expect(said.slice(3).map(([, session]) => session)).toEqual([second, second, second]);
  const [before, after] = stack.bedrock.sessions.map(({ systemPrompt }) => systemPrompt);
  expect(before).not.toContain('go forward ten meters');
  expect(after).toContain('go forward ten meters');
});
