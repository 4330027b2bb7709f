import { isE164 } from './form.js';
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
  onSale: readonly string[] = [],
) {
  const available = [...onSale];
  let count = 0;
  const stateOf = (number: Partial<NumberState> & { phone_number: string }): NumberState => ({
    sid: `PN${String(count++).padStart(32, '0')}`,
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
  });
  const numbers = given.map(stateOf);
  const find = (sid: string) => {
    const number = numbers.find((each) => each.sid === sid);
    if (!number) throw notFound(`/Accounts/${accountSid}/IncomingPhoneNumbers/${sid}.json`);
    return number;
  };
  const shapeOf = (number: NumberState) => numberShape(number, accountSid);

  return {
    numbers,
    list(path: string, query: URLSearchParams) {
      const found = numbers
        .filter(({ phone_number }) => matches(phone_number, query.get('PhoneNumber')))
        .filter(({ friendly_name }) => (query.get('FriendlyName') || friendly_name) === friendly_name);
      return { status: 200, body: pageShape('incoming_phone_numbers', found.map(shapeOf), path, query) };
    },
    fetch: (sid: string) => ({ status: 200, body: shapeOf(find(sid)) }),
    update(sid: string, form: URLSearchParams) {
      const number = find(sid);
      Object.assign(number, changesIn(form));
      return { status: 200, body: shapeOf(number) };
    },
    create(form: URLSearchParams) {
      const areaCode = form.get('AreaCode');
      const wanted =
        form.get('PhoneNumber') || available.find((number) => areaCode && number.startsWith(`+1${areaCode}`));
      if (!wanted && areaCode) throw new RestProblem(400, 21452, `No phone numbers found in area code ${areaCode}`);
      if (!wanted || !isE164(wanted)) throw new RestProblem(400, 21421, `PhoneNumber ${wanted ?? ''} is invalid`);
      if (!available.includes(wanted)) throw new RestProblem(400, 21422, `PhoneNumber ${wanted} is not available`);
      const number = stateOf({ phone_number: wanted, ...changesIn(form) });
      available.splice(available.indexOf(wanted), 1);
      numbers.push(number);
      return { status: 201, body: shapeOf(number) };
    },
    remove(sid: string) {
      numbers.splice(numbers.indexOf(find(sid)), 1);
      return { status: 204 };
    },
    /** Source: Twilio, AvailablePhoneNumber resources. */
    listAvailable(country: string, path: string, query: URLSearchParams) {
      const areaCode = query.get('AreaCode') ?? '';
      const found = available
        .filter((number) => number.startsWith(`+1${areaCode}`) && matches(number, query.get('Contains')))
        .map((number) => ({
          friendly_name: number,
          phone_number: number,
          iso_country: country,
          address_requirements: 'none',
          beta: false,
          capabilities: { voice: true, SMS: true, MMS: true },
        }));
      return { status: 200, body: pageShape('available_phone_numbers', found, path, query) };
    },
  };
}

/** The fields that a form sets. All or nothing: throws for the first bad one. */
function changesIn(form: URLSearchParams): Partial<NumberState> {
  const changes: Partial<Record<keyof NumberState, string | null>> = {};
  for (const [parameter, value] of form) {
    if (!(parameter in FIELDS)) continue;
    if (/Url$|Callback$/.test(parameter) && value !== '' && !/^https?:\/\//.test(value)) {
      throw new RestProblem(400, 21502, `${parameter} is not a valid URL`);
    }
    changes[FIELDS[parameter as keyof typeof FIELDS]] = value;
  }
  // Trunk and application exclude each other, and either takes the calls before the voice URL is asked.
  if (form.get('TrunkSid')) changes.voice_application_sid = null;
  else if (form.get('VoiceApplicationSid')) changes.trunk_sid = null;
  return changes as Partial<NumberState>;
}

/** Digits match anywhere, and `*` is any of them. */
function matches(number: string, pattern: string | null): boolean {
  const digits = (pattern ?? '').replaceAll(/[^\d*]/g, '').replaceAll('*', '\\d');
  return new RegExp(digits).test(number);
}
