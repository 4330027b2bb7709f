import VoiceResponse from 'twilio/lib/twiml/VoiceResponse.js';
import { speakable } from './speakable.js';

/** What the bridge itself has to say, where no number says it otherwise. */
export const WORDS = {
  unknownNumber: 'We are sorry, this number is not in service. Goodbye.',
  unavailable: 'We are sorry, we cannot take your call at the moment. Please try again later. Goodbye.',
  lostToAPerson:
    'We are sorry, something went wrong on our side. One moment please, we are connecting you to a person.',
  lost: 'We are sorry, something went wrong on our side. Please call again. Goodbye.',
} as const;

export interface StreamTarget {
  /** The media socket's address (wss). */
  url: string;
  actionUrl: string;
  /** Asked in place of `actionUrl` when the socket did not open. */
  unopenedUrl: string;
  statusCallbackUrl: string;
  ticket: string;
  /** Spoken before the stream starts: notice, or the greeting of a model that cannot speak first. */
  sayFirst: readonly string[];
}

/** So often the socket is tried at once: a load balancer that does not know yet often has a live instance next. */
const ATTEMPTS = 3;
/**
 * Before the carrier asks again for a socket, in seconds: what answers for an instance that has just died is soon another
 * instance, but not at once.
 */
const ASKED_AGAIN_AFTER_SECONDS = 1;

/**
 * Connects the call to the media socket. What stands behind `<Connect>` is for a socket that could not be opened, as that of an
 * instance that has just died: it is asked once more what comes next. Otherwise Twilio goes on with `action`.
 * Source: Twilio, TwiML `<Connect>` and `<Stream>`.
 */
export function connectStream(target: StreamTarget): string {
  const response = new VoiceResponse();
  for (const text of target.sayFirst) response.say(speakable(text));
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const stream = response.connect({ action: target.actionUrl, method: 'POST' }).stream({
      url: target.url,
      track: 'inbound_track',
      statusCallback: target.statusCallbackUrl,
      statusCallbackMethod: 'POST',
    });
    stream.parameter({ name: 'ticket', value: target.ticket });
  }
  response.pause({ length: ASKED_AGAIN_AFTER_SECONDS });
  response.redirect({ method: 'POST' }, target.unopenedUrl);
  return response.toString();
}

export function hangUp(): string {
  const response = new VoiceResponse();
  response.hangup();
  return response.toString();
}

export function sayAndHangUp(text: string): string {
  const response = new VoiceResponse();
  response.say(speakable(text));
  response.hangup();
  return response.toString();
}
