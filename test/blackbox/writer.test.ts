import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BOX_FORMAT, type Box, type BoxHead } from '../../src/blackbox/box.js';
import { decodeBox } from '../../src/blackbox/decoder.js';
import { BEHIND_LIMIT_BYTES, type BoxFile, BoxWriter } from '../../src/blackbox/writer.js';
import type { AgentTurn } from '../../src/call/record.js';
import type { AgentInput } from '../../src/directory/agent.js';
import { settle, virtualCall } from '../call/virtual-call.js';
import { tapedCall } from './kept.js';

const CARD_TOOL = { kind: 'sensitive', name: 'card', description: 'd', timeoutMs: 1000, limitMs: 60_000 } as const;
/** 20 ms of the caller that no silence is mistaken for, as the virtual call says them. */
const SPOKEN = Buffer.from(Uint8Array.from({ length: 160 }, (_, i) => (i % 16 < 8 ? 0x10 : 0x90)));

/** A box in memory, on a disk that may be slow or broken. */
function memoryBox(agent: Partial<AgentInput> = {}, disk: Partial<BoxFile> = {}) {
  const records: Buffer[] = [];
  const failures: unknown[] = [];
  let closedCount = 0;
  const file: BoxFile = {
    async append(record) {
      records.push(Buffer.from(record));
    },
    async close() {
      closedCount++;
    },
    ...disk,
  };
  const { mayDial: _mayDial, ...made } = tapedCall('CA1', agent);
  const head: BoxHead = { ...made, format: BOX_FORMAT, dialable: [], versions: { bridge: '1', node: 'v20' } };
  const writer = new BoxWriter({ head, file, failed: (error) => failures.push(error) });
  return {
    writer,
    records,
    failures,
    closedCount: () => closedCount,
    box: (): Box => decodeBox(Buffer.concat(records)),
    /** All that is in it; sound as numbers. */
    text: () => JSON.stringify(decodeBox(Buffer.concat(records))),
  };
}

function recordedCall(agent: Partial<AgentInput> = {}) {
  const kept = memoryBox(agent);
  const call = virtualCall(agent, { tape: kept.writer });
  call.session.start();
  return { ...kept, call };
}

async function announce(call: ReturnType<typeof virtualCall>, active: boolean): Promise<void> {
  call.model({ kind: 'toolCalled', callId: `t${call.openTools.length}`, name: 'card', input: { active } });
  call.openTools.at(-1)!.finish({ kind: 'sensitive', active, limitMs: 20_000, output: {} });
  await settle();
}

/** When the caller is heard in the box, in ms of the call. */
function heardMs({ ticks }: Box): number[] {
  return ticks.flatMap(({ atMs, input }) =>
    input.kind === 'callerAudio' && SPOKEN.equals(input.mulaw as Buffer) ? [atMs] : [],
  );
}

describe('the box of a call', () => {
  it('holds the call from its beginning to the reason of its end, and is closed then', async () => {
    const { call, box, writer, closedCount } = recordedCall({ greeting: 'Greet.' });

    call.line(3000, true);
    call.say('a', 'Hello.', 400);
    call.session.caller.event({ kind: 'stopped' });
    await writer.ended;

    const { ticks, endReason } = box();
    expect(endReason).toBe('caller-hung-up');
    expect(ticks[0]!.input.kind).toBe('opened');
    expect(heardMs(box())).toHaveLength(150);
    expect(ticks.filter(({ input }) => input.kind === 'modelAudio')).toHaveLength(20);
    expect(ticks.every(({ isBlanked }) => !isBlanked)).toBe(true);
    expect(closedCount()).toBe(1);
  });

  it('reaches the file as the call goes on, but for the last 2.3 seconds', () => {
    const { call, box } = recordedCall();

    call.line(10_000, true);

    expect(box().ticks.at(-1)!.atMs).toBeGreaterThanOrEqual(10_000 - 2320);
    expect(box().endReason).toBeUndefined();
  });

  it('keeps bytes as they were handed over, whatever becomes of their memory', async () => {
    const { call, box, writer } = recordedCall();
    const frame = Uint8Array.from(SPOKEN);

    call.session.caller.hear(frame, 0);
    frame.fill(0);
    call.session.hangUp();
    await writer.ended;

    expect(heardMs(box())).toHaveLength(1);
  });
});

describe('the cost of a box', () => {
  it('is less than a megabyte a minute, also when both speak all the time and much happens', async () => {
    const { writer, records } = memoryBox();
    const noise = fc.sample(fc.uint8Array({ minLength: 960, maxLength: 960 }), { numRuns: 50, seed: 1 });
    const turn = {
      role: 'agent',
      text: 'What the agent says in its turn.'.repeat(4),
      heardText: '',
      interrupted: false,
    };
    const endMs = 60_000;
    for (let atMs = 0; atMs < endMs; atMs += 20) {
      const sound = noise[(atMs / 20) % noise.length]!;
      writer.took({ kind: 'callerAudio', mulaw: sound.subarray(0, 160), timestampMs: atMs }, atMs + sound[0]! / 100);
      if (atMs % 40 === 0) {
        writer.took({ kind: 'modelAudio', blockId: 'block', s16le: sound }, atMs + 3);
        writer.gave({ kind: 'play', mulaw: sound.subarray(0, 320) });
      }
      if (atMs % 200 === 0) {
        writer.gave({ kind: 'mark', name: `m${atMs / 200 + 1}` });
        writer.took({ kind: 'phone', event: { kind: 'markReturned', name: `m${atMs / 200 + 1}` } }, atMs + 4);
      }
      if (atMs % 500 === 0) {
        const phase = { at: 'speaking', turnId: atMs, generated: false } as const;
        writer.gave({ kind: 'decided', signal: { kind: 'agentStarted', turnId: atMs }, phase, effects: [] });
        const times = { startMs: atMs, endMs: atMs + 7, heardMs: atMs };
        writer.gave({
          kind: 'fact',
          fact: { kind: 'turnChanged', index: atMs, turn: { ...turn, ...times } as AgentTurn },
        });
      }
    }
    await writer.close();

    const bytes = records.reduce((sum, { length }) => sum + length, 0);
    expect(bytes).toBeGreaterThan(900_000);
    expect(bytes).toBeLessThan(1_000_000);
  });
});

describe('a box on a broken disk', () => {
  it('is given up, told once, and the call goes on', async () => {
    const broken = { append: () => Promise.reject(new Error('no space left')) };
    const { writer, failures, closedCount } = memoryBox({}, broken);
    const call = virtualCall({}, { tape: writer });
    call.session.start();

    for (let second = 0; second < 5; second++) {
      call.line(1000, true);
      await settle();
    }
    call.session.hangUp();
    await writer.ended;

    expect(failures).toEqual([new Error('no space left')]);
    expect(closedCount()).toBe(1);
    expect(call.outcome()).toMatchObject({ reason: 'operator-hung-up' });
  });

  it('that answers nothing is given up when too much waits for it', () => {
    const { writer, failures } = memoryBox({}, { append: () => new Promise(() => undefined) });
    const call = virtualCall({}, { tape: writer });
    call.session.start();

    call.line((BEHIND_LIMIT_BYTES / 8) * 1.2, true);

    expect(failures).toMatchObject([{ code: 'RECORDING_FAILED', message: 'the disk is too slow' }]);
  });
});

describe('a sensitive span', () => {
  it('is silent in the box, from a little before to a little after, and says that it was blanked', async () => {
    const { call, box, writer } = recordedCall({ tools: [CARD_TOOL] });
    call.line(5000, true);
    await announce(call, true);
    call.line(4000, true);
    await announce(call, false);
    call.line(5000, true);
    call.session.hangUp();
    await writer.ended;

    const heard = heardMs(box());
    const blanked = box().ticks.filter(({ isBlanked }) => isBlanked);
    expect(heard.filter((atMs) => atMs >= 4700 && atMs < 9300)).toEqual([]);
    expect(heard.filter((atMs) => atMs < 4700)).toHaveLength(234);
    expect(heard.filter((atMs) => atMs >= 9300)).toHaveLength(236);
    expect(blanked.length).toBeGreaterThan(200);
  });

  it.each([3980, 4000, 4100, 4280, 4300])(
    'is as silent when it begins near the time at which a part of the box goes to the file, after %i ms',
    async (startMs) => {
      const { call, box, writer } = recordedCall({ tools: [CARD_TOOL] });
      call.line(startMs, true);
      await announce(call, true);
      call.line(200, true);
      await announce(call, false);
      call.line(3000, true);
      await announce(call, true);
      call.line(2000, true);
      call.session.hangUp();
      await writer.ended;

      const firstEndMs = startMs + 200 + 300;
      const secondStartMs = startMs + 3200 - 300;
      const isSecret = (atMs: number) => (atMs >= startMs - 300 && atMs < firstEndMs) || atMs >= secondStartMs;
      const allMs = Array.from({ length: (startMs + 5200) / 20 }, (_, index) => 20 * (index + 1));
      expect(heardMs(box())).toEqual(allMs.filter((atMs) => !isSecret(atMs)));
      expect(box().ticks.filter(({ input }) => input.kind === 'callerAudio')).toHaveLength(allMs.length);
    },
  );

  it('leaves no words of either side, and none of a turn that goes on after it', async () => {
    const { call, box, writer, text } = recordedCall({ tools: [CARD_TOOL] });
    call.model({ kind: 'callerText', text: 'I would like to pay.' });
    await announce(call, true);
    call.line(2000, true);
    call.model({ kind: 'callerText', text: 'four one one one' });
    call.say('b1', 'I heard four one one one.', 400, false);
    await announce(call, false);
    call.line(500);
    call.say('b2', 'Is four one one one right?', 400);
    call.returnMarks();
    call.model({ kind: 'agentText', text: 'I heard four one one one. Is it right?', stage: 'confirmed' });
    call.line(1000);
    call.say('b3', 'Thank you for paying.', 400);
    call.returnMarks();
    call.session.hangUp();
    await writer.ended;

    expect(text()).not.toContain('four one');
    expect(text()).toContain('I would like to pay.');
    expect(text()).toContain('Thank you for paying.');
    const played = box().ticks.filter(({ outputs }) => outputs.some(({ kind }) => kind === 'play'));
    const isSilent = ({ outputs }: (typeof played)[number]) =>
      outputs.every((output) => output.kind !== 'play' || output.mulaw.every((code) => code === 0xff));
    expect(played.filter(isSilent)).toHaveLength(40);
    expect(played.filter((tick) => !isSilent(tick))).toHaveLength(20);
  });

  it('leaves no data of tools that were asked in it', async () => {
    const { call, writer, text } = recordedCall({ tools: [CARD_TOOL] });
    await announce(call, true);
    call.line(100);
    call.model({ kind: 'toolCalled', callId: 'pay', name: 'pay', input: { card: '4111' } });
    await announce(call, false);
    call.line(1000);
    call.openTools.find((each) => each.call.callId === 'pay')!.finish({ kind: 'answer', output: { paid: '4111' } });
    await settle();
    call.session.hangUp();
    await writer.ended;

    expect(text()).not.toContain('4111');
  });

  it('leaves no keys of an agent whose keys are secret, but their number and their end', async () => {
    const { call, box, writer, text } = recordedCall({
      dtmf: { terminator: '#', pauseMs: 2000, sensitive: true },
    });
    call.line(1000);
    for (const digit of '7359#') call.session.caller.event({ kind: 'keyPressed', digit });
    call.line(1000);
    call.session.hangUp();
    await writer.ended;

    const keys = box().ticks.flatMap(({ input }) =>
      input.kind === 'phone' && input.event.kind === 'keyPressed' ? [input.event.digit] : [],
    );
    expect(keys.join('')).toBe('0000#');
    expect(call.told.at(-1)).toContain('7359');
    expect(text()).not.toContain('7359');
  });
});
