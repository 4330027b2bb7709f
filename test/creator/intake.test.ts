import { describe, expect, it } from 'vitest';
import { checkedInput } from '../../src/creator/intake.js';
import type { BridgeError } from '../../src/errors.js';

const SOP = 'Greet the caller, ask for the order number and repeat it.';

const refusal = (input: Parameters<typeof checkedInput>[0]) => {
  try {
    checkedInput(input);
  } catch (error) {
    const { code, message, details } = error as BridgeError;
    return { code, message, errors: details.errors as { field: string; message: string }[] };
  }
  return undefined;
};

describe('a procedure', () => {
  it.each([
    ['nothing', '', 'is empty'],
    ['blanks only', ' \n\t\r\n \ufeff', 'is empty'],
    ['too much', 'Ask for the order number. '.repeat(10_000), '260,000 characters, and 200,000 are the most'],
    ['a file of a word processor', `PK\u0003\u0004\0\0${SOP}`, 'is a binary file'],
    ['control characters', `${SOP}\u0001\u0002\u0003`, 'is a binary file'],
    [
      'text in another encoding',
      'Gr\ufffd\ufffden Sie den Anrufer und fragen Sie nach der Nummer.',
      '2 characters that',
    ],
    ['half of a character', `${SOP} \ud83d`, 'half of a surrogate pair'],
    ['a word', 'Refunds.', 'holds no sentence'],
    ['numbers', '1 2 3 4 5 6 7 8 9 10 11 12', 'holds no sentence'],
  ])('is refused when it is %s, in words', (_, sop, words) => {
    const refused = refusal({ sop });

    expect(refused?.code).toBe('REQUEST_INVALID');
    expect(refused?.errors).toEqual([{ field: 'sop', message: expect.stringContaining(words) as string }]);
    expect(refused?.message).toContain(words);
  });

  it.each([
    ['German', 'Begrüßen Sie den Anrufer und fragen Sie nach der Bestellnummer.'],
    ['Japanese', '電話に出たら、お客様の注文番号を確認してください。'],
    ['Arabic', 'رحب بالمتصل واسأله عن رقم الطلب ثم أكد التاريخ.'],
    ['Thai', 'ทักทายผู้โทรและถามหมายเลขคำสั่งซื้อ'],
  ])('may be in %s', (_, sop) => {
    expect(checkedInput({ sop }).input.sop).toBe(sop);
  });

  it('may have a page break here and there', () => {
    expect(refusal({ sop: `${SOP}\f${SOP}` })).toBeUndefined();
  });

  it('may be as long as the limit', () => {
    expect(refusal({ sop: `${SOP} `.repeat(4000).slice(0, 200_000) })).toBeUndefined();
  });

  it('is the same whatever ends its lines and whether or not a byte order mark precedes it', () => {
    const plain = checkedInput({ sop: `${SOP}\n- Never promise cash.\n` });
    const windows = checkedInput({ sop: `\ufeff${SOP}\r\n- Never promise cash.\r\n` });
    const old = checkedInput({ sop: `${SOP}\r- Never promise cash.\r` });

    expect(windows).toEqual(plain);
    expect(old).toEqual(plain);
    expect(plain.sopSha256).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('the rest of the input', () => {
  it('is kept, without texts that are empty', () => {
    const { input } = checkedInput({
      sop: SOP,
      agentId: 'agent_1',
      number: '+14155550100',
      canaryPercent: 10,
      knowledgeBaseDescription: ' ',
      humanHandoffDescription: 'A supervisor:\r\n+14155550101',
    });

    expect(input).toEqual({
      sop: SOP,
      agentId: 'agent_1',
      number: '+14155550100',
      canaryPercent: 10,
      humanHandoffDescription: 'A supervisor:\n+14155550101',
    });
  });

  it('is checked like the procedure, and everything is told at once', () => {
    const refused = refusal({ sop: '', voicePersonality: 'a'.repeat(10_001), knowledgeBaseDescription: 'a\0b' });

    expect(refused?.errors.map(({ field }) => field).sort()).toEqual([
      'knowledgeBaseDescription',
      'sop',
      'voicePersonality',
    ]);
  });
});
