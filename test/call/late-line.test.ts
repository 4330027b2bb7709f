import { describe, expect, it } from 'vitest';
import { type Course, ListeningCall, type Still } from './listening-call.js';

const SESSION_LIMIT_MS = 12_000;
/** The stream is overdue at that age; by then the answer has begun, and goes on. */
const OVERDUE_MS = 11_400;

const COURSE: Course = {
  fates: [{ kind: 'opens', afterMs: 100 }],
  replies: [{ usesTool: false, blocks: 6, words: 6 }],
  toolMs: 100,
  toolOutcomes: [],
  transcriptMs: 250,
  sessionLimitMs: SESSION_LIMIT_MS,
  credentialsEndMs: undefined,
  silence: { promptAfterMs: 20_000, hangUpAfter: 3 },
  maxCallMs: 1_800_000,
  breaksOff: 'interrupted',
  chunkEveryMs: 60,
  endsTurns: true,
};

describe('a question in the middle of which something stands still, shortly before its stream is overdue', () => {
  it.each(['line', 'process, then timers', 'process, then model'] as const)(
    'is heard whole by one stream, and answered once: the %s',
    async (what: Still['what']) => {
      const call = new ListeningCall(COURSE);
      await call.line(7100, false);
      await call.line(1400, true, { atMs: 500, ms: 700, what });
      const answeredAtMs = OVERDUE_MS - 200;
      await call.line(answeredAtMs - call.clock.now(), false);
      expect(call.legs[0]!.turns.map(({ turn }) => turn)).toEqual([[0]]);
      expect(call.legs[0]!.isSpeaking).toBe(true);

      await call.line(SESSION_LIMIT_MS - call.clock.now(), false);
      const [old, next] = call.legs;
      expect(old!.state).toBe('closed');
      expect(next!.heard[0]).toBeGreaterThan(call.utterances[0]!.lastBlock);

      await call.line(5000, false);
      expect(next!.turns).toEqual([]);
      expect(call.turns.filter(({ role }) => role === 'caller')).toHaveLength(1);
      call.session.hangUp();
    },
  );
});
