import { shortened } from '../call/shortened.js';

/** Longest text of a `<Say>`. Source: Twilio, TwiML `<Say>`, limits. */
const MAX_SAY_LENGTH = 4096;

/**
 * A text as `<Say>` can take it: without the characters that XML does not have (the SDK throws on them), and no longer than
 * Twilio allows.
 */
export function speakable(text: string): string {
  const legal = text.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, ' ');
  return shortened(legal, MAX_SAY_LENGTH);
}
