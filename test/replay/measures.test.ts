import { describe, expect, it } from 'vitest';
import { encodeMulaw } from '../../src/audio/mulaw.js';
import {
  heardInterruptions,
  longestDeadAir,
  responseGaps,
  talkOvers,
  voiceIn,
} from '../../src/replay/expect/measures.js';
import { replayedCall } from './calls.js';

function tone(fromMs: number, toMs: number, lengthMs: number): Uint8Array {
  const samples = new Int16Array(lengthMs * 8);
  for (let i = fromMs * 8; i < toMs * 8; i++) samples[i] = Math.round(8000 * Math.sin((i * 2 * Math.PI * 440) / 8000));
  const mulaw = new Uint8Array(samples.length);
  encodeMulaw(samples, mulaw);
  return mulaw;
}

describe('measures of a replayed call', () => {
  it('finds the voice between the silences of a recording', () => {
    expect(voiceIn(tone(500, 1500, 3000), 0, 3000)).toEqual({ startMs: 500, endMs: 1500 });
  });

  it('finds no voice in silence', () => {
    expect(voiceIn(tone(0, 0, 1000), 0, 1000)).toBeUndefined();
  });

  it('measures the gap from the end of the voice, not of the recording', () => {
    expect(responseGaps(replayedCall())).toEqual([{ agentTurn: 1, atMs: 4000, gapMs: 1100 }]);
  });

  it('knows no gap for a turn that the caller did not ask for', () => {
    const agentStretches = [
      { startMs: 300, endMs: 900, cut: false },
      { startMs: 4000, endMs: 5000, cut: false },
      { startMs: 6000, endMs: 7000, cut: false },
    ];

    expect(responseGaps(replayedCall({ agentStretches }))).toEqual([{ agentTurn: 2, atMs: 4000, gapMs: 1100 }]);
  });

  it('counts the silence at the beginning and at the end as dead air', () => {
    const quiet = replayedCall({ callerActs: [], agentStretches: [{ startMs: 3000, endMs: 4000, cut: false }] });

    expect(longestDeadAir(quiet)).toEqual({ atMs: 4000, forMs: 4000 });
  });

  it('counts no dead air while the caller hears the sound of waiting', () => {
    const waits = [{ startMs: 2950, endMs: 3900 }];

    expect(longestDeadAir(replayedCall({ waits }))).toEqual({ atMs: 0, forMs: 1100 });
  });

  it('leaves interruptions out at which the agent was silent', () => {
    expect(heardInterruptions(replayedCall({ interruptions: [3000] }))).toEqual([]);
  });

  it('measures for how long the agent went on over the caller', () => {
    const over = (startMs: number) =>
      talkOvers(
        replayedCall({
          callerActs: [{ kind: 'say', words: '', startMs, endMs: 9000, voice: { startMs, endMs: 8000 } }],
        }),
      );

    expect(over(6400)).toEqual([{ agentTurn: 1, atMs: 6400, bothMs: 600 }]);
    expect([over(3900), over(7000)]).toEqual([[], []]);
  });
});
