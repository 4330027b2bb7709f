import { describe, expect, it } from 'vitest';
import { OTHERS, procedure } from './procedures.js';
import { answer, judge, make, talk } from './studio.js';

const calls = (turns: Awaited<ReturnType<typeof talk>>) =>
  turns.flatMap(({ toolCalls = [] }) => toolCalls.map(({ name, input }) => [name, input]));

describe('the agent in a call', async () => {
  const returns = await make(procedure('returns-and-refunds'));
  const dentist = await make(procedure('appointment-booking'));
  const hotel = await make(OTHERS['a hotel desk, in plain paragraphs']!);

  it('looks up what the caller names, asking for what is missing', async () => {
    const turns = await talk(returns, ['Hi, could you look up my order please?', 'Sure, it is MH482133.']);

    expect(turns[0]?.text).toContain('order number');
    expect(calls(turns)).toEqual([['look_up_order', { order_number: 'MH482133' }]]);
    expect(turns[1]?.text).toContain('MH482133');
  });

  it('needs not ask for what was said', async () => {
    const turns = await talk(returns, ['Can you look up order number four eight two one three?']);

    expect(calls(turns)).toEqual([['look_up_order', { order_number: '48213' }]]);
  });

  it('picks dates, times and names from what is said', async () => {
    const turns = await talk(dentist, [
      'I want to move an appointment, can you look up the booking?',
      'Jane Miller, on March 3',
    ]);

    expect(calls(turns)).toEqual([['look_up_booking', { name: 'Jane Miller', date: 'March 3' }]]);
  });

  it.each([
    ['How long can I return unused articles?', '30 days of delivery'],
    ['Is return shipping free?', 'free of charge'],
    ['When is the warehouse open?', 'Monday to Friday'],
  ])('answers "%s" by the procedure', async (question, words) => {
    expect((await talk(returns, [question]))[0]?.text).toContain(words);
  });

  it.each([
    ['I want to speak to a human being.'],
    ['My lawyer will hear of this.'],
    ['The lamp exploded and I was injured by it.'],
  ])('hands over at "%s"', async (line) => {
    expect(calls(await talk(returns, [line]))).toEqual([['transfer_to_human', { reason: line }]]);
  });

  it('hands over in the middle of a question, too', async () => {
    const turns = await talk(hotel, [
      'Please look up my reservation.',
      'Listen, somebody has committed a theft in my room!',
    ]);

    expect(calls(turns).map(([name]) => name)).toEqual(['transfer_to_human']);
  });

  it.each([
    ['Can you promise me the refund before the parcel has arrived?', 'must not promise a refund'],
    ['Then give me a voucher or a discount.', 'must not give discounts'],
  ])('refuses "%s"', async (line, words) => {
    const turns = await talk(returns, [line]);

    expect(turns[0]?.text).toContain(words);
    expect(calls(turns)).toEqual([]);
  });

  it('asks back when nothing of the procedure is meant', async () => {
    expect((await talk(returns, ['The moon is made of cheese.']))[0]?.text).toContain(
      'Could you tell me a little more',
    );
  });

  it('ends the call after a goodbye', async () => {
    expect(calls(await talk(returns, ['No thanks, goodbye.']))).toEqual([['end_call', {}]]);
  });

  it('has the same answer for the same conversation', async () => {
    const lines = ['Could you look up my order?', '48213', 'And what about gift cards?'];

    expect(await talk(returns, lines)).toEqual(await talk(returns, lines));
  });

  it('asks the agent behind it when it has only that, and tells what it answers', async () => {
    const schema = { type: 'object', properties: { prompt: { type: 'string' } }, required: ['prompt'] };
    const tool = { toolSpec: { name: 'business_agent', inputSchema: { json: schema } } };
    const request = {
      system: returns.prompt.voicePrompt,
      toolNames: ['business_agent'],
      body: { toolConfig: { tools: [tool] } },
    };
    const line = { role: 'user' as const, content: [{ text: 'Look up order number 48213, please.' }] };
    const asked = await answer({ ...request, messages: [line] });
    const use = { toolUseId: 'a', name: 'business_agent', input: {} };
    const result = { toolUseId: 'a', content: [{ json: { result: 'It is on its way.' } }], status: 'success' };
    const told = await answer({
      ...request,
      messages: [
        line,
        { role: 'assistant', content: [{ toolUse: use }] },
        { role: 'user', content: [{ toolResult: result }] },
      ],
    });

    expect(asked.toolUses).toEqual([
      { name: 'business_agent', input: { prompt: 'Look up order number 48213, please.' } },
    ]);
    expect(told.text).toBe('It is on its way.');
  });

  it('follows a prompt that somebody else has written', async () => {
    const system =
      'You answer for a zoo. The zoo opens at 9 a.m. Never name the price of a lion. Transfer to a keeper team if an animal is ill.';
    const ask = (text: string) => answer({ system, messages: [{ role: 'user', content: [{ text }] }] });

    expect((await ask('When does the zoo open?')).text).toContain('9 a.m.');
    expect((await ask('What is the price of a lion?')).text).toContain('must not');
    expect((await ask('An animal looks ill.')).text).toContain('putting you through');
  });
});

describe('the judge', () => {
  it.each([
    [
      'yes',
      'Unused lamps can be returned within 30 days.',
      'The agent says that lamps can be returned within 30 days.',
    ],
    ['no', 'Unused lamps can be returned within 14 days.', 'Chairs are collected at home.'],
    ['no', 'Lamps can be returned.', 'Lamps cannot be returned.'],
    ['cannot-tell', 'Lamps.', ''],
  ])('says %s of "%s"', async (expected, text, meaning) => {
    expect((await judge.ask({ text, meaning })).answer).toBe(expected);
  });
});
