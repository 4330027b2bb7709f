import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import { callEvents, type StreamMeans, type WorkerMessage } from '../../src/console/api/event-source.js';
import { happened, heardWordsOf, type TimedEvent } from '../../src/console/api/live-call.js';
import { changed, leavesHole } from '../../src/console/api/use-call.js';

type Call = Parameters<typeof changed>[0];
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
    ['a caller', caller, 'When do you open?'],
    ['an agent that still speaks', agent(), 'We open at nine and close at six.'],
    ['an agent that was cut', agent({ interrupted: true, heardText: 'We open at' }), 'We open at'],
    ['an agent of whom nothing was heard', agent({ interrupted: true }), ''],
    ['an agent that was heard to the end', agent({ heardText: 'We open at nine.' }), 'We open at nine.'],
  ])('of %s', (_who, turn, words) => {
    expect(heardWordsOf(happened(undefined, turned(0, turn)))).toBe(words);
  });

  it('is nothing before the first word', () => {
    const rang = { ...turned(0, caller), kind: 'answered' } as TimedEvent;

    expect(heardWordsOf(happened(undefined, rang))).toBe('');
  });
});

describe('a call that is kept up with', () => {
  const call: Call = {
    ...{ callSid: 'CA1', direction: 'inbound', from: '+14155550101', to: '+14155550100', agentId: null },
    ...{ agentVersion: null, state: 'live', endReason: null, startedAt: '2026-11-28T10:00:00.000Z' },
    ...{ mediaStartedAt: null, endedAt: null, durationMs: null, recording: null, variables: {}, test: false },
    ...{ answeredBy: null, carrierStatus: null, transferredTo: null, reconnections: [], faults: {}, cost: null },
    usage: { input: { speechTokens: 0, textTokens: 0 }, output: { speechTokens: 0, textTokens: 0 } },
    audio: { deadAirMs: 0, filledMs: 0, droppedMs: 0, clears: 0 },
    ...{ turns: [caller], toolCalls: [], streams: [] },
  };

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
