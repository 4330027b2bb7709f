import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { CalleeAnswer, Phone, PlacedCall } from '../phone/contract.js';
import { callsResource } from './calls.js';
import { numbersResource } from './numbers.js';
import { notAllowed, notFound, RestProblem, tooMany, unauthorized } from './problem.js';
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
  callee?: Callee;
  /** Numbers that can be bought. */
  availableNumbers?: readonly string[];
  /** Numbers of others which the account may show, and may call on a trial. */
  verifiedNumbers?: readonly string[];
  /** Destinations without geographic permission (21215); none unless said otherwise. */
  refusesDestination?: (to: string) => boolean;
  /** How long each call created waits in the queue, ms on the telephone's clock. */
  queueMs?: number;
}

/** Decides how a called number is met; a promise lets it ring until the test has decided. */
export type Callee = (to: string) => CalleeAnswer | Promise<CalleeAnswer>;

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
  /** From now on, whoever is called meets it like this. */
  onDial(callee: Callee): void;
  /** What the next requests meet. */
  fail(fault: Fault, times?: number): void;
  close(): Promise<void>;
}

type Answer = { status: number; body?: unknown };

interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  form: URLSearchParams;
  /** Settles when the answer has left, or never will. */
  answered: Promise<unknown>;
}

/** A stand-in for Twilio's REST API (version 2010-04-01) on loopback. Source: Twilio, REST API reference; the SDK's requests. */
export async function startTwilioRest(options: TwilioRestOptions): Promise<TwilioRest> {
  const { accountSid, authToken, apiKeys = [], accountType = 'Full', accountStatus = 'active' } = options;
  const numbers = numbersResource(accountSid, options.numbers ?? [], options.availableNumbers);
  const requests: RequestRecord[] = [];
  const placed: PlacedCall[] = [];
  const faults: Fault[] = [];
  const waiting: ((call: PlacedCall) => void)[] = [];
  let askedCount = 0;
  let callee: Callee = options.callee ?? (() => ({ status: 'answered' }));
  const calls = callsResource({
    accountSid,
    phone: () => {
      if (!options.phone) throw new RestProblem(500, 20500, 'this stand-in has no telephone');
      return options.phone();
    },
    rules: {
      owns: (number) => numbers.numbers.some(({ phone_number }) => phone_number === number),
      isTrial: accountType === 'Trial',
      isActive: accountStatus === 'active',
      verifiedNumbers: options.verifiedNumbers ?? [],
      refusesDestination: options.refusesDestination ?? (() => false),
    },
    callee: (to) => callee(to),
    queueMs: options.queueMs,
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

  const answer = (asked: Asked, caller: 'account' | 'key'): Answer => {
    const { path, query, form, answered } = asked;
    const [, version, accounts, sid, resource = '', id, kind] = path.replace(/\.json$/, '').split('/');
    if (version !== API_VERSION || accounts !== 'Accounts' || !path.endsWith('.json')) throw notFound(path);
    if (sid !== accountSid) throw caller === 'account' && !resource ? notFound(path) : unauthorized();
    if (caller === 'key' && (!resource || resource === 'Keys')) throw unauthorized();
    const resourceName = kind ? `${resource}/…/…` : id ? `${resource}/…` : resource;
    const methods: Partial<Record<string, () => Answer>> | undefined = {
      '': {
        GET: () => ({
          status: 200,
          body: { sid, friendly_name: 'Test', type: accountType, status: accountStatus, date_created: rfc2822(0) },
        }),
      },
      Calls: { GET: () => calls.list(path, query), POST: () => calls.create(form, answered) },
      'Calls/…': {
        GET: () => calls.fetch(id ?? ''),
        POST: () => calls.update(id ?? '', form),
        DELETE: () => calls.remove(id ?? ''),
      },
      IncomingPhoneNumbers: { GET: () => numbers.list(path, query), POST: () => numbers.create(form) },
      'IncomingPhoneNumbers/…': {
        GET: () => numbers.fetch(id ?? ''),
        POST: () => numbers.update(id ?? '', form),
        DELETE: () => numbers.remove(id ?? ''),
      },
      'AvailablePhoneNumbers/…/…': { GET: () => numbers.listAvailable(id ?? '', path, query) },
    }[resourceName];
    if (!methods) throw notFound(path);
    const handle = methods[asked.method];
    if (!handle) throw notAllowed();
    return handle();
  };

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const form = new URLSearchParams(isForm(request) ? await text(request) : '');
    const answered = new Promise((resolve) => response.on('finish', resolve).on('close', resolve));
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
      const { method, path } = record;
      result = answer({ method, path, query: url.searchParams, form, answered }, caller);
    } catch (error) {
      if (!(error instanceof RestProblem)) throw error;
      result = { status: error.status, body: error.body };
    }
    record.status = result.status;
    if (result.body === undefined) {
      response.writeHead(result.status).end();
      return;
    }
    response.writeHead(result.status, {
      'Content-Type': 'application/json',
      ...(result.status === 401 && { 'WWW-Authenticate': 'Basic realm="Twilio API"' }),
    });
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
    onDial(next) {
      callee = next;
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

/** Anything else than a form is no parameter at all. */
function isForm(request: IncomingMessage): boolean {
  return /^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '');
}
