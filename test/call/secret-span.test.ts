import { describe, expect, it } from 'vitest';
import { CALLER, virtualReception } from './virtual-reception.js';

const CARD_TOOL = { kind: 'sensitive', name: 'card', description: 'd', limitMs: 20_000 };

/** A call of which something is recorded, whose agent announced secret data so long after it began, then lost its line. */
async function interrupted(announcements: readonly { active: boolean; startMs: number }[]) {
  const desk = virtualReception();
  desk.agent('a', 1, { tools: [CARD_TOOL] });
  desk.number({ recording: true });
  await desk.reception.answer(desk.arriving('CA1'));
  const caller = desk.connect('CA1');
  for (const [index, { active, startMs }] of announcements.entries()) {
    desk.clock.advance(startMs - (desk.registry.session('CA1')?.callMs ?? 0));
    const toolCall = { id: `t${index}`, name: 'card', kind: 'sensitive', input: { active }, output: {}, startMs };
    desk.registry.emit('CA1', {
      kind: 'toolChanged',
      toolCall: { ...toolCall, durationMs: 10, outcome: 'answered' },
    });
  }
  return {
    ...desk,
    async backAfter(ms: number) {
      caller.event({ kind: 'closed' });
      desk.clock.advance(ms);
      await desk.reception.answerAgain(desk.arriving('CA1', { from: CALLER }));
      desk.recording.length = 0;
      desk.events.length = 0;
      desk.connect('CA1');
    },
    changes: () => desk.events.flatMap((event) => (event.kind === 'sensitiveChanged' ? [event.active] : [])),
  };
}

describe('something secret that is spoken while the line breaks', () => {
  it('is not kept after it either, until the time for it is over', async () => {
    const call = await interrupted([{ active: true, startMs: 1000 }]);

    await call.backAfter(5000);

    expect(call.recording).toEqual(['CA1 began', 'CA1 blank']);
    call.clock.advance(14_000);
    expect(call.changes()).toEqual([true]);
    call.clock.advance(1100);
    expect(call.changes()).toEqual([true, false]);
    expect(call.recording.at(-1)).toBe('CA1 kept');
  });

  it('is kept when the agent had said that it was over', async () => {
    const call = await interrupted([
      { active: true, startMs: 1000 },
      { active: false, startMs: 3000 },
    ]);

    await call.backAfter(1000);

    expect(call.changes()).toEqual([]);
    expect(call.recording).toEqual(['CA1 began']);
  });

  it('is kept when the time for it ran out meanwhile', async () => {
    const call = await interrupted([{ active: true, startMs: 1000 }]);

    await call.backAfter(21_000);

    expect(call.changes()).toEqual([]);
  });
});
