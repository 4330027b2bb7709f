import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { EventStreamCodec } from '@smithy/core/event-streams';

/** Values in order of arrival, for tests that wait for the next one. */
export class Inbox<T> {
  readonly all: T[] = [];
  #read = 0;
  #waiting: ((value: T) => void)[] = [];

  push(value: T): void {
    this.all.push(value);
    const waiting = this.#waiting.shift();
    if (!waiting) return;
    this.#read++;
    waiting(value);
  }

  next(): Promise<T> {
    if (this.#read < this.all.length) return Promise.resolve(this.all[this.#read++] as T);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

export const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString('utf8'),
  (text) => Buffer.from(text, 'utf8'),
);

export type StringHeaders = Record<string, string>;

export function encodeFrame(headers: StringHeaders, body: Uint8Array | string): Buffer {
  const typed = Object.entries(headers).map(([name, value]) => [name, { type: 'string' as const, value }]);
  return Buffer.from(codec.encode({ headers: Object.fromEntries(typed), body: Buffer.from(body as string) }));
}

export const CHUNK_HEADERS: StringHeaders = {
  ':event-type': 'chunk',
  ':content-type': 'application/json',
  ':message-type': 'event',
};

export function encodeChunk(event: unknown, padding = 'abcdefgh'): Buffer {
  const bytes = Buffer.from(JSON.stringify(event)).toString('base64');
  return encodeFrame(CHUNK_HEADERS, JSON.stringify({ bytes, p: padding }));
}

/** One decoded input frame; `text` is undefined for the empty last one. */
export interface InputFrame {
  wholeByteLength: number;
  dateMs: number;
  isSigned: boolean;
  text: string | undefined;
}

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const keyOf = (secret: string, day: string, region: string, service: string) =>
  [day, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secret}`) as Buffer;

/** Checks SigV4 of a request and the chain of its frames with nothing but the secret. */
export class Verifier {
  readonly isRequestSigned: boolean;
  readonly #secret: string;
  readonly #region: string;
  readonly #service: string;
  #prior: string;

  constructor(headers: IncomingHttpHeaders, secretOf: (accessKeyId: string) => string) {
    const authorization = String(headers.authorization);
    const pattern = /Credential=([^/]+)\/(\d+)\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=(\S+), Signature=(\w+)$/;
    const [, accessKeyId = '', day = '', region = '', service = '', signed = '', signature = ''] =
      pattern.exec(authorization) ?? [];
    const secret = secretOf(accessKeyId);
    this.#secret = secret;
    this.#region = region;
    this.#service = service;
    this.#prior = signature;
    const names = signed.split(';');
    const canonical = [
      headers[':method'],
      String(headers[':path']).split('/').map(encodeURIComponent).join('/'),
      '',
      ...names.map((name) => `${name}:${String(headers[name]).trim().replace(/\s+/g, ' ')}`),
      '',
      signed,
      headers['x-amz-content-sha256'],
    ].join('\n');
    const scope = `${day}/${region}/${service}/aws4_request`;
    const toSign = `AWS4-HMAC-SHA256\n${headers['x-amz-date']}\n${scope}\n${sha256(canonical)}`;
    const expected = hmac(keyOf(secret, day, region, service), toSign).toString('hex');
    const hasToken = headers['x-amz-security-token'] === undefined || names.includes('x-amz-security-token');
    this.isRequestSigned = hasToken && names.includes(':authority') && expected === signature;
  }

  read(whole: Buffer): InputFrame {
    const outer = codec.decode(whole);
    const date = outer.headers[':date']?.value as Date;
    const signature = Buffer.from(outer.headers[':chunk-signature']?.value as Uint8Array).toString('hex');
    const encodedDate = Buffer.alloc(15);
    encodedDate.write('\x05:date\x08', 'latin1');
    encodedDate.writeBigInt64BE(BigInt(date.getTime()), 7);
    const text = `${date.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
    const day = text.slice(0, 8);
    const scope = `${day}/${this.#region}/${this.#service}/aws4_request`;
    const parts = ['AWS4-HMAC-SHA256-PAYLOAD', text, scope, this.#prior, sha256(encodedDate), sha256(outer.body)];
    const expected = hmac(keyOf(this.#secret, day, this.#region, this.#service), parts.join('\n')).toString('hex');
    this.#prior = signature;
    return {
      wholeByteLength: whole.byteLength,
      dateMs: date.getTime(),
      isSigned: expected === signature,
      text: outer.body.byteLength === 0 ? undefined : innerText(outer.body),
    };
  }
}

function innerText(bytes: Uint8Array): string {
  const { headers, body } = codec.decode(bytes);
  const names = Object.entries(headers).map(([name, header]) => `${name}=${header.value}`);
  if (names.join() !== ':event-type=chunk,:message-type=event,:content-type=application/json') {
    throw new Error(`unexpected inner headers ${names.join()}`);
  }
  const { bytes: base64, ...rest } = JSON.parse(Buffer.from(body).toString()) as { bytes: string };
  if (Object.keys(rest).length > 0) throw new Error('unexpected members beside bytes');
  return Buffer.from(base64, 'base64').toString('utf8');
}

/** One request that the server got; the test decides what it answers. */
export class ServedStream {
  readonly headers: IncomingHttpHeaders;
  readonly frames = new Inbox<InputFrame>();
  readonly isRequestSigned: boolean;
  /** END_STREAM of the client. */
  readonly inputEnded: Promise<void>;
  /** The stream is over; the code of RST_STREAM, or 0. */
  readonly closed: Promise<number>;
  readonly #stream: ServerHttp2Stream;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, secretOf: (accessKeyId: string) => string) {
    this.headers = headers;
    this.#stream = stream;
    const verifier = new Verifier(headers, secretOf);
    this.isRequestSigned = verifier.isRequestSigned;
    let rest = Buffer.alloc(0);
    stream.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.byteLength >= 4 && rest.byteLength >= rest.readUInt32BE(0)) {
        const byteLength = rest.readUInt32BE(0);
        this.frames.push(verifier.read(rest.subarray(0, byteLength)));
        rest = rest.subarray(byteLength);
      }
    });
    stream.on('error', () => undefined);
    this.inputEnded = new Promise((resolve) => stream.once('end', resolve));
    this.closed = new Promise((resolve) => stream.once('close', () => resolve(stream.rstCode)));
  }

  /** The texts of all events that came until the empty frame. */
  async textsUntilEnd(): Promise<string[]> {
    const texts: string[] = [];
    for (;;) {
      const { text } = await this.frames.next();
      if (text === undefined) return texts;
      texts.push(text);
    }
  }

  get areFramesSigned(): boolean {
    return this.frames.all.every((frame) => frame.isSigned);
  }

  respond(status = 200, headers: StringHeaders = { 'content-type': 'application/vnd.amazon.eventstream' }): void {
    this.#stream.respond({ ':status': status, ...headers });
  }

  refuse(status: number, errorType: string, message: string): void {
    this.respond(status, { 'content-type': 'application/json', 'x-amzn-errortype': `${errorType}:http://internal/` });
    this.#stream.end(JSON.stringify({ message }));
  }

  write(bytes: Uint8Array): void {
    this.#stream.write(bytes);
  }

  event(event: unknown): void {
    this.write(encodeChunk(event));
  }

  exception(type: string, message: string): void {
    const headers = { ':message-type': 'exception', ':exception-type': type, ':content-type': 'application/json' };
    this.write(encodeFrame(headers, JSON.stringify({ message })));
  }

  finish(): void {
    this.#stream.end();
  }

  /** END_STREAM, and the connection is closed behind it. */
  finishAndClose(): void {
    const { session } = this.#stream;
    this.#stream.end(() => session?.destroy());
  }

  reset(code: number): void {
    this.#stream.close(code);
  }

  goaway(code: number): void {
    this.#stream.session?.goaway(code);
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }
}

export const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

/** A bare stand-in for the service on plain HTTP/2: checks signatures and leaves every answer to the test. */
export class ModelServer {
  readonly streams = new Inbox<ServedStream>();
  readonly #server: Http2Server;
  readonly #sockets = new Set<Socket>();
  #waitForRelease: (() => void)[] = [];

  static async listen(secretOf: (accessKeyId: string) => string = () => KEYS.secretAccessKey): Promise<ModelServer> {
    const server = new ModelServer(secretOf);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  private constructor(secretOf: (accessKeyId: string) => string) {
    this.#server = createServer();
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => {
        this.#sockets.delete(socket);
        if (this.#sockets.size > 0) return;
        for (const resolve of this.#waitForRelease.splice(0)) resolve();
      });
    });
    this.#server.on('sessionError', () => undefined);
    this.#server.on('stream', (stream, headers) => this.streams.push(new ServedStream(stream, headers, secretOf)));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get socketCount(): number {
    return this.#sockets.size;
  }

  cutSockets(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** From now on nothing is taken from the sockets: their buffers fill up. */
  stopReading(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  /** Resolves when no connection is left. */
  released(): Promise<void> {
    if (this.#sockets.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waitForRelease.push(resolve));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }
}
