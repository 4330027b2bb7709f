import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { virtualCall } from './virtual-call.js';

type Action =
  | { do: 'block'; id: number; text: string }
  | { do: 'speak'; id: number; ms: number }
  | { do: 'endBlock'; id: number; turnEnded: boolean }
  | { do: 'interrupt' | 'callerText' | 'marks' | 'staleMark' | 'tool' | 'finishTool' | 'lost' }
  | { do: 'line'; ms: number; spoken: boolean }
  | { do: 'wait'; ms: number }
  | { do: 'key'; digit: string }
  | { do: 'confirm'; text: string };

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('block' as const),
      id: fc.nat(5),
      text: fc.constantFrom('one two three', 'Hello', ''),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('speak' as const), id: fc.nat(5), ms: fc.integer({ min: 20, max: 3000 }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('endBlock' as const), id: fc.nat(5), turnEnded: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'interrupt' as const,
        'callerText' as const,
        'marks' as const,
        'staleMark' as const,
        'tool' as const,
        'finishTool' as const,
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('line' as const),
      ms: fc.integer({ min: 20, max: 1500 }),
      spoken: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 12_000 }) }) },
  fc.record({ do: fc.constant('key' as const), digit: fc.constantFrom('1', '#') }),
  fc.record({ do: fc.constant('confirm' as const), text: fc.constantFrom('one', 'one two three', 'Hello') }),
  fc.constant({ do: 'lost' as const }),
);

describe('any order of what both legs report', () => {
  it('leaves a call that ends once, holds nothing, and credits nothing that was not sent or not said', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
        const call = virtualCall({ greeting: 'Greet' });
        call.session.start();
        let toolCount = 0;
        for (const each of actions) {
          switch (each.do) {
            case 'block':
              if (each.text) call.model({ kind: 'agentText', text: each.text, stage: 'spoken' });
              call.model({ kind: 'audioStarted', blockId: `b${each.id}` });
              break;
            case 'speak':
              call.speak(`b${each.id}`, each.ms);
              break;
            case 'endBlock':
              call.model({ kind: 'audioEnded', blockId: `b${each.id}`, turnEnded: each.turnEnded });
              break;
            case 'interrupt':
              call.model({ kind: 'interrupted' });
              break;
            case 'callerText':
              call.model({ kind: 'callerText', text: 'yes' });
              break;
            case 'marks':
              call.returnMarks();
              break;
            case 'staleMark':
              call.session.caller.event({ kind: 'markReturned', name: 'm1' });
              break;
            case 'tool':
              call.model({ kind: 'toolCalled', callId: `t${toolCount++}`, name: 'look_up', input: {} });
              break;
            case 'finishTool':
              call.openTools.shift()?.finish({ kind: 'answer', output: {} });
              await Promise.resolve();
              break;
            case 'line':
              call.line(each.ms, each.spoken);
              break;
            case 'wait':
              call.clock.advance(each.ms);
              break;
            case 'key':
              call.session.caller.event({ kind: 'keyPressed', digit: each.digit });
              break;
            case 'confirm':
              call.model({ kind: 'agentText', text: each.text, stage: 'confirmed' });
              break;
            case 'lost':
              call.model({ kind: 'closed', asked: false, reason: 'lost' });
              break;
          }
        }
        call.session.caller.event({ kind: 'stopped' });

        expect(call.faults()).not.toContain('INTERNAL');
        expect(call.outcome()).toBeDefined();
        expect(call.facts.filter((fact) => fact.kind === 'ended')).toHaveLength(1);
        expect(call.voiceClosed()).toBe(1);
        expect(call.clock.pendingTimers).toBe(0);
        const credited = call.agentTurns().reduce((sum, turn) => sum + turn.heardMs, 0);
        expect(credited).toBeLessThanOrEqual(call.playedMs() + call.agentTurns().length);
        for (const turn of call.agentTurns()) {
          const [words, sent, heard] = [turn.text, turn.sentText ?? '', turn.heardText].map((text) =>
            text.split(' ').filter(Boolean),
          );
          expect(words!.slice(0, sent!.length)).toEqual(sent);
          expect(sent!.slice(0, heard!.length)).toEqual(heard);
          expect(turn.endMs).toBeGreaterThanOrEqual(turn.startMs);
        }
      }),
      { numRuns: 400 },
    );
  });
});
