import { afterEach, describe, expect, it } from 'vitest';
import type { BedrockOptions } from '../../../src/emulator/bedrock/server.js';
import { connect, endOf, isText, type Place, speak } from './place.js';
import type { SdkCall } from './sdk-client.js';

let place: Place | undefined;

async function begin(options: BedrockOptions = {}, opening: Parameters<SdkCall['open']>[0] = {}): Promise<Place> {
  place = await connect(options, opening);
  return place;
}

afterEach(async () => {
  await place?.bedrock.close();
});

describe('tools', () => {
  const turn = {
    hear: 'where is it',
    sayFirst: 'One moment please.',
    call: { look_up: { order: 5 } },
    say: 'Thank you.',
  };

  it('are called after the first words, and the answer waits for the result', async () => {
    const at = await begin({ script: { turns: [turn] } }, { tools: ['look_up'] });
    await speak(at);
    at.clock.advance(3000);
    const { body } = await at.call.until(({ name }) => name === 'toolUse');
    at.clock.advance(10_000);
    expect(at.session.answers).toHaveLength(1);

    at.call.toolResult(body.toolUseId, '{"status":"shipped"}');
    await at.happens('toolAnswered');
    at.clock.advance(5000);
    await at.call.until(endOf('AUDIO', 'END_TURN'));

    expect(body).toMatchObject({ toolName: 'look_up', content: '{"order":5}', role: 'TOOL' });
    expect(at.session.tools).toEqual([{ name: 'look_up', description: 'A tool.', inputSchema: { type: 'object' } }]);
    expect(at.session.toolResults).toEqual([
      { toolUseId: body.toolUseId, name: 'look_up', content: { status: 'shipped' } },
    ]);
    expect(at.call.received.filter(endOf('TOOL', 'TOOL_USE'))).toHaveLength(1);
    expect(at.call.texts('ASSISTANT', 'SPECULATIVE')).toEqual(['One moment please.', 'Thank you.']);
  });

  it('hears on while a tool runs, and answers that after the result was spoken', async () => {
    const turns = [
      { hear: 'a', call: { look_up: {} }, say: 'Thank you.' },
      { hear: 'b', say: 'Goodbye.' },
    ];
    const at = await begin({ script: { turns } }, { tools: ['look_up'] });
    await speak(at);
    at.clock.advance(300);
    const { body } = await at.call.until(({ name }) => name === 'toolUse');
    await speak(at);
    at.clock.advance(20_000);
    expect(at.session.answers).toEqual([]);

    at.call.toolResult(body.toolUseId, '{}');
    await at.happens('toolAnswered');
    at.clock.advance(20_000);
    await at.call.until(isText('Goodbye.'));

    expect(at.call.named('textOutput').map((event) => event.body.content)).toEqual(
      expect.arrayContaining(['a', 'b', 'Thank you.', 'Goodbye.']),
    );
    expect(at.session.answers.map(({ text }) => text)).toEqual(['Thank you.', 'Goodbye.']);
  });

  it('may be several, with results in any order', async () => {
    const turns = [
      { hear: 'a', call: { one: { n: 1 }, two: { n: 2 } }, say: 'Thank you.' },
      { hear: 'b', say: 'Hello.', duringTool: true },
    ];
    const at = await begin({ script: { turns } }, { tools: ['one', 'two'] });
    await speak(at);
    at.clock.advance(300);
    await at.call.until(({ name }) => name === 'toolUse', 2);
    await speak(at);
    at.clock.advance(5000);
    await at.call.until(isText('Hello.'));

    for (const { body } of at.call.named('toolUse').reverse()) at.call.toolResult(body.toolUseId, '{}');
    await at.happens('toolAnswered', 2);
    at.clock.advance(5000);
    await at.call.until(isText('Thank you.'));

    expect(at.session.toolResults.map(({ name }) => name)).toEqual(['two', 'one']);
  });

  it('may be the same one several times, and are announced by a recording', async () => {
    const call = [{ look_up: { n: 1 } }, { look_up: { n: 2 } }];
    const turns = [{ hear: 'a', audioFirst: 'hello.wav', sayFirst: 'Good day', call, say: 'Thank you.' }];
    const at = await begin({ script: { turns } }, { tools: ['look_up'] });
    await speak(at);
    at.clock.advance(3000);
    await at.call.until(({ name }) => name === 'toolUse', 2);
    const asked = at.call.named('toolUse').map(({ body }) => body);
    for (const { toolUseId, content } of asked) at.call.toolResult(toolUseId, String(content));
    await at.happens('toolAnswered', 2);
    at.clock.advance(5000);
    await at.call.until(isText('Thank you.'));

    expect(asked.map(({ content }) => content)).toEqual(['{"n":1}', '{"n":2}']);
    expect(at.session.answers.map(({ text }) => text)).toEqual(['Good day', 'Thank you.']);
    expect(at.session.toolResults.map(({ content }) => content)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('can be doubly encoded, with an unknown event before the transcript', async () => {
    const turns = [{ hear: 'a', call: { look_up: { n: 1 } }, doubleEncoded: true, unknownEvent: true }];
    const at = await begin({ script: { turns } }, { tools: ['look_up'] });
    await speak(at);
    at.clock.advance(300);
    const { body } = await at.call.until(({ name }) => name === 'toolUse');

    expect(JSON.parse(JSON.parse(String(body.content)))).toEqual({ n: 1 });
    expect(at.call.received[1]?.name).toBe('userSpeechEnd');
  });

  it('end the session when the result is for a call that was not made', async () => {
    const at = await begin();
    at.call.toolResult('nobody', '{}');

    expect((await at.call.ended).error?.name).toBe('ValidationException');
    expect(at.session.violations).toEqual([
      'Invalid input request, please fix your input and try again. (toolUseId nobody is not outstanding)',
    ]);
  });
});
