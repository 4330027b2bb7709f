import { describe, expect, it } from 'vitest';
import { BOX_FORMAT, type Box, type BoxHead, type Tick } from '../../../src/blackbox/box.js';
import { decodeBox } from '../../../src/blackbox/decoder.js';
import { BoxWriter } from '../../../src/blackbox/writer.js';
import type { KnownTool } from '../../../src/call/ports.js';
import type { Effect } from '../../../src/call/state.js';
import type { TapedCall } from '../../../src/call/tape.js';
import type { AgentInput } from '../../../src/directory/agent.js';
import { replayBox } from '../../../src/replay/virtual/box-replay.js';
import { tapedCall } from '../../blackbox/kept.js';
import { settle, virtualCall } from '../../call/virtual-call.js';

const ORDERS: AgentInput['tools'][number] = {
  kind: 'scripted',
  name: 'orders',
  description: 'd',
  answers: [{ output: {}, delayMs: 0 }],
  timeoutMs: 9000,
  waitSound: { afterMs: 500 },
};
const CARD = { kind: 'sensitive', name: 'card', description: 'd', timeoutMs: 1000, limitMs: 60_000 } as const;

type Call = ReturnType<typeof virtualCall>;

/** The box of a call that goes as `act` makes it go. */
async function boxOf(
  act: (call: Call) => Promise<void> | void,
  agent: Partial<AgentInput> = {},
  about?: (name: string) => KnownTool | undefined,
): Promise<Box> {
  const records: Buffer[] = [];
  const { mayDial: _mayDial, ...made } = tapedCall('CA1', agent);
  const head: BoxHead = { ...made, format: BOX_FORMAT, dialable: [], versions: { bridge: '1', node: 'v20' } };
  const file = {
    append: async (record: Buffer) => void records.push(Buffer.from(record)),
    close: async () => undefined,
  };
  const tape = new BoxWriter({ head, file, failed: (error) => expect.unreachable(String(error)) });
  const call = virtualCall(agent, { tape, ...(about && { about }) });
  call.session.start();
  await act(call);
  await tape.close();
  return decodeBox(Buffer.concat(records));
}

/** The caller is greeted, asks, hears a tone while a tool works, interrupts the answer, keys something and goes silent. */
async function eventfulCall(call: Call): Promise<void> {
  call.line(200);
  call.say('b1', 'Hello, how can I help?', 800);
  call.returnMarks();
  call.line(1500, true);
  call.line(700);
  call.model({ kind: 'callerText', text: 'Where is my order?' });
  call.model({ kind: 'toolCalled', callId: 't1', name: 'orders', input: { order: 7 } });
  call.line(1000);
  call.openTools[0]!.finish({ kind: 'answer', output: { status: 'shipped' } });
  await settle();
  call.say('b2', 'Your order has been shipped, and will be with you soon.', 3000, false);
  call.line(500);
  call.line(400, true);
  call.model({ kind: 'interrupted' });
  call.returnMarks();
  call.model({ kind: 'callerText', text: 'Thank you.' });
  for (const digit of '12#') call.session.caller.event({ kind: 'keyPressed', digit });
  call.say('b3', 'You are welcome.', 600);
  call.returnMarks();
  call.line(30_000);
}

const EVENTFUL: Partial<AgentInput> = {
  greeting: 'Greet.',
  tools: [ORDERS],
  dtmf: { terminator: '#', pauseMs: 2000, sensitive: false },
};

function changed(box: Box, at: (tick: Tick) => boolean, change: (tick: Tick) => Tick): Box {
  const index = box.ticks.findIndex(at);
  expect(index).toBeGreaterThanOrEqual(0);
  return { ...box, ticks: box.ticks.map((tick, i) => (i === index ? change(tick) : tick)) };
}

const decides = (what: Effect['do']) => (tick: Tick) =>
  tick.outputs.some((output) => output.kind === 'decided' && output.effects.some((effect) => effect.do === what));

describe('a replayed black box', () => {
  it('gives the same signals, decisions and outputs as the call did, facts included', async () => {
    const box = await boxOf(async (call) => {
      await eventfulCall(call);
      call.session.caller.event({ kind: 'stopped' });
    }, EVENTFUL);

    const comparison = await replayBox(box);

    expect(comparison.differences).toEqual([]);
    expect(comparison).toMatchObject({ endReason: box.endReason, inputCount: box.ticks.length });
    const kinds = new Set(box.ticks.flatMap(({ outputs }) => outputs.map(({ kind }) => kind)));
    for (const kind of ['play', 'mark', 'clear', 'tell', 'answerTool', 'decided', 'fact', 'close', 'closeVoice']) {
      expect(kinds).toContain(kind);
    }
    const inputs = new Set(box.ticks.map(({ input }) => input.kind));
    for (const kind of ['callerAudio', 'modelAudio', 'voice', 'phone', 'toolSettled', 'timerFired']) {
      expect(inputs).toContain(kind);
    }
  });

  it('gives the same where secrets were left out of it', async () => {
    const box = await boxOf(
      async (call) => {
        call.line(2000, true);
        call.model({ kind: 'callerText', text: 'I would like to pay.' });
        call.model({ kind: 'toolCalled', callId: 't1', name: 'card', input: { active: true } });
        call.openTools[0]!.finish({ kind: 'sensitive', active: true, limitMs: 20_000, output: { status: 'on' } });
        await settle();
        call.line(1000);
        call.model({ kind: 'callerText', text: 'Four one one one.' });
        for (const digit of '4111#') call.session.caller.event({ kind: 'keyPressed', digit });
        call.say('b1', 'I heard four one one one.', 400);
        call.returnMarks();
        call.line(25_000);
        call.session.hangUp();
      },
      { tools: [CARD], dtmf: { terminator: '#', pauseMs: 2000, sensitive: true } },
    );

    const { differences } = await replayBox(box);

    expect(box.ticks.some(({ isBlanked }) => isBlanked)).toBe(true);
    expect(JSON.stringify(box)).not.toMatch(/4111|four one/i);
    expect(differences).toEqual([]);
  });

  it('gives the same where only MCP servers know the names of tools, and what acts runs on beside what is newer', async () => {
    const server = { kind: 'mcp', auth: { kind: 'none' }, timeoutMs: 9000 } as const;
    const tools: AgentInput['tools'] = [
      { ...server, url: 'https://one.example.com/mcp', allow: [], waitSound: { afterMs: 300 } },
      { ...server, url: 'https://two.example.com/mcp', allow: ['book'], waitSound: { afterMs: 800 } },
    ];
    const about = (name: string) =>
      name === 'other'
        ? undefined
        : { kind: 'mcp', waitSound: { afterMs: name === 'book' ? 800 : 300 }, isReadOnly: name === 'count' };
    const box = await boxOf(
      async (call) => {
        for (const [index, name] of ['count', 'count', 'book', 'book', 'other'].entries()) {
          call.model({ kind: 'callerText', text: 'and another' });
          call.model({ kind: 'toolCalled', callId: `t${index}`, name, input: { index } });
          call.line(1000);
        }
        for (const tool of call.openTools) tool.finish({ kind: 'answer', output: {} });
        await settle();
        call.line(1000);
        call.session.hangUp();
      },
      { tools },
      about,
    );
    const ends = box.ticks.flatMap(({ outputs }) =>
      outputs.flatMap((output) =>
        output.kind === 'fact' && output.fact.kind === 'toolChanged' && output.fact.toolCall.outcome !== 'running'
          ? [[output.fact.toolCall.id, output.fact.toolCall.outcome]]
          : [],
      ),
    );

    expect(ends).toEqual([
      ['t0', 'aborted'],
      ['t1', 'answered'],
      ['t2', 'answered'],
      ['t3', 'answered'],
      ['t4', 'answered'],
    ]);
    expect((await replayBox(box)).differences).toEqual([]);
  });

  it('that was cut is replayed up to there', async () => {
    const box = await boxOf(eventfulCall, EVENTFUL);
    const half = { ...box, ticks: box.ticks.slice(0, box.ticks.length / 2), endReason: undefined };

    const comparison = await replayBox(half);

    expect(comparison).toMatchObject({ differences: [], endReason: undefined, stoppedAtMs: undefined });
    expect(comparison.durationMs).toBe(half.ticks.at(-1)!.atMs);
  });

  it('of a call that came back goes on where the call was', async () => {
    const earlier: TapedCall['earlier'] = {
      turns: [{ role: 'caller', text: 'Hello', startMs: 0, endMs: 500 }],
      streamCount: 1,
      elapsedMs: 60_000,
      secretMs: 5000,
      silentMs: 0,
    };
    const box = await boxOf((call) => {
      call.line(1000);
      call.session.hangUp();
    });

    // The box was made without what is earlier: with it something secret is being spoken from the start.
    const { differences } = await replayBox({ ...box, head: { ...box.head, earlier } });

    const facts = differences.filter(({ kind }) => kind === 'fact');
    expect(facts[0]).toMatchObject({ atMs: 0, input: 'the start of the media stream' });
    expect(facts[0]!.found).toContain('"kind":"sensitiveChanged"');
  });

  it('shows an effect that is no longer decided, when and on what', async () => {
    const box = await boxOf(eventfulCall, EVENTFUL);
    const cleared = changed(box, decides('clearPlayout'), (tick) => ({
      ...tick,
      outputs: tick.outputs.map((output) =>
        output.kind === 'decided'
          ? { ...output, effects: [{ do: 'giveUpMarks' } satisfies Effect, ...output.effects] }
          : output,
      ),
    }));
    const at = box.ticks.find(decides('clearPlayout'))!;

    const { differences, counts } = await replayBox(cleared);

    expect(counts).toEqual(new Map([['effects', 1]]));
    expect(differences).toMatchObject([{ kind: 'effects', atMs: at.atMs, input: "the model's interrupted" }]);
    expect(differences[0]!.expected).toMatch(/^giveUpMarks; .*clearPlayout/);
    expect(differences[0]!.found).not.toContain('giveUpMarks');
  });

  it('shows an output that is missing, one that is too much, and one that is other', async () => {
    const box = await boxOf(eventfulCall, EVENTFUL);
    const isMark = (tick: Tick) => tick.outputs.some(({ kind }) => kind === 'mark');
    const isClear = (tick: Tick) => tick.outputs.some(({ kind }) => kind === 'clear');
    const isTell = (tick: Tick) => tick.outputs.some((output) => output.kind === 'tell' && output.text.includes('12'));
    const without = (kind: string) => (tick: Tick) => ({
      ...tick,
      outputs: tick.outputs.filter((output) => output.kind !== kind),
    });

    const missing = await replayBox(changed(box, isMark, without('mark')));
    const extra = await replayBox(
      changed(box, isClear, (tick) => ({ ...tick, outputs: [...tick.outputs, { kind: 'mark', name: 'm99' }] })),
    );
    const other = await replayBox(
      changed(box, isTell, (tick) => ({
        ...tick,
        outputs: tick.outputs.map((output) => (output.kind === 'tell' ? { ...output, text: 'Other.' } : output)),
      })),
    );

    expect(missing.differences).toMatchObject([{ kind: 'mark', expected: undefined, found: 'mark m1' }]);
    expect(extra.differences).toMatchObject([{ kind: 'mark', expected: 'mark m99', found: undefined }]);
    expect(other.differences).toMatchObject([{ kind: 'tell', expected: 'tell "Other."' }]);
    expect(other.differences[0]!.found).toContain('12');
  });

  it('shows another constant of the agent in its rules and where it is first used', async () => {
    const box = await boxOf(eventfulCall, EVENTFUL);
    const { agent } = box.head;
    const promptAfterMs = agent.silence.promptAfterMs + 1000;
    const patient = { ...agent, silence: { ...agent.silence, promptAfterMs } };

    const { differences, counts } = await replayBox({ ...box, head: { ...box.head, agent: patient } });

    expect(differences[0]).toMatchObject({ kind: 'rules', atMs: 0, found: `silencePromptAfterMs ${promptAfterMs}` });
    const heard = box.ticks.find(decides('setTimer'))!;
    const first = differences.find(({ kind }) => kind === 'effects')!;
    expect(first.atMs).toBe(heard.atMs);
    expect(counts.get('timer')).toBeGreaterThan(0);
  });

  it('shows a timer that has another length, although no decision names it', async () => {
    const box = await boxOf(
      (call) => {
        call.session.caller.event({ kind: 'keyPressed', digit: '1' });
        call.line(9000);
        call.session.hangUp();
      },
      { dtmf: { terminator: '#', pauseMs: 4000, sensitive: false } },
    );
    const withPause = (pauseMs: number) => ({
      ...box,
      head: { ...box.head, agent: { ...box.head.agent, dtmf: { ...box.head.agent.dtmf, pauseMs } } },
    });

    const longer = await replayBox(withPause(4500));
    const shorter = await replayBox(withPause(1000));

    expect((await replayBox(box)).differences).toEqual([]);
    expect(longer.differences[0]).toMatchObject({ kind: 'timer', atMs: 4000, found: 'it falls due 500 ms later' });
    expect(shorter.differences[0]).toMatchObject({ kind: 'timer', atMs: 4000, found: 'it falls due 3000 ms earlier' });
  });

  it('stops where the call is over now, and says so', async () => {
    const box = await boxOf((call) => {
      call.line(3000);
      call.session.hangUp();
    });
    const over = changed(
      box,
      ({ input, atMs }) => input.kind === 'callerAudio' && atMs === 1000,
      (tick) => ({ ...tick, input: { kind: 'phone', event: { kind: 'stopped' } }, outputs: tick.outputs }),
    );

    const { differences, stoppedAtMs, counts } = await replayBox(over);

    expect(differences[0]).toMatchObject({ atMs: 1000, kind: 'signal', expected: undefined });
    expect(differences.at(-1)).toMatchObject({ kind: 'end', expected: 'the call goes on', found: 'it is over' });
    expect(stoppedAtMs).toBe(1020);
    expect(counts.get('end')).toBe(1);
  });
});
