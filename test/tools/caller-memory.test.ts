import { describe, expect, it } from 'vitest';
import type { CallFact } from '../../src/call/events.js';
import type { Turn } from '../../src/call/record.js';
import { FakeClock } from '../../src/clock.js';
import { agentInputSchema, agentVersion } from '../../src/directory/agent.js';
import { createLog } from '../../src/log.js';
import { callerMemory, type Memory, RECALL_LIMIT_MS } from '../../src/tools/caller-memory.js';
import { CALL_SID, settled } from './rig.js';

const CALLER = '+14155550101';

type Written = Parameters<Memory['remember']>[1];

function remembering(options: { memory?: object | undefined; recall?: Memory['recall'] } = {}) {
  const clock = new FakeClock();
  const memory = 'memory' in options ? options.memory : { memoryId: 'facts-AbCdEf1234' };
  const input = agentInputSchema.parse({ name: 'A', systemPrompt: 'p', ...(memory && { memory }) });
  const agent = agentVersion(input, { id: 'agent_1', version: 3, createdAt: '', defaultModelId: 'm' });
  const written: Written[] = [];
  const asked: string[] = [];
  const kept = callerMemory({
    memory: {
      recall:
        options.recall ??
        (async (_memory, actorId) => {
          asked.push(actorId);
          return ['likes tea'];
        }),
      remember: async (_memory, event) => void written.push(event),
    },
    findAgent: (id, version) => (id === 'agent_1' && version === 3 ? agent : undefined),
    secretsKey: 'k'.repeat(32),
    clock,
    log: createLog('silent'),
  });
  const startMs = clock.now();
  const tell = (fact: CallFact) =>
    kept.listener({ callSid: CALL_SID, atMs: clock.now() - startMs, ...fact }, clock.now());
  const rings = (more: Partial<Extract<CallFact, { kind: 'rang' }>> = {}) =>
    tell({
      kind: 'rang',
      direction: 'inbound',
      from: CALLER,
      to: '+14155550199',
      agentId: 'agent_1',
      agentVersion: 3,
      variables: {},
      test: false,
      ...more,
    });
  const turn = (index: number, more: Partial<Turn> & Pick<Turn, 'role'>) =>
    tell({
      kind: 'turnChanged',
      index,
      turn: { text: '', heardText: '', interrupted: false, startMs: 0, endMs: 0, heardMs: 0, ...more } as Turn,
    });
  return { clock, startMs, agent, kept, tell, rings, turn, written, asked };
}

describe('what an agent remembers of a caller', () => {
  it('is asked for by the caller’s number', async () => {
    const { kept, agent, asked } = remembering();

    expect(await kept.recall(agent, CALLER)).toEqual(['likes tea']);
    expect(asked).toEqual([CALLER]);
  });

  it('is asked for by a hash when the agent says so: always the same, and not the number', async () => {
    const { kept, agent, asked } = remembering({ memory: { memoryId: 'facts-AbCdEf1234', hashCaller: true } });
    await kept.recall(agent, CALLER);
    await kept.recall(agent, CALLER);
    await kept.recall(agent, '+14155550102');

    expect(asked[0]).toBe(asked[1]);
    expect(asked[0]).not.toBe(asked[2]);
    expect(asked[0]).toMatch(/^[0-9a-f]{32}$/);
  });

  it('never keeps the caller waiting: a slow memory is given up', async () => {
    const signals: AbortSignal[] = [];
    const { kept, agent, clock } = remembering({
      recall: (_memory, _actor, { signal }) => {
        signals.push(signal);
        return new Promise(() => undefined);
      },
    });
    const recalled = kept.recall(agent, CALLER);
    clock.advance(RECALL_LIMIT_MS);

    expect(await recalled).toEqual([]);
    expect(signals[0]?.aborted).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is nothing when the memory fails, the agent has none, or the caller withholds the number', async () => {
    const failing = remembering({ recall: () => Promise.reject(new Error('throttled')) });
    const without = remembering({ memory: undefined });
    const { kept, agent, asked } = remembering();

    expect(await failing.kept.recall(failing.agent, CALLER)).toEqual([]);
    expect(await without.kept.recall(without.agent, CALLER)).toEqual([]);
    expect(await kept.recall(agent, 'anonymous')).toEqual([]);
    expect(asked).toEqual([]);
  });

  it('fits the agent’s limit, whole facts only', async () => {
    const { kept, agent } = remembering({
      memory: { memoryId: 'facts-AbCdEf1234', maxCharacters: 100 },
      recall: async () => ['a'.repeat(80), 'b'.repeat(30), 'c'.repeat(20)],
    });

    expect(await kept.recall(agent, CALLER)).toEqual(['a'.repeat(80), 'c'.repeat(20)]);
  });
});

describe('what is said', () => {
  it('is written turn by turn, each once it is finished, as it was heard', async () => {
    const { rings, turn, tell, written } = remembering();
    rings();
    turn(0, { role: 'caller', text: 'hello' });
    turn(1, { role: 'agent', text: 'Hello there.', heardText: 'Hello' });
    expect(written.map(({ text }) => text)).toEqual(['hello']);
    turn(1, { role: 'agent', text: 'Hello there.', heardText: 'Hello there.' });
    tell({ kind: 'ended', endReason: 'caller-hung-up' });
    await settled();

    expect(written.map(({ role, text, actorId, sessionId }) => [role, text, actorId, sessionId])).toEqual([
      ['caller', 'hello', CALLER, CALL_SID],
      ['agent', 'Hello there.', CALLER, CALL_SID],
    ]);
  });

  it('of the agent is written as it was heard when the caller spoke over it, in the order of its beginning', async () => {
    const { clock, startMs, rings, turn, tell, written } = remembering();
    rings();
    clock.advance(1000);
    turn(0, { role: 'agent', text: 'We close at six today.', startMs: 1000 });
    clock.advance(2000);
    turn(1, { role: 'caller', text: 'and tomorrow', startMs: 2500 });
    turn(0, { role: 'agent', text: 'We close at six today.', heardText: 'We close', interrupted: true, startMs: 1000 });
    clock.advance(1000);
    turn(2, { role: 'agent', text: 'At five.', heardText: 'At five.', startMs: 4000 });
    tell({ kind: 'ended', endReason: 'caller-hung-up' });
    await settled();

    expect(written.map(({ text, atMs }) => [text, atMs - startMs]).sort((a, b) => Number(a[1]) - Number(b[1]))).toEqual(
      [
        ['We close', 1000],
        ['and tomorrow', 2500],
        ['At five.', 4000],
      ],
    );
  });

  it('is not written when it is secret, was not heard, or the agent has no memory', async () => {
    const { rings, turn, tell, written } = remembering();
    rings();
    turn(0, { role: 'caller', text: '', sensitive: true });
    turn(1, { role: 'agent', text: 'Not heard.', heardText: '' });
    tell({ kind: 'ended', endReason: 'caller-hung-up' });
    const without = remembering({ memory: undefined });
    without.rings();
    without.turn(0, { role: 'caller', text: 'hello' });
    without.tell({ kind: 'ended', endReason: 'caller-hung-up' });
    await settled();

    expect([...written, ...without.written]).toEqual([]);
  });

  it('by a person who was called belongs to that person', async () => {
    const { rings, turn, tell, written } = remembering();
    rings({ direction: 'outbound', from: '+14155550199', to: CALLER });
    turn(0, { role: 'caller', text: 'yes?' });
    tell({ kind: 'ended', endReason: 'caller-hung-up' });
    await settled();

    expect(written[0]?.actorId).toBe(CALLER);
  });
});

describe('a call that goes on at another instance', () => {
  it('is remembered up to there by the one, and from there by the other', () => {
    const one = remembering();
    one.rings();
    one.turn(0, { role: 'caller', text: 'Tea' });
    one.tell({ kind: 'handedOver' });
    one.turn(1, { role: 'caller', text: 'late' });
    one.tell({ kind: 'ended', endReason: 'caller-hung-up' });
    const other = remembering();
    const call = {
      direction: 'inbound',
      from: CALLER,
      to: '+14155550199',
      agentId: 'agent_1',
      agentVersion: 3,
    } as const;
    other.tell({ kind: 'takenUp', ...call, state: 'live' });
    other.turn(1, { role: 'caller', text: 'Black' });
    other.tell({ kind: 'ended', endReason: 'caller-hung-up' });

    expect([one.written.map(({ text }) => text), other.written.map(({ text }) => text)]).toEqual([['Tea'], ['Black']]);
  });
});
