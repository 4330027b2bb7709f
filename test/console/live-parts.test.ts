import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import { callEvents, type StreamMeans, type WorkerMessage } from '../../src/console/api/event-source.js';
import {
  happened,
  type LiveCall,
  type LiveSummary,
  lastWordsOf,
  liveCallOf,
  phaseOf,
  silentForMs,
  type TimedEvent,
} from '../../src/console/api/live-call.js';
import { changed, leavesHole } from '../../src/console/api/use-call.js';
import { type Call, emptyCall } from './call-record.js';

type Turn = Extract<TimedEvent, { kind: 'turnChanged' }>['turn'];

const OPEN = 1;
const CONNECTING = 0;
const CLOSED = 2;

class FakeSource extends EventTarget {
  readyState = CONNECTING;
  onopen: ((event: Event) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;

  close(): void {
    this.readyState = CLOSED;
  }

  opens(): void {
    this.readyState = OPEN;
    this.onopen?.(new Event('open'));
  }

  fails(readyState: number): void {
    this.readyState = readyState;
    this.onerror?.(new Event('error'));
  }

  says(kind: string, data: string): void {
    this.dispatchEvent(new MessageEvent(kind, { data }));
  }
}

function stream({ chance = 0 } = {}) {
  const clock = new FakeClock();
  const sources: FakeSource[] = [];
  const told: WorkerMessage[] = [];
  let session: 'holds' | 'over' | 'nobody answers' = 'holds';
  const means: StreamMeans = {
    connect() {
      const source = new FakeSource();
      sources.push(source);
      return source;
    },
    async isLoggedOut() {
      if (session === 'nobody answers') throw new Error('no answer');
      return session === 'over';
    },
    after: (delayMs, action) => clock.after(delayMs, action),
    chance: () => chance,
  };
  const events = callEvents((message) => told.push(message), means);
  const pass = async (ms: number) => {
    clock.advance(ms);
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  };
  /** How long it takes from a refusal to the next try, in ms, to 100. */
  const waited = async () => {
    const count = sources.length;
    for (let ms = 0; ms <= 60_000; ms += 100) {
      if (sources.length > count) return ms;
      await pass(100);
    }
    return undefined;
  };
  return {
    ...{ clock, sources, told, events, pass, waited },
    latest: () => sources.at(-1)!,
    becomes: (next: typeof session) => {
      session = next;
    },
  };
}

describe('the event stream of all calls', () => {
  it.each([
    ['without chance', 0, [1000, 2000, 4000, 8000, 16_000, 20_000, 20_000]],
    ['with most of it', 1, [1500, 3000, 6000, 12_000, 24_000, 30_000, 30_000]],
  ])('is asked for again after it was refused, less and less often, %s', async (_name, chance, waits) => {
    const { events, latest, waited } = stream({ chance });
    events.open();
    const found: unknown[] = [];
    for (const _ of waits) {
      latest().fails(CLOSED);
      found.push(await waited());
    }

    expect(found).toEqual(waits);
  });

  it('is soon asked for again when it was there in between', async () => {
    const { events, latest, waited, told } = stream();
    events.open();
    latest().fails(CLOSED);
    await waited();
    latest().fails(CLOSED);
    await waited();
    latest().opens();
    latest().fails(CLOSED);

    expect(await waited()).toBe(1000);
    expect(told.map(({ type }) => type)).toEqual(['lost', 'lost', 'open', 'lost']);
  });

  it('is left to the browser where it broke off', async () => {
    const { events, latest, waited, clock, sources } = stream();
    events.open();
    latest().opens();
    latest().fails(CONNECTING);

    expect(await waited()).toBeUndefined();
    expect([clock.pendingTimers, sources.length]).toEqual([0, 1]);
  });

  it('stays closed while nobody is logged in, until somebody is', async () => {
    const { events, latest, waited, becomes, told, sources } = stream();
    events.open();
    becomes('over');
    latest().fails(CLOSED);
    expect(await waited()).toBeUndefined();
    expect(told).toEqual([{ type: 'lost' }, { type: 'refused' }]);

    becomes('holds');
    events.open();
    latest().fails(CLOSED);
    expect(await waited()).toBe(1000);
    expect(sources).toHaveLength(3);
  });

  it('is asked for again also while nobody answers', async () => {
    const { events, latest, waited, becomes } = stream();
    events.open();
    becomes('nobody answers');
    latest().fails(CLOSED);

    expect(await waited()).toBe(1000);
  });

  it('is not opened twice, nor after it was closed', async () => {
    const { events, latest, pass, sources, clock } = stream();
    events.open();
    latest().fails(CLOSED);
    events.open();
    await pass(60_000);
    expect(sources).toHaveLength(2);

    latest().fails(CLOSED);
    events.close();
    await pass(60_000);
    expect([sources.length, clock.pendingTimers]).toEqual([2, 0]);
  });

  it('tells how things stand at once, and gathers what happens after that', async () => {
    const { events, latest, pass, told } = stream();
    events.open();
    latest().says('snapshot', '0');
    expect(told).toEqual([{ type: 'events', events: [{ kind: 'snapshot', data: '0' }] }]);

    latest().says('rang', '1');
    latest().says('ended', '2');
    expect(told).toHaveLength(1);
    await pass(100);
    expect(told).toHaveLength(2);
  });

  it('loses nothing that had come when another tab opens it anew', () => {
    const { events, latest, told } = stream();
    events.open();
    latest().says('rang', '1');
    latest().says('ended', '2');
    events.open();

    const both = [
      { kind: 'rang', data: '1' },
      { kind: 'ended', data: '2' },
    ];
    expect(told).toEqual([{ type: 'events', events: both }]);
  });
});

const agent = (more: Partial<Extract<Turn, { role: 'agent' }>> = {}): Turn => ({
  ...{ role: 'agent', text: 'We open at nine and close at six.', heardText: '', interrupted: false },
  ...{ startMs: 0, endMs: 800, heardMs: 0, ...more },
});
const caller: Turn = { role: 'caller', text: 'When do you open?', startMs: 0, endMs: 900 };
const turned = (index: number, turn: Turn): TimedEvent => ({
  ...{ kind: 'turnChanged', callSid: 'CA1', atMs: 0, wallTime: '2026-11-28T10:00:00.000Z' },
  ...{ index, turn },
});

describe('what the board shows of what was said', () => {
  it.each([
    ['a caller', caller, 'When do you open?', ''],
    ['an agent of whose turn nothing was sent yet', agent(), '', 'We open at nine and close at six.'],
    ['an agent that still speaks', agent({ sentText: 'We open at nine' }), 'We open at nine', ' and close at six.'],
    [
      'an agent that was cut',
      agent({ interrupted: true, sentText: 'We open at nine', heardText: 'We open' }),
      'We open',
      '',
    ],
    ['an agent of whom nothing was heard', agent({ interrupted: true }), '', ''],
    [
      'an agent that was heard to the end',
      agent({ heardText: 'We open at nine.', heardMs: 900 }),
      'We open at nine.',
      '',
    ],
  ])('of %s', (_who, turn, heard, ahead) => {
    expect(lastWordsOf(happened(undefined, turned(0, turn)))).toEqual({ heard, ahead });
  });

  it('is nothing before the first word', () => {
    const rang = { ...turned(0, caller), kind: 'answered' } as TimedEvent;

    expect(lastWordsOf(happened(undefined, rang))).toEqual({ heard: '', ahead: '' });
  });
});

describe('a call that is kept up with', () => {
  const call: Call = { ...emptyCall(), turns: [caller] };

  it('takes the turns that follow', () => {
    expect(leavesHole(call, turned(1, agent()))).toBe(false);
    expect(changed(call, turned(1, agent())).turns).toEqual([caller, agent()]);
    expect(changed(call, turned(0, agent())).turns).toEqual([agent()]);
  });

  it('has no hole where a turn was missed, and is known to have missed one', () => {
    expect(leavesHole(call, turned(2, agent()))).toBe(true);
    const after = changed(changed(call, turned(2, agent())), turned(3, caller));

    expect(after.turns).toEqual([caller]);
  });
});

describe('what a call is doing', () => {
  const STARTED = Date.parse('2026-11-28T10:00:00.000Z');
  /** When its media stream started. */
  const ZERO = STARTED + 2000;
  const at = (ms: number, fact: object): TimedEvent =>
    ({ callSid: 'CA1', atMs: ms, wallTime: new Date(ZERO + ms).toISOString(), ...fact }) as TimedEvent;
  const stream = (index: number, closedMs: number | null) => {
    const closed = closedMs === null ? null : 'ended';
    return { kind: 'streamChanged', index, stream: { modelId: 'm', region: 'r', openedMs: 0, closedMs, closed } };
  };
  const tool = (outcome: string) => ({
    kind: 'toolChanged',
    toolCall: {
      id: 't1',
      name: 'findOrder',
      kind: 'webhook',
      input: {},
      output: {},
      startMs: 4000,
      durationMs: 0,
      outcome,
    },
  });
  const says = (index: number, turn: Turn) => ({ kind: 'turnChanged', index, turn });
  const spoke = (index: number, startMs: number, endMs: number) => says(index, { ...caller, startMs, endMs });
  const speaks = (index: number, startMs: number) => says(index, agent({ startMs, endMs: startMs }));
  const spokeToEnd = (index: number, startMs: number, endMs: number) => {
    const { text } = agent();
    return says(index, agent({ startMs, endMs, heardMs: endMs - startMs, heardText: text }));
  };
  const RANG = {
    ...{ kind: 'rang', direction: 'inbound', from: '+14155550101', to: '+14155550100', variables: {} },
    ...{ agentId: 'a', agentVersion: 1, test: false },
  };
  const after = (...facts: readonly [number, object][]): LiveCall => {
    let call = happened(undefined, at(-2000, RANG));
    for (const [ms, fact] of facts) call = happened(call, at(ms, fact));
    return call;
  };
  const ANSWERED: [number, object] = [0, { kind: 'answered' }];
  const OPENED: [number, object] = [10, stream(0, null)];

  const phases: [string, LiveCall, number, { phase: string; since: number; tool?: string; silent: number }][] = [
    ['rings', after(), -500, { phase: 'ringing', since: -2000, silent: 0 }],
    ['is silent from the start', after(ANSWERED, OPENED), 5000, { phase: 'listening', since: 0, silent: 5000 }],
    [
      'hears its agent for as long as the turn goes on',
      after(ANSWERED, OPENED, [1100, speaks(0, 1000)]),
      ...([4500, { phase: 'speaking', since: 1000, silent: 0 }] as const),
    ],
    [
      'hears nobody after a turn of which the end was never told',
      after(ANSWERED, OPENED, [1100, speaks(0, 1000)]),
      ...([60_000, { phase: 'listening', since: 1000, silent: 59_000 }] as const),
    ],
    [
      'has the floor given to its caller',
      after(ANSWERED, OPENED, [1100, speaks(0, 1000)], [5000, spokeToEnd(0, 1000, 5000)]),
      ...([6000, { phase: 'listening', since: 5000, silent: 1000 }] as const),
    ],
    [
      'waits for its agent from the last word of the caller, however late that was told',
      after(ANSWERED, OPENED, [9000, spoke(0, 6000, 7000)]),
      ...([9500, { phase: 'waiting', since: 7000, silent: 2500 }] as const),
    ],
    [
      'waits also when more becomes known of the turn before',
      after(ANSWERED, OPENED, [1100, speaks(0, 1000)], [4000, spoke(1, 3000, 3500)], [4100, speaks(0, 1000)]),
      ...([5000, { phase: 'waiting', since: 3500, silent: 1500 }] as const),
    ],
    [
      'runs a tool',
      after(ANSWERED, OPENED, [3500, spoke(0, 2000, 3000)], [4000, tool('running')]),
      ...([6000, { phase: 'tool', tool: 'findOrder', since: 4000, silent: 3000 }] as const),
    ],
    [
      'waits after a tool has answered',
      after(ANSWERED, OPENED, [3500, spoke(0, 2000, 3000)], [4000, tool('running')], [5000, tool('answered')]),
      ...([6000, { phase: 'waiting', since: 3000, silent: 3000 }] as const),
    ],
    [
      'has two model streams',
      after(ANSWERED, OPENED, [1000, stream(1, null)]),
      ...([2000, { phase: 'renewing', since: 2000, silent: 2000 }] as const),
    ],
    [
      'has lost its only model stream',
      after(ANSWERED, OPENED, [1000, stream(0, 1000)]),
      ...([2000, { phase: 'renewing', since: 2000, silent: 2000 }] as const),
    ],
    [
      'is over, whatever it was at',
      after(ANSWERED, OPENED, [4000, tool('running')], [8000, { kind: 'ended', endReason: 'caller-hung-up' }]),
      ...([9000, { phase: 'ended', since: 8000, silent: 0 }] as const),
    ],
  ];
  it.each(phases)('that %s', (_what, call, nowMs, { silent, since, ...expected }) => {
    expect(phaseOf(call, ZERO + nowMs)).toEqual({ ...expected, sinceMs: ZERO + since });
    expect(silentForMs(call, ZERO + nowMs)).toBe(silent);
  });

  it('is the same to who comes later', () => {
    const { turns: _turns, toolCalls: _toolCalls, streams: _streams, cost: _cost, ...shared } = emptyCall();
    const turn = agent({ startMs: 1000, endMs: 1000 });
    const summary: LiveSummary = {
      ...{ ...shared, direction: 'inbound', from: '+14155550101', to: '+14155550100', agentId: 'a', agentVersion: 1 },
      ...{ state: 'live', mediaStartedAt: new Date(ZERO).toISOString(), turnCount: 1, toolCallCount: 1 },
      now: {
        lastTurn: turn,
        runningTools: [{ id: 't1', name: 'findOrder', startMs: 4000 }],
        ...{ openStreams: [0], hasHadStream: true, isSensitive: true },
      },
    };

    expect(liveCallOf(summary)).toEqual(
      after(
        ANSWERED,
        OPENED,
        [1100, says(0, turn)],
        [4000, tool('running')],
        [4100, { kind: 'sensitiveChanged', active: true }],
      ),
    );
  });
});
