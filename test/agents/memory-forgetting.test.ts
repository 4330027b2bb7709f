import { describe, expect, it } from 'vitest';
import { agentMemory } from '../../src/agents/memory.js';
import { FakeClock } from '../../src/clock.js';
import { startAgentCore } from '../../src/emulator/agentcore/server.js';
import { closedAfterTests, failureOfPromise, placeOf } from './rig.js';

const open = closedAfterTests();

const MEMORY = { memoryId: 'Calls-Ab12Cd34Ef', namespace: '/actors/{actorId}' };
const CALLER = '+14155550101';
/** Whose number begins alike. */
const OTHER = '+141555501012';
const { signal } = new AbortController();

async function rig() {
  const clock = new FakeClock();
  const core = await startAgentCore({
    memories: [
      {
        memoryId: MEMORY.memoryId,
        strategies: [{ memoryStrategyId: 'facts-Ab12Cd34Ef', namespace: '/actors/{actorId}/facts' }],
        extractsAfterMs: 1000,
      },
    ],
    clock,
  });
  const memory = agentMemory({ place: placeOf(core.url) });
  open.push(core, memory);
  const say = async (actorId: string, sessionId: string, text: string) =>
    memory.remember(MEMORY, { actorId, sessionId, role: 'caller', text, atMs: clock.now(), signal });
  const recall = (actorId: string) => memory.recall(MEMORY, actorId, { query: 'tea', maxResults: 100, signal });
  return { clock, core, memory, say, recall };
}

describe('a person who is forgotten', () => {
  it('loses the events of all calls and what was learnt of them, however many pages there are', async () => {
    const { clock, core, memory, say, recall } = await rig();
    for (let turn = 0; turn < 105; turn++) await say(CALLER, 'CA1', `likes tea ${turn}`);
    for (let call = 2; call < 5; call++) await say(CALLER, `CA${call}`, 'likes tea');
    clock.advance(1000);

    expect(await memory.forget(MEMORY, CALLER, signal)).toEqual({ events: 108, records: 108 });
    expect(core.events).toEqual([]);
    expect(await recall(CALLER)).toEqual([]);
    expect(await memory.forget(MEMORY, CALLER, signal)).toEqual({ events: 0, records: 0 });
  });

  it('takes nobody else along, not even one whose number begins alike', async () => {
    const { clock, core, memory, say, recall } = await rig();
    await say(CALLER, 'CA1', 'likes tea');
    await say(OTHER, 'CA2', 'likes tea as well');
    clock.advance(1000);

    expect(await memory.forget(MEMORY, CALLER, signal)).toEqual({ events: 1, records: 1 });
    expect(core.events).toMatchObject([{ sessionId: 'CA2' }]);
    expect(await recall(OTHER)).toEqual(['likes tea as well']);
  });

  it('is no reason to delete records of everybody, where the namespace names no actor', async () => {
    const { clock, memory, say } = await rig();
    await say(CALLER, 'CA1', 'likes tea');
    clock.advance(1000);

    expect(await memory.forget({ ...MEMORY, namespace: '/actors' }, CALLER, signal)).toEqual({ events: 1, records: 0 });
  });

  it('is told to be known still, where the memory cannot be asked or is not there', async () => {
    const { core, memory, say } = await rig();
    await say(CALLER, 'CA1', 'likes tea');
    core.failNext(
      { kind: 'http', status: 403, type: 'AccessDeniedException', message: 'User: x is not authorized' },
      1,
      ({ operation }) => operation === 'DeleteEvent',
    );

    expect(await failureOfPromise(memory.forget(MEMORY, CALLER, signal))).toMatchObject({ code: 'TOOL_FAILED' });
    expect(
      await failureOfPromise(memory.forget({ ...MEMORY, memoryId: 'Nobody-Ab12Cd34Ef' }, CALLER, signal)),
    ).toMatchObject({ code: 'TOOL_FAILED' });
    expect(core.events).toHaveLength(1);
  });
});
