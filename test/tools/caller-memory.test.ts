import { describe, expect, it } from 'vitest';
import type { CallFact } from '../../src/call/events.js';
import type { Turn } from '../../src/call/record.js';
import { FakeClock } from '../../src/clock.js';
import { agentInputSchema, agentVersion } from '../../src/directory/agent.js';
import { createLog } from '../../src/log.js';
import { CLOSE_LIMIT_MS, callerMemory, type Memory, RECALL_LIMIT_MS } from '../../src/tools/caller-memory.js';
import { virtualReception } from '../call/virtual-reception.js';
import { CALL_SID, pending, settled } from './rig.js';

const CALLER = '+14155550101';

type Written = Parameters<Memory['remember']>[1];

function remembering(
  options: {
    memory?: object | undefined;
    recall?: Memory['recall'];
    remember?: () => Promise<void>;
    forget?: Memory['forget'];
  } = {},
) {
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
      remember(_memory, event) {
        written.push(event);
        return options.remember?.() ?? Promise.resolve();
      },
      forget: options.forget ?? (async () => ({ events: 0, records: 0 })),
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

describe('a bridge that stops', () => {
  const talkedWith = (remember?: () => Promise<void>) => {
    const made = remembering({ ...(remember && { remember }) });
    made.rings();
    made.turn(0, { role: 'caller', text: 'Tea' });
    made.tell({ kind: 'ended', endReason: 'caller-hung-up' });
    let isClosed = false;
    void made.kept.close().then(() => {
      isClosed = true;
    });
    return { ...made, isClosed: () => isClosed };
  };

  it('waits for the turns that are being written', async () => {
    const write = pending<void>();
    const { clock, isClosed } = talkedWith(() => write.promise);
    clock.advance(CLOSE_LIMIT_MS - 1);
    await settled();
    expect(isClosed()).toBe(false);

    write.resolve();
    await settled();

    expect(isClosed()).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits two seconds at most for a memory that hangs', async () => {
    const { clock, isClosed } = talkedWith(() => new Promise(() => undefined));
    clock.advance(CLOSE_LIMIT_MS);
    await settled();

    expect(isClosed()).toBe(true);
  });

  it('waits for nothing when all is written, or could not be', async () => {
    const { clock, isClosed } = talkedWith(() => Promise.reject(new Error('throttled')));
    await settled();

    expect(isClosed()).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a memory that hangs', () => {
  /** A call that rings, for an agent with such a memory. */
  async function rings() {
    let isAsked = false;
    const desk = virtualReception({
      recall: (caller) => callers.recall(desk.agents.get('a')!, caller),
    });
    const callers = callerMemory({
      memory: {
        recall() {
          isAsked = true;
          return new Promise(() => undefined);
        },
        remember: async () => undefined,
        forget: async () => ({ events: 0, records: 0 }),
      },
      findAgent: () => undefined,
      secretsKey: 'k'.repeat(32),
      clock: desk.clock,
      log: createLog('silent'),
    });
    desk.agent('a', 1, { memory: { memoryId: 'facts-AbCdEf1234' } });
    desk.number();
    await desk.reception.answer(desk.arriving('CA1'));
    expect(isAsked).toBe(true);
    return desk;
  }

  it('delays the model stream of a call that rings by half a second, and the carrier’s answer not at all', async () => {
    const { clock, profiles } = await rings();
    clock.advance(RECALL_LIMIT_MS - 1);
    await settled();
    expect(profiles).toHaveLength(0);

    clock.advance(1);
    await settled();

    expect(profiles).toHaveLength(1);
  });

  it('does not delay the agent once the caller is connected', async () => {
    const { profiles, connect } = await rings();

    connect('CA1');

    expect(profiles).toHaveLength(1);
  });
});

describe('a caller who is to be forgotten', () => {
  const settings = (memoryId: string, hashCaller = false) => ({
    ...{ memoryId, namespace: '/actors/{actorId}', hashCaller, maxCharacters: 2000 },
  });

  it('is forgotten in each memory once, under every name that the bridge has given them there', async () => {
    const asked: [string, string][] = [];
    const { kept } = remembering({
      async forget({ memoryId }, actorId) {
        asked.push([memoryId, actorId]);
        return { events: 3, records: 1 };
      },
    });
    const memories = [settings('a-AbCdEf1234'), { ...settings('a-AbCdEf1234'), maxCharacters: 500 }];

    expect(await kept.forget([...memories, settings('a-AbCdEf1234', true)], CALLER)).toEqual([
      { memoryId: 'a-AbCdEf1234', events: 3, records: 1, failure: null },
      { memoryId: 'a-AbCdEf1234', events: 3, records: 1, failure: null },
    ]);
    expect(asked.map(([, actor]) => actor)).toEqual([CALLER, expect.stringMatching(/^[0-9a-f]{32}$/)]);
    expect(await kept.forget(memories, 'sip:ann@example.com')).toEqual([]);
  });

  it('is told to be known still where a memory fails or is slow, beside the others', async () => {
    const { kept, clock } = remembering({
      forget({ memoryId }) {
        if (memoryId.startsWith('a')) return Promise.reject(new Error('no such right'));
        return memoryId.startsWith('b') ? pending<never>().promise : Promise.resolve({ events: 1, records: 0 });
      },
    });
    const forgetting = kept.forget(
      ['a-AbCdEf1234', 'b-AbCdEf1234', 'c-AbCdEf1234'].map((id) => settings(id)),
      CALLER,
    );
    await settled();
    clock.advance(15_000);

    expect(await forgetting).toEqual([
      { memoryId: 'a-AbCdEf1234', events: 0, records: 0, failure: 'no such right' },
      { memoryId: 'b-AbCdEf1234', events: 0, records: 0, failure: 'no answer in 15000 ms' },
      { memoryId: 'c-AbCdEf1234', events: 1, records: 0, failure: null },
    ]);
    expect(clock.pendingTimers).toBe(0);
  });
});
