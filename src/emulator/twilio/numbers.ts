import { notFound, RestProblem } from './problem.js';
import { type NumberState, numberShape, pageShape } from './shapes.js';

/** Parameters of a request and the fields they set. */
const FIELDS = {
  FriendlyName: 'friendly_name',
  VoiceUrl: 'voice_url',
  VoiceMethod: 'voice_method',
  VoiceFallbackUrl: 'voice_fallback_url',
  VoiceFallbackMethod: 'voice_fallback_method',
  VoiceApplicationSid: 'voice_application_sid',
  TrunkSid: 'trunk_sid',
  StatusCallback: 'status_callback',
  StatusCallbackMethod: 'status_callback_method',
} as const satisfies Record<string, keyof NumberState>;

/** The numbers of the account. Source: Twilio, IncomingPhoneNumber resource. */
export function numbersResource(
  accountSid: string,
  given: readonly (Partial<NumberState> & { phone_number: string })[],
) {
  const numbers: NumberState[] = given.map((number, index) => ({
    sid: `PN${String(index).padStart(32, '0')}`,
    friendly_name: number.phone_number,
    voice_url: 'https://demo.twilio.com/welcome/voice/',
    voice_method: 'POST',
    voice_fallback_url: null,
    voice_fallback_method: 'POST',
    voice_application_sid: null,
    trunk_sid: null,
    status_callback: '',
    status_callback_method: 'POST',
    ...number,
  }));
  const find = (sid: string) => {
    const number = numbers.find((each) => each.sid === sid);
    if (!number) throw notFound(`/Accounts/${accountSid}/IncomingPhoneNumbers/${sid}.json`);
    return number;
  };
  const shapeOf = (number: NumberState) => numberShape(number, accountSid);

  return {
    numbers,
    list(path: string, query: URLSearchParams) {
      const wanted = query.get('PhoneNumber');
      // The filter is a pattern: digits match anywhere.
      const found = numbers.filter(({ phone_number }) => wanted === null || phone_number.includes(wanted));
      return { status: 200, body: pageShape('incoming_phone_numbers', found.map(shapeOf), path, query) };
    },
    fetch: (sid: string) => ({ status: 200, body: shapeOf(find(sid)) }),
    update(sid: string, form: URLSearchParams) {
      const number = find(sid);
      for (const [parameter, value] of form) {
        if (!(parameter in FIELDS)) continue;
        if (/Url$|Callback$/.test(parameter) && value !== '' && !/^https?:\/\//.test(value)) {
          throw new RestProblem(400, 21502, `${parameter} is not a valid URL`);
        }
        Object.assign(number, { [FIELDS[parameter as keyof typeof FIELDS]]: value });
      }
      // Trunk and application exclude each other, and either takes the calls before the voice URL is asked.
      if (form.get('TrunkSid')) number.voice_application_sid = null;
      else if (form.get('VoiceApplicationSid')) number.trunk_sid = null;
      return { status: 200, body: shapeOf(number) };
    },
  };
}
