import type SdkRequest from 'twilio/lib/base/RequestClient.js';
import type SdkResponse from 'twilio/lib/http/response.js';
import type { AccountContext } from 'twilio/lib/rest/api/v2010/account.js';
import type TwilioSdk from 'twilio/lib/rest/Twilio.js';
import { answerProblem, refusal, unreachable } from './rest-error.js';

export interface TwilioClientOptions {
  accountSid: string;
  authToken: string;
  /** Used in place of the auth token when given. */
  apiKey?: { sid: string; secret: string } | undefined;
  /** Where the REST API is, for tests and for other regions; without it Twilio's own place. */
  apiUrl?: string | undefined;
  /** For one request to Twilio (default 10 s). */
  timeoutMs?: number | undefined;
}

/**
 * One account at Twilio, by Twilio's own SDK. Whatever fails comes out as a BridgeError: CARRIER_REFUSED (`status`, `carrierCode`,
 * `carrierMessage`), NOT_FOUND, CALL_NOT_LIVE or CARRIER_UNREACHABLE, without credentials and without telephone numbers.
 */
export interface TwilioClient {
  /** Loads the SDK ahead of its first use: 160 ms of CPU that live calls would have to wait for. */
  load(): Promise<void>;
  ask<T>(request: (account: AccountContext) => Promise<T>): Promise<T>;
}

/** A request that Twilio has no room for (429) is repeated this often, after up to a second each. */
const MAX_RETRIES = 3;

export function twilioClient(options: TwilioClientOptions): TwilioClient {
  let loading: Promise<TwilioSdk> | undefined;
  const sdk = () => {
    loading ??= loadSdk(options);
    return loading;
  };

  return {
    async load() {
      await sdk();
    },
    async ask(request) {
      const { account } = (await sdk()).api.v2010;
      try {
        return await request(account);
      } catch (error) {
        throw refusal(error);
      }
    },
  };
}

/** The parts of the SDK that are needed: its index would load as much again. */
async function loadSdk(options: TwilioClientOptions): Promise<TwilioSdk> {
  const { accountSid, authToken, apiKey, apiUrl, timeoutMs = 10_000 } = options;
  const [{ default: Sdk }, { default: RequestClient }] = await Promise.all([
    import('twilio/lib/rest/Twilio.js'),
    import('twilio/lib/base/RequestClient.js'),
  ]);

  /** Asks at `apiUrl`, and lets no error through that carries the request with its credentials. */
  class Door extends RequestClient {
    override async request<Data>(asked: SdkRequest.RequestOptions<Data>): Promise<SdkResponse.default<Data>> {
      const uri = apiUrl === undefined ? asked.uri : movedTo(apiUrl, asked.uri);
      const answer = await super.request({ ...asked, uri }).catch((error: unknown) => {
        throw unreachable(error, timeoutMs);
      });
      const problem = answerProblem(answer.statusCode, answer.body);
      if (problem) throw problem;
      return answer;
    }
  }

  // With a client of our own the SDK's options for retries and timeouts have no effect: they belong to that client.
  const httpClient = new Door({ timeout: timeoutMs, keepAlive: true, autoRetry: true, maxRetries: MAX_RETRIES });
  const sdk = new Sdk(apiKey?.sid ?? accountSid, apiKey?.secret ?? authToken, { accountSid, httpClient });
  // The SDK loads its resources when they are first used.
  void sdk.api.v2010.account.calls;
  return sdk;
}

/** The same address at another place. */
function movedTo(apiUrl: string, uri: string): string {
  const { pathname, search } = new URL(uri);
  return `${apiUrl.replace(/\/+$/, '')}${pathname}${search}`;
}
