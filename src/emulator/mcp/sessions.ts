import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Ids } from '../../ids.js';
import { INVALID_REQUEST, type RpcMessage, RpcProblem, SERVER_ERROR } from './rpc.js';

/** Latest first. Source: MCP specification, versions with the streamable HTTP transport. */
export const PROTOCOL_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26'] as const;
/** From this version on every request after `initialize` names the version. */
const VERSION_IN_HEADER_SINCE = '2025-06-18';

interface Session {
  readonly protocolVersion: string;
  isInitialized: boolean;
  readonly streams: Set<ServerResponse>;
}

/** Who has introduced himself, and the streams on which he can be told something. Source: MCP, streamable HTTP transport. */
export class Sessions {
  readonly #sessions = new Map<string, Session>();
  readonly #ids: Ids;
  readonly #waiting: (() => void)[] = [];

  constructor(ids: Ids) {
    this.#ids = ids;
  }

  get count(): number {
    return this.#sessions.size;
  }

  get streamCount(): number {
    return [...this.#sessions.values()].reduce((count, { streams }) => count + streams.size, 0);
  }

  /** Once there is a stream. */
  streaming(): Promise<void> {
    return this.streamCount > 0 ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }

  join(session: Session, stream: ServerResponse): void {
    session.streams.add(stream);
    stream.once('close', () => session.streams.delete(stream));
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  open(protocolVersion: string): string {
    const id = this.#ids.uuid();
    this.#sessions.set(id, { protocolVersion, isInitialized: false, streams: new Set() });
    return id;
  }

  /** The session of a request. Throws `RpcProblem`: 400 without one, 404 for one that is unknown. */
  of(headers: IncomingHttpHeaders, message?: RpcMessage): Session {
    const id = headers['mcp-session-id'];
    if (typeof id !== 'string') throw new RpcProblem(400, SERVER_ERROR, 'Bad Request: Mcp-Session-Id is missing');
    const session = this.#sessions.get(id);
    if (!session) throw new RpcProblem(404, SERVER_ERROR, 'Session not found');
    const version = headers['mcp-protocol-version'];
    const isRight = version === session.protocolVersion;
    if (!isRight && (version !== undefined || session.protocolVersion >= VERSION_IN_HEADER_SINCE)) {
      throw new RpcProblem(400, SERVER_ERROR, `Bad Request: Unsupported protocol version: ${String(version)}`);
    }
    if (message?.method === 'notifications/initialized') session.isInitialized = true;
    if (message?.id !== undefined && message.method !== 'ping' && !session.isInitialized) {
      throw new RpcProblem(400, INVALID_REQUEST, 'Bad Request: the session is not initialized');
    }
    return session;
  }

  end(headers: IncomingHttpHeaders): void {
    const session = this.of(headers);
    for (const stream of session.streams) stream.end();
    this.#sessions.delete(String(headers['mcp-session-id']));
  }

  forget(): void {
    for (const { streams } of this.#sessions.values()) for (const stream of streams) stream.end();
    this.#sessions.clear();
  }

  /** Sends a notification on every stream. */
  tell(notification: object): void {
    for (const { streams } of this.#sessions.values()) {
      for (const stream of streams) stream.write(eventOf(notification));
    }
  }
}

/** A message as one event of an event stream. */
export function eventOf(message: object): string {
  return `event: message\ndata: ${JSON.stringify(message)}\n\n`;
}
