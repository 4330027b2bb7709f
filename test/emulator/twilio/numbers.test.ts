import { describe, expect, it } from 'vitest';
import { OURS, rest } from './client.js';

const numbersFrom = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ phone_number: `+141555501${String(index).padStart(2, '0')}` }));

describe('a list of numbers', () => {
  it('is read page by page to its end', async () => {
    const { client, server } = await rest({ numbers: numbersFrom(5) });

    const found = await client.incomingPhoneNumbers.list({ pageSize: 2 });

    expect(found.map(({ phoneNumber }) => phoneNumber)).toEqual(numbersFrom(5).map((number) => number.phone_number));
    expect(server.requests.map(({ params }) => params.Page)).toEqual([undefined, '1', '2']);
  });

  it('keeps its filter from page to page, and takes parts of numbers', async () => {
    const { client } = await rest({ numbers: [...numbersFrom(3), { phone_number: '+14155550190' }] });

    const of = (phoneNumber: string) => client.incomingPhoneNumbers.list({ phoneNumber, pageSize: 2 });

    expect(await of('+1415555010')).toHaveLength(3);
    expect(await of('555*1*0')).toHaveLength(2);
    expect(await of('+14155550102')).toHaveLength(1);
    expect(await of('+1415555018')).toEqual([]);
  });

  it('has at most a thousand on a page', async () => {
    const { client } = await rest();

    await expect(client.incomingPhoneNumbers.page({ pageSize: 1001 })).rejects.toMatchObject({ code: 20007 });
  });
});

describe('a number', () => {
  it('is set field by field, with dates and words as the SDK reads them', async () => {
    const { client, server } = await rest();
    const [{ sid } = { sid: '' }] = await client.incomingPhoneNumbers.list();

    const updated = await client.incomingPhoneNumbers(sid).update({
      voiceUrl: 'https://bridge.example.com/twilio/voice',
      voiceMethod: 'GET',
      friendlyName: 'Sales',
    });

    expect(updated).toMatchObject({ phoneNumber: OURS, voiceMethod: 'GET', friendlyName: 'Sales', trunkSid: null });
    expect(updated.dateCreated).toBeInstanceOf(Date);
    expect(await client.incomingPhoneNumbers(sid).fetch()).toMatchObject({ voiceUrl: updated.voiceUrl });
    expect(server.numbers).toMatchObject([{ sid, voice_url: 'https://bridge.example.com/twilio/voice' }]);
  });

  it('is left as it is by a request with one bad field', async () => {
    const { client, server } = await rest();
    const { sid, voice_url } = server.numbers[0]!;

    const update = client.incomingPhoneNumbers(sid).update({ friendlyName: 'New', voiceUrl: 'bridge' });

    await expect(update).rejects.toMatchObject({ status: 400 });
    expect(server.numbers[0]).toMatchObject({ friendly_name: OURS, voice_url });
  });

  it('has a trunk or an application, never both', async () => {
    const { client, server } = await rest();
    const number = client.incomingPhoneNumbers(server.numbers[0]!.sid);

    await number.update({ voiceApplicationSid: 'AP1' });
    expect(await number.update({ trunkSid: 'TK1' })).toMatchObject({ trunkSid: 'TK1', voiceApplicationSid: null });
    expect(await number.update({ voiceApplicationSid: 'AP1' })).toMatchObject({ trunkSid: null });
  });

  it('is bought once, and given back', async () => {
    const { client, server } = await rest({ numbers: [], availableNumbers: ['+14155550150', '+14155550160'] });
    const offered = await client.availablePhoneNumbers('US').local.list({ areaCode: 415, contains: '0160' });
    expect(offered.map(({ phoneNumber }) => phoneNumber)).toEqual(['+14155550160']);

    const { sid } = await client.incomingPhoneNumbers.create({ areaCode: '415', friendlyName: 'Sales' });
    expect(server.numbers).toMatchObject([{ sid, phone_number: '+14155550150', friendly_name: 'Sales' }]);
    const create = (phoneNumber: string) => client.incomingPhoneNumbers.create({ phoneNumber });
    await expect(create('+14155550150')).rejects.toMatchObject({ code: 21422 });
    await expect(create('415')).rejects.toMatchObject({ code: 21421 });
    await expect(client.incomingPhoneNumbers.create({ areaCode: '999' })).rejects.toMatchObject({ code: 21452 });

    expect(await client.incomingPhoneNumbers(sid).remove()).toBe(true);
    expect(server.numbers).toEqual([]);
    await expect(client.incomingPhoneNumbers(sid).fetch()).rejects.toMatchObject({ status: 404, code: 20404 });
  });
});
