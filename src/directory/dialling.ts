// With the types of numbers in the plans of all countries: a country is told apart within +1 by them.
import { type PhoneNumber, parsePhoneNumberWithError } from 'libphonenumber-js/max';

/** Whether the text is a number of an existing plan, in E.164 form. */
export function isValidE164(text: string): boolean {
  return parsed(text)?.isValid() ?? false;
}

/** What nobody puts a caller through to, and what calls cost more to than to anybody else: what toll fraud is for. */
const NEVER_DIALLED: ReadonlySet<string | undefined> = new Set([
  'PREMIUM_RATE',
  'SHARED_COST',
  'PERSONAL_NUMBER',
  'UAN',
  'PAGER',
  'VOICEMAIL',
]);

/** Pay-per-call in the North American plan, whatever the area code. Source: NANPA, "N11 and other codes", 976. */
const PAY_PER_CALL = /^\+1\d{3}976\d{4}$/;

/**
 * Whether the bridge may dial `to` on behalf of the number `from`: within the operator's prefixes, or, when there are
 * none, in the country of `from`. Expensive kinds of numbers never.
 */
export function mayDial(to: string, from: string, prefixes: readonly string[] | undefined): boolean {
  const target = parsed(to);
  if (!target?.isValid() || NEVER_DIALLED.has(target.getType()) || PAY_PER_CALL.test(to)) return false;
  if (prefixes) return prefixes.some((prefix) => to.startsWith(prefix));
  const home = parsed(from);
  if (!home) return false;
  if (target.countryCallingCode !== home.countryCallingCode) return false;
  // Toll-free numbers belong to all countries of a shared calling code.
  return target.country === home.country || target.getType() === 'TOLL_FREE';
}

/**
 * Whether a call over `e164` that is dialled on to `to` may come back to it: numbers of ours (`find`) that dial each other,
 * because no agent is there, because they are full or because they are closed, would ring one another until somebody pays for it.
 */
export function dialsInCircle(e164: string, to: string, find: (e164: string) => Dialling | undefined): boolean {
  const seen = new Set<string>();
  const waiting = [to];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next === e164) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    const number = find(next);
    for (const each of [number?.fallback, number?.overflow, number?.hours?.closed]) {
      if (each && 'dial' in each) waiting.push(each.dial);
    }
  }
  return false;
}

type Dialled = { dial: string } | { say: string };

/** What of a number may dial another. */
interface Dialling {
  fallback?: Dialled | undefined;
  overflow?: Dialled | undefined;
  hours?: { closed: Dialled } | undefined;
}

function parsed(text: string): PhoneNumber | undefined {
  if (!/^\+[1-9]\d{6,14}$/.test(text)) return undefined;
  try {
    return parsePhoneNumberWithError(text);
  } catch {
    return undefined;
  }
}
