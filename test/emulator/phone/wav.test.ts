import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import wavefile from 'wavefile';
import { decodeMulaw, encodeMulaw } from '../../../src/emulator/phone/mulaw.js';
import { resampleWhole } from '../../../src/emulator/phone/resample.js';
import { callerWav, readCallerWav, stereoWav } from '../../../src/emulator/phone/wav.js';
import { BridgeError } from '../../../src/errors.js';

const tone = (rateHz: number, hz: number, seconds = 0.5, level = 0.5) =>
  Float64Array.from({ length: rateHz * seconds }, (_, index) => level * Math.sin((2 * Math.PI * hz * index) / rateHz));
const power = (samples: ArrayLike<number>) =>
  Array.from(samples).reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
const decibels = (ratio: number) => 10 * Math.log10(ratio);

function wavOf(channels: Float64Array[], rateHz: number, depth: string): Uint8Array {
  const wav = new wavefile.WaveFile();
  const scale = { '8': 127, '16': 32_767, '24': 8_388_607, '32': 2_147_483_647, '32f': 1 }[depth] ?? 1;
  const shift = depth === '8' ? 128 : 0;
  const round = depth === '32f' ? (sample: number) => sample : Math.round;
  const samples = channels.map((channel) => channel.map((sample) => round(sample * scale + shift)));
  wav.fromScratch(channels.length, rateHz, depth, samples.length === 1 ? samples[0]! : samples);
  return wav.toBuffer();
}

describe('mu-law', () => {
  it.each([
    [0, 0xff],
    [-1, 0x7f],
    [32_767, 0x80],
    [-32_768, 0x00],
    [8, 0xfe],
    [1000, 0xce],
    [-1000, 0x4e],
  ])('encodes %i as %i', (sample, byte) => {
    expect(encodeMulaw(Int16Array.of(sample))[0]).toBe(byte);
  });

  it('keeps every code through decoding and encoding, except the second zero', () => {
    const codes = Uint8Array.from({ length: 256 }, (_, code) => code);

    const again = encodeMulaw(decodeMulaw(codes));

    expect([...again].filter((code, index) => code !== index)).toEqual([0xff]);
  });

  it('decodes the ends of its range', () => {
    expect([...decodeMulaw(Uint8Array.of(0x00, 0x80, 0xff, 0x7f))].map((sample) => sample + 0)).toEqual([
      -32_124, 32_124, 0, 0,
    ]);
  });
});

describe('resampleWhole', () => {
  it.each([
    [16_000, 8000],
    [44_100, 8000],
    [48_000, 8000],
    [24_000, 8000],
    [8000, 16_000],
    [11_025, 8000],
  ])('keeps a 1 kHz tone from %i to %i Hz, in phase', (fromHz, toHz) => {
    const wanted = tone(toHz, 1000);

    const got = resampleWhole(tone(fromHz, 1000), fromHz, toHz);

    expect(got.length).toBe(wanted.length);
    const middle = (samples: Float64Array) => samples.subarray(toHz * 0.1, toHz * 0.4);
    const error = middle(got).map((sample, index) => sample - middle(wanted)[index]!);
    expect(decibels(power(middle(wanted)) / power(error))).toBeGreaterThan(60);
  });

  it('lets nothing above the new band through', () => {
    const aliased = resampleWhole(tone(16_000, 5000), 16_000, 8000).subarray(800, 3200);

    expect(decibels(power(tone(8000, 1000)) / power(aliased))).toBeGreaterThan(70);
  });
});

/** A good file with another number in its header. */
function withField(at: number, value: number): Uint8Array {
  const file = Buffer.from(wavOf([tone(8000, 1000)], 8000, '16'));
  file.writeUInt32LE(value, at);
  return file;
}

describe('readCallerWav', () => {
  it.each(['8', '16', '24', '32', '32f'])('reads %s-bit PCM', (depth) => {
    const bytes = readCallerWav(wavOf([tone(16_000, 1000)], 16_000, depth), 'tone.wav');

    expect(bytes.length).toBe(4000);
    const level = power(decodeMulaw(bytes).subarray(800, 3200)) / 32_768 ** 2;
    expect(decibels(level / 0.125)).toBeCloseTo(0, 0);
  });

  it('mixes channels', () => {
    const bytes = readCallerWav(
      wavOf([tone(8000, 1000), tone(8000, 1000).map((sample) => -sample)], 8000, '16'),
      'stereo.wav',
    );

    expect(power(decodeMulaw(bytes))).toBeLessThan(1);
  });

  it('gives each file its own sound, whatever it is called and whichever was read before', () => {
    const one = wavOf([tone(16_000, 1000)], 16_000, '16');
    const other = wavOf([tone(16_000, 500)], 16_000, '16');
    const fresh = [readCallerWav(one, 'a.wav'), readCallerWav(other, 'a.wav')] as const;

    expect(fresh[0]).not.toEqual(fresh[1]);
    expect([readCallerWav(one, 'b.wav'), readCallerWav(other, 'b.wav')]).toEqual(fresh);
  });

  it('is as it was for a file that comes back after many others', () => {
    const first = wavOf([tone(16_000, 1000)], 16_000, '16');
    const bytes = [...readCallerWav(first, 'a.wav')];
    for (let hz = 300; hz < 400; hz++) readCallerWav(wavOf([tone(8000, hz)], 8000, '16'), 'a.wav');

    expect([...readCallerWav(first, 'a.wav')]).toEqual(bytes);
  });

  it('passes mu-law at 8 kHz untouched', () => {
    const wav = new wavefile.WaveFile();
    wav.fromScratch(1, 8000, '8m', Uint8Array.of(1, 2, 3, 4));

    expect([...readCallerWav(wav.toBuffer(), 'mulaw.wav')]).toEqual([1, 2, 3, 4]);
  });

  it.each([
    [16_000, 1, 'was converted from 16000 Hz to 8000 Hz'],
    [44_100, 2, 'was converted from 44100 Hz to 8000 Hz and was mixed from 2 channels into one'],
    [8000, 2, 'was mixed from 2 channels into one'],
    [8000, 1, undefined],
  ])('says what it changed of %i Hz and %i channels', (rateHz, channelCount, changed) => {
    const channels = Array.from({ length: channelCount }, () => tone(rateHz, 1000));

    expect(callerWav(wavOf(channels, rateHz, '16'), 'a.wav').changed).toBe(changed);
  });

  it('says what is missing of a file that was cut off', () => {
    const { mulaw, changed } = callerWav(wavOf([tone(8000, 1000)], 8000, '16').subarray(0, 44 + 1000), 'a.wav');

    expect(mulaw).toHaveLength(500);
    expect(changed).toBe('is cut off: only 1000 of its 8000 bytes are there');
  });

  it.each([
    ['no sound', () => wavOf([new Float64Array()], 8000, '16'), /a\.wav has no sound in it/],
    ['a rate that nothing has', () => withField(24, 1), /a\.wav has 1 samples a second/],
    ['a rate that nobody needs', () => withField(24, 4_000_000_000), /a\.wav has 4000000000 samples a second/],
    ['a format that is neither', () => withField(20, (1 << 16) | 6), /a\.wav has WAV format 6/],
    ['more channels than anyone has', () => withField(20, (99 << 16) | 1), /a\.wav has 99 channels/],
    ['no channels', () => withField(20, 1), /a\.wav has 0 channels/],
  ])('refuses %s', (_what, file, message) => {
    expect(() => readCallerWav(file(), 'a.wav')).toThrow(message);
  });

  it('reads or refuses whatever is cut off or scrambled, and never does anything else', () => {
    const whole = wavOf([tone(8000, 1000, 0.05)], 8000, '16');
    const scrambled = fc.array(fc.tuple(fc.nat(47), fc.nat(255)), { maxLength: 3 });
    fc.assert(
      fc.property(fc.nat(whole.length), scrambled, (length, changes) => {
        const file = Uint8Array.from(whole.subarray(0, length));
        for (const [at, byte] of changes) if (at < length) file[at] = byte;
        try {
          return callerWav(file, 'a.wav').mulaw.length > 0;
        } catch (error) {
          return error instanceof BridgeError && error.message.startsWith('a.wav ');
        }
      }),
      { numRuns: 40 },
    );
  });

  it('refuses what is no WAV', () => {
    expect(() => readCallerWav(Buffer.from('hello'), 'hello.txt')).toThrow(/hello\.txt is not a WAV file/);
  });
});

describe('stereoWav', () => {
  it('puts the caller left and the agent right, filled to the same length', () => {
    const wav = new wavefile.WaveFile();
    wav.fromBuffer(stereoWav(encodeMulaw(Int16Array.of(1000, 1000)), encodeMulaw(Int16Array.of(-1000))));

    const [left, right] = wav.getSamples(false, Int16Array) as unknown as [Int16Array, Int16Array];

    expect([[...left], [...right]]).toEqual([
      [988, 988],
      [-988, 0],
    ]);
  });
});
