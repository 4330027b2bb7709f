import { afterEach, describe, expect, it } from 'vitest';
import type { BedrockOptions } from '../../../src/emulator/bedrock/server.js';
import { connect, endOf, isText, type Place, speak } from './place.js';
import type { SdkCall } from './sdk-client.js';

const INTERRUPTED = '{ "interrupted" : true }';
const LONG = 'Your call is now first in line and will be answered by the next available representative.';

let place: Place | undefined;

async function begin(options: BedrockOptions = {}, opening: Parameters<SdkCall['open']>[0] = {}): Promise<Place> {
  place = await connect(options, opening);
  return place;
}

afterEach(async () => {
  await place?.bedrock.close();
});

describe('interruption', () => {
  it('stops, says so exactly, and later gives the words that were spoken', async () => {
    const at = await begin({
      script: {
        turns: [
          { hear: 'a', say: LONG },
          { hear: 'b', say: 'Goodbye.' },
        ],
      },
    });
    await speak(at);
    at.clock.advance(300 + 1500);

    await speak(at, 'numbers.wav');
    at.clock.advance(10_000);
    await at.call.until(isText('Goodbye.'), 2);

    const [signal, spoken, ...others] = at.call.texts('ASSISTANT', 'FINAL');
    expect(signal).toBe(INTERRUPTED);
    expect(others).toEqual(['Goodbye.']);
    expect(at.call.received.filter(endOf('TEXT', 'INTERRUPTED'))).toHaveLength(1);
    expect(at.session.interruptions).toBe(1);
    expect(at.session.answers[0]?.cutAtMs).toBe(1500);
    expect(LONG.startsWith(String(spoken))).toBe(true);
    expect(
      at.session.answers[0]?.words
        .filter(({ endMs }) => endMs <= 1500)
        .map(({ text }) => text)
        .join(' '),
    ).toBe(spoken);
  });

  it('cuts an answer that was sent whole but still sounds, and none that has sounded', async () => {
    const at = await begin({ delivery: { burst: 0 }, script: { turns: [{ hear: 'a', say: LONG }] } });
    await speak(at);
    at.clock.advance(300);
    await at.call.until(endOf('AUDIO', 'END_TURN'));

    await speak(at);
    expect(at.session.interruptions).toBe(1);
    at.clock.advance(20_000);
    await speak(at);

    expect(at.session.interruptions).toBe(1);
  });

  it('lets an answer finish that may not be interrupted, and answers afterwards', async () => {
    const turns = [
      { hear: 'a', say: LONG, interruptible: false },
      { hear: 'b', say: 'Goodbye.' },
    ];
    const at = await begin({ script: { turns } });
    await speak(at);
    at.clock.advance(300 + 500);
    await speak(at);
    at.clock.advance(20_000);
    await at.call.until(isText('Goodbye.'));

    expect(at.session.interruptions).toBe(0);
    expect(at.call.texts('USER', 'FINAL')).toEqual(['a', 'b']);
    expect(at.session.answers.map(({ cutAtMs }) => cutAtMs)).toEqual([undefined, undefined]);
  });

  it('can send audio of the cut answer after the interruption, and end its block as interrupted', async () => {
    const at = await begin({ script: { turns: [{ hear: 'a', say: LONG, lateAudioMs: 200 }] } });
    await speak(at);
    at.clock.advance(300 + 500);
    await speak(at);
    await at.call.until(isText('(speech of 2 seconds)'));

    const names = at.call.received.map(({ name, body }) => (body.content === INTERRUPTED ? INTERRUPTED : name));
    const after = names.slice(names.indexOf(INTERRUPTED));
    expect(after.slice(0, 4)).toEqual([INTERRUPTED, 'contentEnd', 'audioOutput', 'contentEnd']);
    const late = at.call.named('audioOutput').at(-1);
    expect(Buffer.from(String(late?.body.content), 'base64')).toHaveLength(9600);
  });

  it('can end the audio block as interrupted', async () => {
    const at = await begin({ script: { turns: [{ hear: 'a', say: LONG, audioEndInterrupted: true }] } });
    await speak(at);
    at.clock.advance(300 + 500);
    await speak(at);

    await at.call.until(endOf('AUDIO', 'INTERRUPTED'));
    await at.call.until(endOf('TEXT', 'INTERRUPTED'));
  });

  it('is caused by live text while output still flows', async () => {
    const at = await begin({
      script: {
        turns: [
          { hear: 'a', say: LONG },
          { text: 'pressed', say: 'You entered 5.' },
        ],
      },
    });
    await speak(at);
    at.clock.advance(300 + 500);
    at.call.text('The caller pressed 5');
    await at.happens('textHeard');
    at.clock.advance(10_000);
    await at.call.until(isText('You entered 5.'));

    expect(at.session.interruptions).toBe(1);
  });

  it('can be made by hand, as can an answer', async () => {
    const at = await begin();
    at.session.interrupt();
    at.session.say(LONG);
    at.clock.advance(500);
    at.session.interrupt();

    await at.call.until(endOf('TEXT', 'INTERRUPTED'));
    expect(at.session.answers).toMatchObject([{ text: LONG, cutAtMs: 500 }]);
  });
});
