import twilio from 'twilio';
import { onTestFinished } from 'vitest';
import { startTwilioRest, type TwilioRestOptions } from '../../../src/emulator/twilio/server.js';

export const ACCOUNT = { accountSid: `AC${'0'.repeat(32)}`, authToken: 'a-token' };
export const KEY = { sid: `SK${'2'.repeat(32)}`, secret: 'a-secret' };
export const OURS = '+14155550199';
export const PERSON = '+14155550123';

type Request = Parameters<twilio.RequestClient['request']>[0];

/** The SDK's own client with another origin. */
class LocalClient extends twilio.RequestClient {
  readonly #origin: string;

  constructor(origin: string, options: ConstructorParameters<typeof twilio.RequestClient>[0]) {
    super(options);
    this.#origin = origin;
  }

  override request<T>(options: Request): ReturnType<twilio.RequestClient['request']> & Promise<T> {
    const { pathname, search } = new URL(options.uri);
    return super.request({ ...options, uri: `${this.#origin}${pathname}${search}` }) as never;
  }
}

/** The stand-in, and the real SDK on it. */
export async function rest(
  options: Partial<TwilioRestOptions> & {
    credentials?: [string, string];
    client?: ConstructorParameters<typeof twilio.RequestClient>[0];
  } = {},
) {
  const { credentials = [ACCOUNT.accountSid, ACCOUNT.authToken], client: clientOptions = {}, ...more } = options;
  const server = await startTwilioRest({ ...ACCOUNT, apiKeys: [KEY], numbers: [{ phone_number: OURS }], ...more });
  onTestFinished(() => server.close());
  const httpClient = new LocalClient(server.url, clientOptions);
  const client = twilio(...credentials, { accountSid: ACCOUNT.accountSid, httpClient });
  return { server, client };
}
