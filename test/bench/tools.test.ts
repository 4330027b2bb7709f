import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startAgentService } from '../../src/bench/agent-service.js';
import { eventBase64, FrameCutter, payloadOf } from '../../src/bench/event-stream.js';
import { toolPlanOf } from '../../src/bench/plan.js';
import { makeProbe, Recorder } from '../../src/bench/probe.js';
import { medianSummary, summaryOf } from '../../src/bench/statistics.js';
import { askWords, parseAsk } from '../../src/bench/tool-ask.js';
import { ToolRecorder } from '../../src/bench/tool-recorder.js';
import { settleMs, type ToolLoad, ToolUser } from '../../src/bench/tool-user.js';

const LOAD: ToolLoad = { everyMs: 2000, tookMs: 300 };
const ALOUD: ToolLoad = { ...LOAD, soundAfterMs: 1200 };

/** A model with one call, at a time that the test sets. */
function rig() {
  const state = { nowMs: 0 };
  const events: Record<string, Record<string, string>>[] = [];
  const cutter = new FrameCutter();
  const recorder = new Recorder();
  const toolRecorder = new ToolRecorder();
  recorder.isOn = true;
  toolRecorder.isOn = true;
  const user = new ToolUser({
    write: (bytes) =>
      cutter.push(bytes, (frame) => {
        const json = Buffer.from(eventBase64(payloadOf(frame)) ?? '', 'base64').toString();
        events.push((JSON.parse(json) as { event: Record<string, Record<string, string>> }).event);
      }),
    recorder,
    toolRecorder,
    now: () => state.nowMs,
  });
  const probe = makeProbe(0);
  return {
    user,
    probe,
    recorder,
    toolRecorder,
    use: (load: ToolLoad | undefined) => user.use(load, probe, 1),
    tick(nowMs: number) {
      state.nowMs = nowMs;
      user.tick(nowMs);
    },
    calls: () => events.flatMap(({ toolUse }) => (toolUse ? [toolUse] : [])),
    answer(nowMs: number, toolUseId: string, content: string) {
      state.nowMs = nowMs;
      user.take('contentStart', {
        type: 'TOOL',
        contentName: 'result',
        toolResultInputConfiguration: { toolUseId },
      });
      return user.take('toolResult', { contentName: 'result', content });
    },
  };
}

describe('the model that uses tools', () => {
  it('calls the next one when it is due and the last one has answered', () => {
    const { use, tick, calls, answer } = rig();
    use(LOAD);
    tick(0);
    const id = calls()[0]!.toolUseId!;
    tick(2500);

    expect(calls()).toHaveLength(1);
    expect(answer(2600, id, `{"answer":"${id} is done"}`)).toBe(true);
    tick(2601);
    expect(calls()).toHaveLength(2);
  });

  it('tells the agent in words which call it is and how long it is to take', () => {
    const { use, tick, calls } = rig();
    use(LOAD);
    tick(0);
    const { toolUseId, content } = calls()[0]!;

    expect(parseAsk((JSON.parse(content!) as { prompt: string }).prompt)).toEqual({ id: toolUseId, tookMs: 300 });
  });

  it('takes no result for a call that it has not made', () => {
    const { use, tick, answer, toolRecorder } = rig();
    use(LOAD);
    tick(0);

    expect(answer(100, 'bench-0-99', '{}')).toBe(false);
    expect(toolRecorder.openCount).toBe(1);
  });

  it('calls nothing more once it is told to stop', () => {
    const { use, tick, calls } = rig();
    use(LOAD);
    use(undefined);
    tick(10_000);

    expect(calls()).toEqual([]);
  });

  it('is quiet, and first lets its voice fade, when callers are to hear the sound of waiting', () => {
    const { use, tick, calls, user, probe } = rig();
    use(ALOUD);
    tick(1400);
    expect(calls()).toEqual([]);
    tick(1500);

    expect(user.isQuiet).toBe(true);
    expect(probe.soundDueMs).toBe(1500 + 1200);
    expect(settleMs(ALOUD)).toBe(2000 + 1500);
  });

  it('counts a caller who has heard nothing before the result', () => {
    const { use, tick, calls, answer, recorder, probe } = rig();
    use(ALOUD);
    tick(1500);
    answer(1600, calls()[0]!.toolUseId!, '{}');
    recorder.soundHeard(probe, 1700);

    expect(recorder).toMatchObject({ soundsMissing: 1, soundMs: [] });
  });
});

describe('the first sound of waiting', () => {
  it.each([
    [1210, 10],
    [1195, 5],
  ])('at %d ms is %d ms off its moment, and later sounds do not count', (heardMs, offMs) => {
    const recorder = new Recorder();
    recorder.isOn = true;
    const probe = makeProbe(0);
    probe.soundDueMs = 1200;
    recorder.soundHeard(probe, heardMs);
    recorder.soundHeard(probe, heardMs + 100);

    expect(recorder.soundMs).toEqual([offMs]);
  });
});

describe('the way of a tool call', () => {
  const made = () => {
    const recorder = new ToolRecorder();
    recorder.isOn = true;
    recorder.called('a', 0);
    return recorder;
  };

  it('is both ways without what the agent took', () => {
    const recorder = made();
    recorder.requested('a', 3);
    recorder.answered('a', 1003);
    recorder.resulted('a', true, 1005);

    expect(recorder.figures()).toMatchObject({
      answered: 1,
      wrong: 0,
      request: { p50: 3 },
      result: { p50: 2 },
      overhead: { p50: 5 },
    });
  });

  it('is no figure when the result is wrong or the agent was not asked', () => {
    const recorder = made();
    recorder.resulted('a', true, 5);
    recorder.called('b', 10);
    recorder.requested('b', 11);
    recorder.answered('b', 12);
    recorder.resulted('b', false, 13);

    expect(recorder.figures()).toMatchObject({ answered: 2, wrong: 2, overhead: undefined });
  });

  it('counts how many are under way, and forgets those whose stream is gone', () => {
    const recorder = made();
    recorder.look();
    recorder.called('b', 1);
    recorder.look();
    recorder.forget();

    expect(recorder.figures().inFlight).toEqual({ least: 1, mean: 1.5 });
    expect(recorder.openCount).toBe(0);
  });

  it('leaves nothing of one window to the next', () => {
    const recorder = made();
    recorder.look();
    recorder.resulted('a', false, 5);
    recorder.reset();

    expect(recorder.figures()).toMatchObject({ answered: 0, wrong: 0, inFlight: undefined });
  });
});

describe('the agent of the bench', () => {
  it('answers what it is asked and says when it had the request and gave the answer', async () => {
    const recorder = new ToolRecorder();
    recorder.isOn = true;
    const service = await startAgentService(recorder, () => 5);
    try {
      recorder.called('bench-1-1', 0);
      const answer = await service.ask(askWords({ id: 'bench-1-1', tookMs: 0 }));
      recorder.resulted('bench-1-1', answer.includes('bench-1-1'), 8);

      expect(recorder.figures()).toMatchObject({ wrong: 0, request: { p50: 5 }, result: { p50: 3 } });
      await expect(service.ask('Who are you?')).rejects.toThrow(/not a question of the bench/);
    } finally {
      await service.close();
    }
  });

  it('reads every question that the model words', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), fc.nat(60_000), (index, count, tookMs) => {
        const ask = { id: `bench-${index}-${count}`, tookMs };

        expect(parseAsk(askWords(ask))).toEqual(ask);
        expect(parseAsk(askWords({ ...ask, answerBytes: count }))).toEqual({ ...ask, answerBytes: count });
      }),
    );
  });

  it('says as much as it is asked to, and begins a long answer with whose it is', async () => {
    const service = await startAgentService(new ToolRecorder(), () => 0);
    try {
      const answer = await service.ask(askWords({ id: 'bench-1-1', tookMs: 0, answerBytes: 1_000_000 }));

      expect(answer.length).toBeGreaterThan(1_000_000);
      expect(answer.length).toBeLessThan(1_040_000);
      expect(answer.slice(0, 100)).toContain('bench-1-1');
    } finally {
      await service.close();
    }
  });
});

describe('several windows', () => {
  it('come to the median of each figure, the sum of the counts and the highest of all', () => {
    const windows = [[1, 1, 9], [2, 2, 2], [3, 3, 5], []].map(summaryOf);

    expect(medianSummary(windows)).toEqual({ count: 9, p50: 2, p99: 5, max: 9, mean: 11 / 3 });
  });

  it('come to nothing when nothing was measured in any', () => {
    expect(medianSummary([undefined])).toBeUndefined();
  });
});

describe('the plan for tools', () => {
  it('has the 40 calls of the goals and windows that are repeated', () => {
    const plan = toolPlanOf({ quick: false, calls: undefined, seconds: undefined });

    expect(plan.calls).toBe(40);
    expect(plan.repeats).toBeGreaterThanOrEqual(3);
  });

  it('takes other calls and other windows', () => {
    expect(toolPlanOf({ quick: true, calls: 3, seconds: 1 })).toMatchObject({ calls: 3, measureMs: 1000, repeats: 1 });
  });
});
