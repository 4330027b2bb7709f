import { createHmac } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { scaledClock } from '../../../src/clock.js';
import { createPhone, type PhoneOptions } from '../../../src/emulator/phone/phone.js';
import { type Asked, startBridge } from './bridge.js';

export const PUBLIC_URL = 'https://bridge.example.com';
export const TOKEN = '12345';
export const CALLER = '+14155550100';
export const OURS = '+14155550199';
export const PERSON = '+14155550123';
export const HANG_UP = '<Response><Hangup/></Response>';
export const CONNECT =
  '<Response><Connect action="/twilio/after"><Stream url="wss://bridge.example.com/twilio/media"/></Connect><Hangup/></Response>';

/** A telephone ten times as fast as real time, and a bridge that answers by path; what it does not know, it answers with 204. */
export async function site(answers: Readonly<Record<string, string>>, options: Partial<PhoneOptions> = {}) {
  const bridge = await startBridge({ answer: ({ path }) => answers[path.replace(/\?.*/, '')] ?? { status: 204 } });
  onTestFinished(() => bridge.close());
  const phone = createPhone({
    bridgeUrl: bridge.url,
    publicUrl: PUBLIC_URL,
    accountSid: `AC${'0'.repeat(32)}`,
    authToken: TOKEN,
    clock: scaledClock(10),
    seed: 7,
    sayMsPerCharacter: 0,
    ...options,
  });
  const asked = (path: string) => bridge.asked.filter((one) => one.path.replace(/\?.*/, '') === path);
  return { bridge, phone, asked };
}

/** Whether a request carries the signature that its public URL and form call for. */
export function isSigned({ path, headers, params }: Asked): boolean {
  const names = Object.keys(params).sort();
  const signed = names.reduce((text, name) => text + name + params[name], PUBLIC_URL + path);
  return headers['x-twilio-signature'] === createHmac('sha1', TOKEN).update(signed).digest('base64');
}

/** Number and status of each status callback, as they came. */
export const statuses = (asked: readonly Asked[]) =>
  asked.map(({ params }) => `${params.SequenceNumber} ${params.CallStatus}`);
