// With the types of numbers in the plans of all countries: a country is told apart within +1 by them.
import { type PhoneNumber, parsePhoneNumberWithError } from 'libphonenumber-js/max';

/** Whether the text is a number of an existing plan, in E.164 form. */
export function isValidE164(text: string): boolean {
  return parsed(text)?.isValid() ?? false;
}

/**
 * Whether the bridge may dial `to` on behalf of the number `from`: within the operator's prefixes, or, when there are
 * none, in the country of `from`. Premium-rate numbers never: they are what toll fraud is for.
 */
export function mayDial(to: string, from: string, prefixes: readonly string[] | undefined): boolean {
  const target = parsed(to);
  if (!target?.isValid() || target.getType() === 'PREMIUM_RATE') return false;
  if (prefixes) return prefixes.some((prefix) => to.startsWith(prefix));
  const home = parsed(from);
  if (!home) return false;
  if (target.countryCallingCode !== home.countryCallingCode) return false;
  // Toll-free numbers belong to all countries of a shared calling code.
  return target.country === home.country || target.getType() === 'TOLL_FREE';
}

function parsed(text: string): PhoneNumber | undefined {
  if (!/^\+[1-9]\d{6,14}$/.test(text)) return undefined;
  try {
    return parsePhoneNumberWithError(text);
  } catch {
    return undefined;
  }
}
