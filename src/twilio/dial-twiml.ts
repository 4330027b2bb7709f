import VoiceResponse from 'twilio/lib/twiml/VoiceResponse.js';
import { DIAL_LIMIT_MS } from '../call/places.js';
import { speakable } from './speakable.js';

export interface DialTarget {
  to: string;
  /** The number shown to the person who is dialled. */
  callerId: string;
  /** Asked when that person has hung up or did not answer. */
  actionUrl: string;
  /** Asked for what that person hears before the caller is put through. */
  whisperUrl: string | undefined;
  /** Spoken to the caller before it rings. */
  sayFirst?: string | undefined;
}

/** How long a person's telephone rings, in seconds. */
const RING_SECONDS = 20;

/**
 * Puts the caller through to a person; how it went is asked for at `actionUrl`, also when both have hung up. Without an
 * action Twilio would go on with the next verb. Source: Twilio, TwiML `<Dial>` and `<Number>`.
 */
export function dialTwiml({ to, callerId, actionUrl, whisperUrl, sayFirst }: DialTarget): string {
  const response = new VoiceResponse();
  if (sayFirst !== undefined) response.say(speakable(sayFirst));
  response
    .dial({
      timeout: RING_SECONDS,
      timeLimit: DIAL_LIMIT_MS / 1000,
      answerOnBridge: true,
      callerId,
      action: actionUrl,
      method: 'POST',
    })
    .number({ ...(whisperUrl !== undefined && { url: whisperUrl, method: 'POST' }) }, to);
  return response.toString();
}

/** What the dialled person hears before being put through; nothing when there are no words. */
export function whisperTwiml(text: string): string {
  const words = speakable(text).trim();
  const response = new VoiceResponse();
  if (words !== '') response.say(words);
  return response.toString();
}
