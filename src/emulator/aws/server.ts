import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type Clock, realClock } from '../../clock.js';
import { type Ids, randomIds } from '../../ids.js';
import type { Reach } from '../reach.js';
import { type AwsAnswer, sendAnswer } from './answer.js';
import { type Front, type HttpRequest, type HttpResponse, openFront, reachedFront } from './front.js';
import { AwsProblem } from './problem.js';
import { type Credentials, DEFAULT_CREDENTIALS, DEFAULT_REGION, sha256, verifyRequest } from './signature.js';
import { wait } from './wait.js';

export type { AwsAnswer } from './answer.js';
export { AwsProblem } from './problem.js';

/** A request as an operation sees it. */
export interface AwsRequest {
  readonly method: string;
  /** Without the query; raw, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** When all of it was there, before anything was done with it, on the stand-in's clock. */
  readonly receivedMs: number;
  /** Aborted when the client goes away before the answer is complete. */
  readonly signal: AbortSignal;
  readonly remotePort: number;
  /** What `operationOf` called it. */
  readonly operation?: string | undefined;
}

/** What happens to a request in place of its answer, or to its answer. */
export type AwsFault =
  | { kind: 'http'; status: number; type: string; message?: string; headers?: Record<string, string> }
  /** Never answered. */
  | { kind: 'hang' }
  /** The connection is reset (RST). */
  | { kind: 'reset' }
  /** Our half of the connection is closed (FIN) before there is any answer. */
  | { kind: 'fin' }
  /** The answer is broken off after so many bytes of its body, by closing our half of the connection (FIN). */
  | { kind: 'cut'; afterBytes: number }
  /** A page of a proxy in between, without any sign of AWS. */
  | { kind: 'html'; status: number }
  /** Answered as usual, but so much later. */
  | { kind: 'slow'; ms: number };

/** What was asked and, once that is known, with what status it was answered. */
export interface AwsRecord {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly operation?: string | undefined;
  /** The SDK's count of attempts, from 1. */
  readonly attempt?: number | undefined;
  /** The same for all attempts of one call of the SDK. */
  readonly invocationId?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  status?: number;
  /** What the stand-in itself stumbled over: a fault of the test or of the stand-in. */
  error?: unknown;
}

export interface AwsServerOptions {
  /** Name of the service in signatures; they are checked, and refused with 403. */
  service: string;
  clock?: Clock | undefined;
  ids?: Ids | undefined;
  region?: string | undefined;
  credentials?: Credentials | undefined;
  /** Default 0: any free port of 127.0.0.1. */
  port?: number | undefined;
  /** In place of a port. */
  reach?: Reach | undefined;
  /** True for a request that needs no signature; throws `AwsProblem` to refuse it. Default: every request needs one. */
  admits?: ((request: AwsRequest) => boolean) | undefined;
  operationOf?: ((request: { method: string; path: string }) => string | undefined) | undefined;
  /** Answers, or throws `AwsProblem`. */
  handle: (request: AwsRequest) => AwsAnswer | Promise<AwsAnswer>;
}

/** The running front of a stand-in for an AWS service. */
export interface AwsServer {
  /** For the SDK's `endpoint`: HTTP/1.1 and HTTP/2 without TLS on one port. */
  readonly url: string;
  readonly region: string;
  readonly credentials: Credentials;
  /** All since the start, oldest first. */
  readonly requests: readonly AwsRecord[];
  /** Requests whose answer is not complete and whose client is still there. */
  readonly openRequests: number;
  /** The next request to come. */
  nextRequest(): Promise<AwsRecord>;
  /** The next `times` (1) well-signed requests that match meet this fault. */
  failNext(fault: AwsFault, times?: number, match?: (request: AwsRequest) => boolean): void;
  /** Breaks every connection. May be called twice. */
  close(): Promise<void>;
}

/** Starts the front of a stand-in on loopback. */
export async function startAwsServer(options: AwsServerOptions): Promise<AwsServer> {
  const server = new Server(options);
  await server.open();
  return server;
}

interface ArmedFault {
  fault: AwsFault;
  left: number;
  match: (request: AwsRequest) => boolean;
}

class Server implements AwsServer {
  readonly region: string;
  readonly credentials: Credentials;
  readonly requests: AwsRecord[] = [];
  readonly #options: AwsServerOptions;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #faults: ArmedFault[] = [];
  readonly #waiting: ((record: AwsRecord) => void)[] = [];
  #front: Front | undefined;
  #openRequests = 0;

  constructor(options: AwsServerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? realClock();
    this.#ids = options.ids ?? randomIds();
    this.region = options.region ?? DEFAULT_REGION;
    this.credentials = options.credentials ?? DEFAULT_CREDENTIALS;
  }

  async open(): Promise<void> {
    const { reach, port = 0 } = this.#options;
    const serve = (request: HttpRequest, response: HttpResponse, socket: Socket) => {
      void this.#serve(request, response, socket);
    };
    this.#front = reach ? reachedFront(reach, serve) : await openFront(port, serve);
  }

  get url(): string {
    return this.#front?.url ?? '';
  }

  get openRequests(): number {
    return this.#openRequests;
  }

  nextRequest(): Promise<AwsRecord> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  failNext(fault: AwsFault, times = 1, match: (request: AwsRequest) => boolean = () => true): void {
    this.#faults.push({ fault, left: times, match });
  }

  async close(): Promise<void> {
    await this.#front?.close();
  }

  async #serve(incoming: HttpRequest, response: HttpResponse, socket: Socket): Promise<void> {
    const gone = new AbortController();
    let isComplete = false;
    this.#openRequests++;
    response.once('close', () => {
      this.#openRequests--;
      if (!isComplete) gone.abort();
    });
    const body = await buffer(incoming).catch(() => undefined);
    if (!body) return;
    const [path = '', query] = (incoming.url ?? '').split('?');
    const method = incoming.method ?? '';
    const { headers } = incoming;
    const request: AwsRequest = {
      method,
      path,
      query: new URLSearchParams(query),
      headers,
      body,
      receivedMs: this.#clock.now(),
      signal: gone.signal,
      remotePort: socket.remotePort ?? 0,
      operation: this.#options.operationOf?.({ method, path }),
    };
    const record = recordOf(request);
    this.requests.push(record);
    for (const resolve of this.#waiting.splice(0)) resolve(record);
    try {
      const { fault, answer } = await this.#answer(request, incoming.url ?? '');
      if (gone.signal.aborted || fault?.kind === 'hang') return;
      if (fault?.kind === 'reset') {
        socket.resetAndDestroy();
        return;
      }
      if (fault?.kind === 'fin') {
        socket.end();
        return;
      }
      record.status = answer.status;
      const afterBytes = fault?.kind === 'cut' ? fault.afterBytes : answer.cutAfterBytes;
      const cut = afterBytes === undefined ? undefined : { afterBytes, close: () => socket.end() };
      const identified = { ...answer, headers: { 'x-amzn-requestid': this.#ids.uuid(), ...answer.headers } };
      isComplete =
        (await sendAnswer(response, fault?.kind === 'html' ? answer : identified, gone.signal, cut)) === 'complete';
    } catch (error) {
      // Only a stream that failed half-way comes here: all else was worded as an answer.
      if (!gone.signal.aborted) record.error = error;
      response.destroy();
    }
  }

  async #answer(request: AwsRequest, url: string): Promise<{ fault?: AwsFault; answer: AwsAnswer }> {
    try {
      this.#authorize(request, url);
      const fault = this.#takeFault(request);
      if (fault?.kind === 'hang' || fault?.kind === 'reset' || fault?.kind === 'fin')
        return { fault, answer: { status: 0 } };
      if (fault?.kind === 'html') return { fault, answer: htmlPage(fault.status) };
      if (fault?.kind === 'http') {
        const problem = new AwsProblem(fault.status, fault.type, fault.message ?? 'The request was refused on demand.');
        return { fault, answer: problemAnswer(problem, fault.headers) };
      }
      if (fault?.kind === 'slow') await wait(this.#clock, fault.ms, request.signal);
      const answer = await this.#options.handle(request);
      return fault ? { fault, answer } : { answer };
    } catch (error) {
      if (error instanceof AwsProblem) return { answer: problemAnswer(error) };
      if (request.signal.aborted) return { answer: { status: 0 } };
      return { answer: problemAnswer(new AwsProblem(500, 'InternalServerException', String(error))) };
    }
  }

  #authorize(request: AwsRequest, url: string): void {
    if (this.#options.admits?.(request)) return;
    const { service } = this.#options;
    const signed = { method: request.method, path: url, headers: request.headers };
    const signing = { service, region: this.region, credentials: this.credentials };
    const verdict = verifyRequest(signed, payloadHash(request, service), signing);
    if (!verdict.ok) throw new AwsProblem(403, verdict.errorType, verdict.message);
  }

  #takeFault(request: AwsRequest): AwsFault | undefined {
    const armed = this.#faults.find(({ left, match }) => left > 0 && match(request));
    if (armed) armed.left--;
    return armed?.fault;
  }
}

/** S3 alone may leave its body out of the signature, or say that it comes in signed pieces. */
function payloadHash({ headers, body }: AwsRequest, service: string): string {
  const told = String(headers['x-amz-content-sha256'] ?? '');
  return service === 's3' && /^(UNSIGNED|STREAMING)-/.test(told) ? told : sha256(body);
}

function recordOf({ method, path, query, operation, headers, body }: AwsRequest): AwsRecord {
  const [, attempt] = /attempt=(\d+)/.exec(String(headers['amz-sdk-request'] ?? '')) ?? [];
  return {
    method,
    path,
    query,
    operation,
    attempt: attempt === undefined ? undefined : Number(attempt),
    invocationId: headers['amz-sdk-invocation-id'] as string | undefined,
    headers,
    body,
  };
}

function problemAnswer(problem: AwsProblem, headers: Record<string, string> = {}): AwsAnswer {
  return {
    status: problem.status,
    headers: { 'x-amzn-errortype': problem.type, ...headers },
    body: { message: problem.message, ...problem.members },
  };
}

function htmlPage(status: number): AwsAnswer {
  const body = `<html><head><title>${status}</title></head><body><center><h1>${status}</h1></center></body></html>\n`;
  return { status, headers: { 'content-type': 'text/html' }, body };
}
