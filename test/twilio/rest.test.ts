import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { BridgeError } from '../../src/errors.js';
import { createLog } from '../../src/log.js';
import { type TwilioClient, type TwilioClientOptions, twilioClient } from '../../src/twilio/rest.js';
import { ACCOUNT, place, problem, scriptedRest } from './scripted-rest.js';

const { accountSid, authToken } = ACCOUNT;

const client = (apiUrl: string, more: Partial<TwilioClientOptions> = {}) =>
  twilioClient({ ...ACCOUNT, apiUrl, ...more });

const fetchCall = (from: TwilioClient) => from.ask((account) => account.calls('CA1').fetch());

async function failure(promise: Promise<unknown>): Promise<BridgeError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(BridgeError);
  return error as BridgeError;
}

/** Everything of an error that a log could show. */
function loggedText(error: BridgeError): string {
  const lines: string[] = [];
  createLog('info', { write: (line) => lines.push(line) }).error({ err: error }, 'failed');
  return lines.join('') + JSON.stringify([error, error.message, error.stack, error.cause, error.details]);
}

describe("a place that is not Twilio's REST API", () => {
  it.each<[string, RequestListener, object]>([
    ['answers with a page', (_, response) => response.end('<html>hello</html>'), { status: 200 }],
    ['answers with nothing', (_, response) => response.end(), { status: 200 }],
    [
      'sends elsewhere',
      (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      { status: 302 },
    ],
    ['fails', (_, response) => response.writeHead(502).end('bad gateway'), { status: 502 }],
    ['hangs up', (_, response) => response.destroy(), { reason: 'ECONNRESET' }],
    [
      'begins an answer and does not go on',
      (_, response) => response.writeHead(200).flushHeaders(),
      { timeoutMs: 100 },
    ],
    ['breaks an answer off', (_, response) => response.write('{"sid":', () => response.destroy()), {}],
  ])('is told apart when it %s', async (_case, answer, details) => {
    const { url: apiUrl } = await place(answer);

    // Only one of them waits for the end of the time.
    const timeoutMs = 'timeoutMs' in details ? 100 : 30_000;
    const error = await failure(fetchCall(client(apiUrl, { timeoutMs })));

    expect(error).toMatchObject({ code: 'CARRIER_UNREACHABLE', details });
  });

  it('refuses in its own words', async () => {
    const { url: apiUrl } = await place((_, response) => response.writeHead(407).end('proxy wants a password'));

    const error = await failure(fetchCall(client(apiUrl)));

    expect(error).toMatchObject({ code: 'CARRIER_REFUSED', details: { status: 407, carrierCode: null } });
  });

  it('is not there at all', async () => {
    const { url: apiUrl, close } = await place(() => undefined);
    await close();

    const error = await failure(fetchCall(client(apiUrl)));

    expect(error).toMatchObject({ code: 'CARRIER_UNREACHABLE', details: { reason: 'ECONNREFUSED' } });
  });

  it('never answers, which leaves open whether it did what was asked', async () => {
    const { url: apiUrl } = await place(() => undefined);

    const error = await failure(fetchCall(client(apiUrl, { timeoutMs: 50 })));

    expect(error).toMatchObject({ code: 'CARRIER_UNREACHABLE', details: { timeoutMs: 50 } });
    expect(error.message).toBe('Twilio gave no answer in 50 ms.');
  });

  it('leaves no credentials in an error', async () => {
    const { url: unreachable } = await place((_, response) => response.destroy());
    const { url: refusing } = await place((_, response) => response.writeHead(400).end());
    const apiKey = { sid: `SK${'2'.repeat(32)}`, secret: 'a-secret-that-nobody-may-see' };

    const errors = [
      await failure(fetchCall(client(unreachable))),
      await failure(fetchCall(client(unreachable, { apiKey }))),
      await failure(fetchCall(client(refusing, { apiKey }))),
    ];

    for (const { secret, sid } of [apiKey, { sid: accountSid, secret: authToken }]) {
      const header = Buffer.from(`${sid}:${secret}`).toString('base64');
      for (const text of errors.map(loggedText)) {
        expect(text).not.toContain(secret);
        expect(text).not.toContain(header);
      }
    }
  });
});

describe('requests', () => {
  it('go to the given place with everything else as it was', async () => {
    const asked: string[] = [];
    const { url: apiUrl } = await place((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.setHeader('content-type', 'application/json');
      response.end('{"incoming_phone_numbers":[],"next_page_uri":null}');
    });
    const list = (from: TwilioClient) =>
      from.ask((account) => account.incomingPhoneNumbers.list({ phoneNumber: '+14155550100', limit: 2 }));

    expect(await list(client(apiUrl))).toEqual([]);
    expect(await list(client(`${apiUrl}/by/way/of/`))).toEqual([]);

    const path = `/2010-04-01/Accounts/${accountSid}/IncomingPhoneNumbers.json?PhoneNumber=%2B14155550100&PageSize=2`;
    expect(asked).toEqual([`GET ${path}`, `GET /by/way/of${path}`]);
  });

  it.each([
    [3, undefined],
    [4, 'CARRIER_REFUSED'],
  ])('that Twilio has no room for (429) are repeated: %i times end in %s', async (refusals, code) => {
    let left = refusals;
    const { client, asked } = await scriptedRest(() =>
      left-- > 0 ? problem(429, 20429, 'Too Many Requests') : { status: 201, body: { sid: 'CA1' } },
    );

    const order = { from: '+14155550100', to: '+14155550142', twiml: '<Response/>' };
    const outcome = client.ask((account) => account.calls.create(order));

    if (code) expect(await failure(outcome)).toMatchObject({ code, details: { status: 429, carrierCode: 20429 } });
    else expect((await outcome).sid).toBe('CA1');
    expect(asked).toHaveLength(4);
    expect(new Set(asked.map(({ params }) => JSON.stringify(params))).size).toBe(1);
  });

  it('use one connection after another', async () => {
    const ports = new Set<number | undefined>();
    const { url: apiUrl } = await place((request, response) => {
      ports.add(request.socket.remotePort);
      response.setHeader('content-type', 'application/json');
      response.end('{"sid":"CA1"}');
    });
    const one = client(apiUrl);

    for (let count = 0; count < 3; count++) await fetchCall(one);

    expect(ports.size).toBe(1);
  });

  it('load the SDK only once', async () => {
    const { url: apiUrl } = await place((_, response) => response.end('{"sid":"CA1"}'));
    const one = client(apiUrl);

    await Promise.all([one.load(), one.load()]);

    expect((await fetchCall(one)).sid).toBe('CA1');
  });

  it('let a fault of our own through as it is', async () => {
    const own = new TypeError('a fault of ours');

    await expect(client('http://127.0.0.1:1').ask(() => Promise.reject(own))).rejects.toBe(own);
  });
});

describe('a refusal', () => {
  it.each([
    [problem(400, 21211, "The 'To' number +14155550142 is not a valid phone number."), 'CARRIER_REFUSED'],
    [problem(401, 20003, 'Authenticate'), 'CARRIER_REFUSED'],
    [problem(404, 20404, 'The requested resource was not found'), 'NOT_FOUND'],
    [problem(400, 21220, 'Call is not in-progress. Cannot redirect.'), 'CALL_NOT_LIVE'],
    [{ status: 400, body: { type: 'about', title: 'Bad', status: 400, code: 20001 } }, 'CARRIER_REFUSED'],
  ])('as %j is %s', async (answer, code) => {
    const { client } = await scriptedRest(() => answer);

    const error = await failure(fetchCall(client));

    expect(error).toMatchObject({ code, details: { status: answer.status, carrierCode: answer.body.code } });
  });

  it.each([
    ["The 'To' number +14155550142 is not valid.", "The 'To' number [number] is not valid."],
    ['number 14155550142 and %2B14155550142', 'number [number] and [number]'],
    ['+1 415-555-0142 (or +49 30 123456)', '[number] (or [number])'],
    [`/2010-04-01/Accounts/${accountSid}/Calls/CA${'1'.repeat(32)} in 2026`, undefined],
    ['is limited to 4000 characters', undefined],
  ])('in the words %j names no telephone number', async (message, expected = message) => {
    const { client } = await scriptedRest(() => problem(400, 21211, message));

    const error = await failure(fetchCall(client));

    expect(error.details.carrierMessage).toBe(expected);
    expect(error.message).toBe(`Twilio refuses (HTTP 400, error 21211): ${expected}`);
  });
});
