import { describe, expect, it } from 'vitest';
import { CallerLine } from '../../src/call/caller-line.js';
import { OpenUtterance } from '../../src/call/open-utterance.js';

/** A line of speech and silence as the detector tells it, and what is open of it. */
function lineOf() {
  const speech = {
    speaking: false,
    speechMs: 0,
    lastSpeechStartMs: undefined as number | undefined,
    lastSpeechEndMs: undefined as number | undefined,
  };
  let audioMs = 0;
  const open = new OpenUtterance(speech, () => audioMs);
  const STEP_MS = 10;
  return {
    open,
    audioMs: () => audioMs,
    speak(ms: number) {
      if (!speech.speaking) speech.lastSpeechStartMs = audioMs;
      speech.speaking = true;
      for (let passedMs = 0; passedMs < ms; passedMs += STEP_MS) {
        audioMs += STEP_MS;
        speech.speechMs += STEP_MS;
        speech.lastSpeechEndMs = audioMs;
        if (audioMs % 200 === 0) open.look();
      }
    },
    quiet(ms: number) {
      for (let passedMs = 0; passedMs < ms; passedMs += STEP_MS) {
        audioMs += STEP_MS;
        if (audioMs - (speech.lastSpeechEndMs ?? 0) >= 200) speech.speaking = false;
        if (audioMs % 200 === 0) open.look();
      }
    },
  };
}

describe('what the caller said that is not understood yet', () => {
  it('is nothing on a quiet line, all of which is consumed but the last moment', () => {
    const { open, quiet } = lineOf();
    quiet(5000);

    expect(open.fromMs).toBeUndefined();
    expect(open.speechMs).toBe(0);
    expect(open.consumedMs).toBe(4800);
  });

  it('begins a moment before the first sound of it, pauses and all', () => {
    const { open, speak, quiet } = lineOf();
    quiet(1000);
    speak(600);
    quiet(1000);
    speak(400);
    quiet(500);

    expect(open.fromMs).toBe(1000);
    expect(open.consumedMs).toBe(800);
    expect(open.speechMs).toBe(1000);
  });

  it('is over when it is understood', () => {
    const { open, speak, quiet } = lineOf();
    speak(1000);
    quiet(1000);
    open.transcribed();

    expect(open.fromMs).toBeUndefined();
    expect(open.speechMs).toBe(0);
    expect(open.consumedMs).toBe(1800);
  });

  it('is nothing any more once it is given up, also of what the caller goes on to say in one breath', () => {
    const { open, speak, quiet } = lineOf();
    quiet(1000);
    speak(1000);

    expect(open.giveUp()).toBe(true);
    expect(open.giveUp()).toBe(false);
    expect(open.consumedMs).toBe(1800);
    speak(400);
    expect(open.fromMs).toBeUndefined();
    quiet(600);
    speak(400);
    expect(open.fromMs).toBe(3000);
  });

  it('is what was begun since, when something is understood while the caller speaks on', () => {
    const { open, speak, quiet } = lineOf();
    speak(1000);
    quiet(1000);
    speak(800);
    open.transcribed();

    expect(open.fromMs).toBe(2000);
    expect(open.consumedMs).toBe(1800);
    expect(open.speechMs).toBe(800);
  });

  it.each([
    ['goes on', 0],
    ['is just over', 300],
  ])('is the word that %s when two earlier ones are understood late: no turn is over without a pause', (_, quietMs) => {
    const { open, speak, quiet } = lineOf();
    speak(1000);
    quiet(1000);
    open.transcribed();
    quiet(200);
    speak(300);
    quiet(quietMs);
    open.transcribed();

    expect(open.fromMs).toBe(2200);
    expect(open.speechMs).toBe(300);
  });

  it('is not a noise that goes on and on around what was understood', () => {
    const { open, speak, quiet } = lineOf();
    speak(4000);
    open.transcribed();
    speak(4000);

    expect(open.fromMs).toBeUndefined();
    quiet(1000);
    speak(500);
    expect(open.fromMs).toBe(9000);
    expect(open.speechMs).toBe(500);
  });

  it('is forgotten when the model makes nothing of it for long', () => {
    const { open, speak, quiet } = lineOf();
    speak(500);
    quiet(11_800);
    expect(open.fromMs).toBe(0);
    quiet(600);
    expect(open.fromMs).toBeUndefined();
  });

  it('is not forgotten while nobody hears it, and has its time again with another stream', () => {
    const { open, speak, quiet } = lineOf();
    speak(500);
    open.heardAnew(false);
    quiet(30_000);
    open.heardAnew(true);
    quiet(11_800);
    expect(open.fromMs).toBe(0);
    quiet(600);
    expect(open.fromMs).toBeUndefined();
  });

  it('never gives back what was consumed', () => {
    const { open, speak, quiet } = lineOf();
    quiet(3000);
    const consumedMs = open.consumedMs;
    speak(400);

    expect(open.fromMs).toBe(3000);
    expect(open.consumedMs).toBe(consumedMs);
  });
});

describe('a transcript that comes late', () => {
  /** Two questions, the second of which is over when words are understood that may be of the first only. */
  function twoQuestions() {
    const line = lineOf();
    line.quiet(1000);
    line.speak(1000);
    line.quiet(800);
    line.speak(600);
    line.quiet(900);
    line.open.transcribed();
    return line;
  }

  it('is of the oldest speech, and perhaps of no more: the rest is kept', () => {
    const { open } = twoQuestions();

    expect(open.fromMs).toBe(2800);
    expect(open.consumedMs).toBe(2600);
    expect(open.speechMs).toBe(600);
    expect(open.isInDoubt).toBe(true);
  });

  it.each([
    ['the next one has come', (line: ReturnType<typeof lineOf>) => line.open.transcribed()],
    ['it would have come', (line: ReturnType<typeof lineOf>) => line.quiet(2600)],
    ['another stream hears it', (line: ReturnType<typeof lineOf>) => line.open.heardAnew(true)],
  ])('leaves no doubt once %s', (_, happens) => {
    const line = twoQuestions();
    line.open.answered();
    line.quiet(1300);
    expect(line.open.isInDoubt).toBe(true);
    happens(line);

    expect(line.open.isInDoubt).toBe(false);
  });

  it('is followed by the next one, of the next speech', () => {
    const { open, quiet } = twoQuestions();
    quiet(1300);
    open.transcribed();

    expect(open.fromMs).toBeUndefined();
  });

  it('was of all of it when no other one comes by the time at which it would have', () => {
    const { open, quiet } = twoQuestions();
    open.answered();
    quiet(3500);
    expect(open.fromMs).toBe(2800);
    quiet(400);
    expect(open.fromMs).toBeUndefined();
  });

  it('says nothing of the rest while the model says nothing at all', () => {
    const { open, quiet } = twoQuestions();
    quiet(4000);
    expect(open.fromMs).toBe(2800);
    open.answered();
    quiet(200);
    expect(open.fromMs).toBeUndefined();
  });

  it('says nothing of the rest to the stream that hears that again', () => {
    const { open, quiet } = twoQuestions();
    open.answered();
    open.heardAnew(true);
    quiet(8000);

    expect(open.fromMs).toBe(2800);
  });

  /**
   * Two questions, one second each with a second between, whose transcripts come `lateMs` after the end of their turns. What is
   * still kept of the second one shortly before its own transcript?
   */
  function keptBeforeSecond(lateMs: readonly [first: number, second: number]) {
    const { open, audioMs, speak, quiet } = lineOf();
    speak(1000);
    quiet(1000);
    speak(1000);
    quiet(1000 + lateMs[0] - audioMs());
    open.transcribed();
    open.answered();
    quiet(3000 + lateMs[1] - audioMs() - 200);
    return open.speechMs;
  }

  it.each([
    [2500, 2500],
    [2500, 4300],
    // The first one has come suddenly late, and the next one is twice as late once more.
    [3000, 4900],
  ])('of a turn is followed by that of the next speech, which nobody has given up: %i and %i ms late', (...lateMs) => {
    expect(keptBeforeSecond(lateMs)).toBe(1000);
  });

  it.each([
    [2500, 5200],
    [4000, 6500],
  ])(
    'is given up when it is later still: the speech of it would be lost to a new stream, %i and %i ms late',
    (...lateMs) => {
      expect(keptBeforeSecond(lateMs)).toBe(0);
    },
  );

  it('is of both sides of a pause in which no turn can end', () => {
    const { open, speak, quiet } = lineOf();
    speak(1000);
    quiet(400);
    speak(600);
    quiet(900);
    open.transcribed();

    expect(open.fromMs).toBeUndefined();
  });

  it('is of no speech that the stream had not been given, however long ago it was heard here', () => {
    const { open, speak, quiet } = lineOf();
    speak(1000);
    quiet(1500);
    speak(600);
    quiet(5000);
    open.transcribed(2000);
    open.answered();
    quiet(3000);

    expect(open.fromMs).toBe(2500);
  });

  it('leaves one question of three behind at a time', () => {
    const { open, audioMs, speak, quiet } = lineOf();
    for (let count = 0; count < 3; count++) {
      speak(600);
      quiet(800);
    }
    quiet(1000);
    const begun = [0, 1, 2].map(() => {
      open.transcribed();
      quiet(1400);
      return open.fromMs;
    });

    expect(begun).toEqual([1400, 2800, undefined]);
    expect(open.consumedMs).toBe(audioMs() - 200);
  });
});

describe('the line of a caller', () => {
  it('has every word of a burst found that comes before anything else is done', () => {
    let nowMs = 0;
    const line = new CallerLine({
      inputRateHz: 8000,
      silentMs: 0,
      now: () => nowMs,
      isAnythingHeard: () => false,
      hear: () => undefined,
    });
    const push = (ms: number, isLoud: boolean) => {
      nowMs += ms;
      line.push(
        Uint8Array.from({ length: ms * 8 }, (_, i) => (isLoud ? (i % 16 < 8 ? 0x10 : 0x90) : 0xff)),
        undefined,
      );
    };
    push(1000, false);
    for (let count = 0; count < 3; count++) {
      push(400, true);
      push(800, false);
    }
    line.understood(nowMs);

    expect(line.open.fromMs).toBe(2200);
  });
});
