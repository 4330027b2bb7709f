import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { CalleeAnswer, Phone, PlacedCall } from '../phone/contract.js';
import { callsResource } from './calls.js';
import { numbersResource } from './numbers.js';
import { notFound, RestProblem, tooMany, unauthorized } from './problem.js';
import { API_VERSION, type NumberState, rfc2822 } from './shapes.js';

export interface TwilioRestOptions {
  accountSid: string;
  authToken: string;
  /** Standard keys: they reach everything but accounts and keys. */
  apiKeys?: readonly { sid: string; secret: string }[];
  /** Whose calls are created and changed; asked when it is needed first. */
  phone?: () => Phone;
  numbers?: readonly (Partial<NumberState> & { phone_number: string })[];
  accountType?: 'Full' | 'Trial';
  accountStatus?: 'active' | 'suspended' | 'closed';
  /** How whoever is called over REST meets the call; answered by a human at once unless said otherwise. */
  callee?: (to: string) => CalleeAnswer | Promise<CalleeAnswer>;
}

/** What becomes of a request in place of its answer. */
export type Fault = 'too-many' | 'server-error' | 'hang' | 'reset';

export interface RequestRecord {
  method: string;
  path: string;
  params: Readonly<Record<string, string>>;
  status: number | undefined;
}

export interface TwilioRest {
  readonly url: string;
  readonly requests: readonly RequestRecord[];
  readonly numbers: NumberState[];
  /** Calls that were created over REST. */
  readonly calls: readonly PlacedCall[];
  /** The next call that is created, or the first one nobody asked for yet. */
  nextCall(): Promise<PlacedCall>;
  /** What the next requests meet. */
  fail(fault: Fault, times?: number): void;
  close(): Promise<void>;
}

type Answer = { status: number; body?: unknown };

/** A stand-in for Twilio's REST API (version 2010-04-01) on loopback. Source: Twilio, REST API reference; the SDK's requests. */
export async function startTwilioRest(options: TwilioRestOptions): Promise<TwilioRest> {
  const { accountSid, authToken, apiKeys = [], accountType = 'Full', accountStatus = 'active' } = options;
  const numbers = numbersResource(accountSid, options.numbers ?? []);
  const requests: RequestRecord[] = [];
  const placed: PlacedCall[] = [];
  const faults: Fault[] = [];
  const waiting: ((call: PlacedCall) => void)[] = [];
  let askedCount = 0;
  const calls = callsResource({
    accountSid,
    phone: () => {
      if (!options.phone) throw new RestProblem(500, 20500, 'this stand-in has no telephone');
      return options.phone();
    },
    owns: (number) => numbers.numbers.some(({ phone_number }) => phone_number === number),
    callee: options.callee ?? (() => ({ status: 'answered' })),
    placed(call) {
      placed.push(call);
      const next = waiting.shift();
      if (!next) return;
      askedCount++;
      next(call);
    },
  });

  const authenticate = (request: IncomingMessage): 'account' | 'key' => {
    const [, encoded = ''] = /^Basic (.+)$/.exec(request.headers.authorization ?? '') ?? [];
    const [user, password] = Buffer.from(encoded, 'base64').toString().split(':');
    if (user === accountSid && password === authToken) return 'account';
    if (apiKeys.some(({ sid, secret }) => sid === user && secret === password)) return 'key';
    throw unauthorized();
  };

  const answer = (method: string, url: URL, form: URLSearchParams, caller: 'account' | 'key'): Answer => {
    const path = url.pathname;
    const [, version, accounts, sid, resource = '', id] = path.replace(/\.json$/, '').split('/');
    if (version !== API_VERSION || accounts !== 'Accounts' || !path.endsWith('.json')) throw notFound(path);
    if (sid !== accountSid) throw caller === 'account' && !resource ? notFound(path) : unauthorized();
    if (!resource) {
      if (caller === 'key') throw unauthorized();
      const body = { sid, friendly_name: 'Test', type: accountType, status: accountStatus, date_created: rfc2822(0) };
      if (method === 'GET') return { status: 200, body };
    }
    if (resource === 'Calls' && id === undefined) {
      if (method === 'POST') return calls.create(form);
      if (method === 'GET') return calls.list(path, url.searchParams);
    } else if (resource === 'Calls' && id !== undefined) {
      if (method === 'POST') return calls.update(id, form);
      if (method === 'GET') return calls.fetch(id);
    } else if (resource === 'IncomingPhoneNumbers' && id === undefined) {
      if (method === 'GET') return numbers.list(path, url.searchParams);
    } else if (resource === 'IncomingPhoneNumbers' && id !== undefined) {
      if (method === 'POST') return numbers.update(id, form);
      if (method === 'GET') return numbers.fetch(id);
    }
    throw notFound(path);
  };

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const form = new URLSearchParams(await text(request));
    const record: RequestRecord = {
      method: request.method ?? '',
      path: url.pathname,
      params: Object.fromEntries([...url.searchParams, ...form]),
      status: undefined,
    };
    requests.push(record);
    const fault = faults.shift();
    if (fault === 'hang') return;
    if (fault === 'reset') return void request.socket.destroy();
    let result: Answer;
    try {
      const caller = authenticate(request);
      if (fault === 'too-many') throw tooMany();
      if (fault === 'server-error') throw new RestProblem(500, 20500, 'Internal Server Error');
      result = answer(record.method, url, form, caller);
    } catch (error) {
      if (!(error instanceof RestProblem)) throw error;
      result = { status: error.status, body: error.body };
    }
    record.status = result.status;
    response.writeHead(result.status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(result.body));
  };

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      response.writeHead(500, { 'Content-Type': 'text/plain' });
      response.end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    numbers: numbers.numbers,
    calls: placed,
    nextCall() {
      const call = placed[askedCount];
      if (call) {
        askedCount++;
        return Promise.resolve(call);
      }
      return new Promise((resolve) => waiting.push(resolve));
    },
    fail(fault, times = 1) {
      for (let count = 0; count < times; count++) faults.push(fault);
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}
