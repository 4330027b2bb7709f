import { describe, expect, it } from 'vitest';
import { parseFault } from '../../../src/emulator/bedrock/faults.js';
import { Lines } from '../../../src/emulator/bedrock/lines.js';
import { parseModelScript } from '../../../src/emulator/bedrock/script.js';
import { loadVoice } from '../../../src/emulator/bedrock/voice.js';
import { BridgeError } from '../../../src/errors.js';

const place = { dir: 'fixtures/speech' };

const CALL_FAULT =
  'line 3: turns[0].call must be an object of tool names, each with an object of input, or a list of such objects';

function faultsOf(yaml: string): unknown {
  try {
    parseModelScript(yaml, place);
  } catch (error) {
    return error instanceof BridgeError ? { code: error.code, faults: error.details.faults } : error;
  }
  return undefined;
}

describe('a script of the model', () => {
  it('reads every field of a turn', () => {
    const script = parseModelScript(
      `
turns:
  - hear: thirty three four or six ninety two
    call: { order_status: { order: "334692" } }
    sayFirst: One moment please.
    say: Your number is 33.
    answerAfterMs: 500
    burst: 0
    oddChunks: bytes
    fail: { kind: exception, type: throttlingException, message: slow }
    failAfterMs: 200
  - text: greet
    audio: goforward.wav
    say: go forward ten meters
    interruptible: false
  - hear: both
    audioFirst: something.wav
    call: [{ look_up: { n: 1 } }, { look_up: { n: 2 } }]
    say: Thank you.
`,
      place,
    );

    expect(script.turns[0]).toEqual({
      hear: 'thirty three four or six ninety two',
      call: { order_status: { order: '334692' } },
      sayFirst: 'One moment please.',
      say: 'Your number is 33.',
      answerAfterMs: 500,
      burst: 0,
      oddChunks: 'bytes',
      fail: { kind: 'exception', type: 'throttlingException', message: 'slow' },
      failAfterMs: 200,
    });
    expect(script.turns[1]?.audio).toMatch(/fixtures\/speech\/goforward\.wav$/);
    expect(script.turns[2]).toEqual({
      hear: 'both',
      audioFirst: expect.stringMatching(/fixtures\/speech\/something\.wav$/),
      sayFirst: '(a recording)',
      call: [{ look_up: { n: 1 } }, { look_up: { n: 2 } }],
      say: 'Thank you.',
    });
  });

  it.each<[string, string, string[]]>([
    [
      'words without a clip',
      'turns:\n  - hear: a\n    say: Your order is five.',
      ['line 3: turns[0].say has words without a clip: order'],
    ],
    ['an unknown field', 'turns:\n  - hear: a\n    says: Hello', ['line 3: turns[0].says is no field of a turn']],
    ['neither hear nor text', 'turns:\n  - say: Hello', ['line 2: turns[0] must have either hear or text']],
    ['a wrong type', 'turns:\n  - hear: a\n    burst: fast', ['line 3: turns[0].burst must be a number from 0']],
    [
      'a missing recording',
      'turns:\n  - hear: a\n    audio: none.wav',
      ['line 3: turns[0].audio names none.wav, which is neither beside the script nor among the clips'],
    ],
    ['a call without tools', 'turns:\n  - hear: a\n    call: look_up', [CALL_FAULT]],
    ['a list of no calls', 'turns:\n  - hear: a\n    call: []', [CALL_FAULT]],
    ['a list with a bad call', 'turns:\n  - hear: a\n    call: [{ one: {} }, { two: 2 }]', [CALL_FAULT]],
    [
      'a missing first recording',
      'turns:\n  - hear: a\n    audioFirst: none.wav',
      ['line 3: turns[0].audioFirst names none.wav, which is neither beside the script nor among the clips'],
    ],
    ['no turns', 'lines: []', ['line 1: the script must have a list of turns']],
    [
      'an unknown fault',
      'turns:\n  - hear: a\n    fail: explode',
      [expect.stringMatching(/^line 3: turns\[0\]\.fail kind must be one of/)] as string[],
    ],
    [
      'a fault of the opening',
      'turns:\n  - hear: a\n    fail: 429',
      ['line 3: turns[0].fail can only happen while a stream is opened'],
    ],
    [
      'several at once',
      'turns:\n  - hear: 1\n  - text: a\n    say: shipped',
      [
        'line 2: turns[0].hear must be a text',
        'line 2: turns[0] must have either hear or text',
        'line 4: turns[1].say has words without a clip: shipped',
      ],
    ],
  ])('names line and field of %s', (_title, yaml, faults) => {
    expect(faultsOf(yaml)).toEqual({ code: 'FIXTURE_INVALID', faults });
  });

  it('names the line of broken YAML', () => {
    expect(faultsOf('turns:\n  - hear: "a\n')).toMatchObject({ faults: [expect.stringMatching(/^line \d/)] });
  });

  it.each([
    ['end', { kind: 'end' }],
    ['CANCEL', { kind: 'reset', code: 'CANCEL' }],
    ['throttlingException', { kind: 'exception', type: 'throttlingException' }],
    [429, { kind: 'http', status: 429 }],
    [{ kind: 'reset' }, { kind: 'reset', code: 'INTERNAL_ERROR' }],
    [{ kind: 'goAway' }, { kind: 'goAway' }],
    [
      { kind: 'goAway', code: 'INTERNAL_ERROR' },
      { kind: 'goAway', code: 'INTERNAL_ERROR' },
    ],
    [
      { kind: 'oversizedEvent', byteLength: 9 },
      { kind: 'oversizedEvent', byteLength: 9 },
    ],
  ])('reads the fault %j', (written, fault) => {
    expect(parseFault(written)).toEqual(fault);
  });
});

describe('the lines of a session', () => {
  const lines = () =>
    new Lines({
      turns: [{ hear: 'first' }, { text: 'key', say: 'Hello' }, { text: 'KEY', say: 'Goodbye' }, { hear: 'second' }],
    });

  it('takes utterances in order, and goes on by itself past the end', () => {
    const script = lines();

    const heard = [1000, 1000, 1400, 33_000, 61_000].map((durationMs) => script.forUtterance(durationMs));

    expect(heard.map(({ transcript }) => transcript)).toEqual([
      'first',
      'second',
      '(speech of 1 second)',
      '(speech of 33 seconds)',
      '(speech of 61 seconds)',
    ]);
    expect(heard.slice(2).map(({ turn }) => turn.say)).toEqual([
      'Thank you one second.',
      'Thank you thirty three seconds.',
      'Thank you six one seconds.',
    ]);
  });

  it('finds live text anywhere, unused first, whatever the case', () => {
    const script = lines();

    expect(['a Key', 'key', 'key'].map((text) => script.forText(text).say)).toEqual(['Hello', 'Goodbye', 'Goodbye']);
    expect(script.forText('Greet the caller').say).toBe('Hello.');
    expect(script.forText('anything').say).toBe('One moment please.');
  });

  it('can always say its own answers', () => {
    const voice = loadVoice();

    for (let seconds = 1; seconds <= 120; seconds++) {
      const { turn } = new Lines(undefined).forUtterance(seconds * 1000);
      expect(voice.missingWords(turn.say ?? '')).toEqual([]);
    }
  });
});
