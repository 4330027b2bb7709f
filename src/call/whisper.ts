import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { lastKnownMs } from './carried-over.js';
import type { CallRecord } from './record.js';
import { shortened } from './shortened.js';

/** What a person listens to before a caller is put through: about 15 s of speech. */
const MAX_LENGTH = 300;

/**
 * One sentence for the person to whom a call is passed: who it is, for how long, and what it is about, in the agent's words
 * if it gave a reason for putting the caller through, else in the last ones of the caller.
 */
export function whisperOf(record: CallRecord): string {
  const start = `${who(record)} has been on the line for ${spokenDuration(lastKnownMs(record))}`;
  const reason = reasonOf(record);
  const words = reason || lastWords(record);
  if (words === '') return `${start}.`;
  const lead = reason ? `${start}. ` : `${start} and last said: `;
  return `${lead}${shortened(words, MAX_LENGTH - lead.length)}`;
}

/** What the agent gave as the reason when it last put the caller through. */
function reasonOf({ toolCalls }: CallRecord): string {
  const last = toolCalls.findLast(({ kind, outcome }) => kind === 'handoff' && outcome === 'answered');
  const reason = last?.sensitive ? undefined : last?.input.reason;
  return typeof reason === 'string' ? plain(reason) : '';
}

function who({ direction, from, to }: CallRecord): string {
  const isOutbound = direction === 'outbound';
  const number = spokenNumber(isOutbound ? to : from);
  const person = isOutbound ? 'The person whom we called' : 'A caller';
  return number === undefined ? person : `${person} at ${number},`;
}

/** Digit by digit, with a comma (a short pause) between the groups in which the number is written. */
function spokenNumber(e164: string): string | undefined {
  const number = /^\+[1-9]\d{6,14}$/.test(e164) ? parsePhoneNumberFromString(e164) : undefined;
  // Withheld callers come with a made-up number that belongs to no plan. Source: Twilio, anonymous callers.
  if (!number?.isPossible()) return undefined;
  const groups = number.formatInternational().match(/\d+/g) ?? [];
  return groups.map((group) => [...group].join(' ')).join(', ');
}

function spokenDuration(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return 'less than a minute';
  const hours = Math.floor(minutes / 60);
  const parts = [counted(hours, 'hour'), counted(minutes % 60, 'minute')].filter((part) => part !== '');
  return parts.join(' and ');
}

function counted(count: number, unit: string): string {
  if (count === 0) return '';
  return count === 1 ? `one ${unit}` : `${count} ${unit}s`;
}

function lastWords({ turns }: CallRecord): string {
  return (
    turns
      .filter((turn) => turn.role === 'caller' && !turn.sensitive)
      .map((turn) => plain(turn.text))
      .findLast((text) => text !== '') ?? ''
  );
}

/** Only what can be spoken: no markup, no control characters, one line. */
function plain(text: string): string {
  return text
    .replace(/<[^>]*>/g, ' ')
    .replace(/[\p{C}<>{}[\]|\\`*_#~^]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
