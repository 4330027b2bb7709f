import { describe, expect, it, onTestFinished } from 'vitest';
import { parseModelScript } from '../../src/emulator/bedrock/script.js';
import { startBedrock } from '../../src/emulator/bedrock/server.js';
import type { Phone } from '../../src/emulator/phone/contract.js';
import { createPhone } from '../../src/emulator/phone/phone.js';
import { startTwilioRest } from '../../src/emulator/twilio/server.js';
import { AUTH_TOKEN, type Bridge, NUMBER, PUBLIC_URL } from './bridge.js';
import { SPEECH_DIR } from './places.js';
import { twoInstances } from './several.js';
import { until } from './until.js';

const PERSON = '+14155550142';
const ACCOUNT = `AC${'0'.repeat(32)}`;

/** Two instances; what the carrier asks for by these paths comes to the second one, all else to the first. */
async function calledFrom(pathsOfOther: RegExp) {
  const bedrock = await startBedrock();
  bedrock.use(parseModelScript('turns: []', { dir: SPEECH_DIR }));
  onTestFinished(() => bedrock.close());
  const bridges: Bridge[] = [];
  const phone: Phone = createPhone({
    bridgeUrl: ({ pathname }) => bridges[pathsOfOther.test(pathname) ? 1 : 0]!.base,
    publicUrl: PUBLIC_URL,
    accountSid: ACCOUNT,
    authToken: AUTH_TOKEN,
  });
  const twilio = await startTwilioRest({
    accountSid: ACCOUNT,
    authToken: AUTH_TOKEN,
    numbers: [{ phone_number: NUMBER }],
    phone: () => phone,
    // Nobody answers before the telephone rings, and by then the order is known everywhere.
    async callee() {
      await until(
        () => bridges[1]!.api('GET', '/calls?state=ringing'),
        ({ body }) => body.items.length > 0,
      );
      return { status: 'answered', answeredBy: 'human', detectionMs: 1000 };
    },
  });
  onTestFinished(() => twilio.close());
  bridges.push(
    ...(await twoInstances({
      bedrock: { endpoint: bedrock.url, credentials: bedrock.credentials },
      environment: { TWILIO_API_URL: twilio.url },
    })),
  );
  const [one, other] = bridges as [Bridge, Bridge];
  const { id: agentId } = await one.assign({ systemPrompt: 'You speak to {{variables.name}}.' });
  // The version that serves is the one that was ordered.
  await one.api('PATCH', `/agents/${agentId}`, { systemPrompt: 'You speak to {{variables.name}} again.' });
  await until(
    () => other.api('GET', `/agents/${agentId}`),
    ({ body }) => body?.version === 2,
  );
  const order = {
    ...{ to: PERSON, from: NUMBER, agentId, agentVersion: 1, variables: { name: 'Ann' } },
    onMachine: 'hang-up',
  };
  const headers = { 'Idempotency-Key': 'once' };
  const placed = await one.api('POST', '/calls', order, undefined, headers);
  const { call, begun } = await twilio.nextCall();
  await begun;
  await Promise.race([one.fact(call.callSid, 'answered'), other.fact(call.callSid, 'answered')]);
  return { one, other, bedrock, twilio, placed, call, order, headers };
}

describe.each([
  ['everything', /./],
  ['the media stream', /^\/twilio\/media/],
  ['the webhooks', /^\/twilio\/(?!media)/],
])('an outbound call of which %s comes to another instance', (_what, paths) => {
  it('is the one that was ordered: person, words, version, and the time it began to ring', async () => {
    const { one, other, bedrock, placed, call } = await calledFrom(paths);

    await Promise.race([one.fact(call.callSid, 'answererDetected'), other.fact(call.callSid, 'answererDetected')]);
    await call.hangUp();
    const over = (bridge: Bridge) =>
      until(
        () => bridge.record(call.callSid),
        ({ carrierStatus, state }) => carrierStatus === 'completed' && state === 'ended',
      );
    const record = await over(other);

    expect(record).toMatchObject({
      ...{ callSid: placed.body.callSid, direction: 'outbound', from: NUMBER, to: PERSON },
      ...{ agentVersion: 1, variables: { name: 'Ann' }, startedAt: placed.body.startedAt, answeredBy: 'human' },
      ...{ endReason: 'caller-hung-up' },
    });
    expect(await over(one)).toEqual(record);
    expect([...one.events, ...other.events].filter(({ kind }) => kind === 'rang')).toHaveLength(1);
    expect(bedrock.sessions.map(({ systemPrompt }) => systemPrompt)).toContain('You speak to Ann.');
    expect(bedrock.sessions.map(({ systemPrompt }) => systemPrompt)).not.toContain('You speak to Ann again.');
  });
});

it('an outbound call is placed once, whichever instance is asked again', async () => {
  const { other, twilio, placed, order, headers } = await calledFrom(/./);

  const again = await other.api('POST', '/calls', order, undefined, headers);

  expect(again.headers.get('Idempotent-Replayed')).toBe('true');
  expect(again.body).toEqual(placed.body);
  expect(twilio.calls).toHaveLength(1);
});
