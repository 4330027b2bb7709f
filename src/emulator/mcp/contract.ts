import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../../clock.js';
import type { Ids } from '../../ids.js';
import type { SigningScope } from '../aws/signature.js';
import type { Reach } from '../reach.js';

/** What a tool comes back with. `content` is as the protocol has it; left out it is empty. */
export interface ScriptedResult {
  content?: unknown;
  structuredContent?: unknown;
  isError?: boolean;
  /** A JSON-RPC error in place of a result. */
  error?: { code: number; message: string };
  /** Sent before the answer where answers are event streams. */
  notifications?: readonly { method: string; params?: object }[];
  delayMs?: number;
}

/** A tool of the stand-in. Whatever is not set is left out of the list; schemas may be as wrong as those of a real server. */
export interface ScriptedTool {
  name: unknown;
  title?: unknown;
  description?: unknown;
  inputSchema?: unknown;
  outputSchema?: unknown;
  execution?: unknown;
  annotations?: unknown;
  answer?: (
    input: Readonly<Record<string, unknown>>,
    /** `count` of calls of this tool before; the signal aborts when the client went away or cancelled. */
    call: { count: number; headers: IncomingHttpHeaders; meta: unknown; signal: AbortSignal },
  ) => ScriptedResult | Promise<ScriptedResult>;
}

/** What becomes of a request in place of its answer. */
export type McpFault =
  | { kind: 'hang' }
  /** The connection is reset without an answer. */
  | { kind: 'reset' }
  | { kind: 'http'; status: number; headers?: Readonly<Record<string, string>>; body?: string }
  | { kind: 'html'; status: number }
  /** JSON that is none. */
  | { kind: 'garbage' }
  /** The answer breaks off, and the connection with it. */
  | { kind: 'cut'; afterBytes: number }
  /** An event stream that ends in good order, but without the answer. */
  | { kind: 'unanswered' }
  /** The right answer, later. */
  | { kind: 'slow'; ms: number }
  | { kind: 'rpc-error'; code: number; message: string };

/** One request as it came in. */
export interface McpRequest {
  readonly method: string;
  /** With its query, still percent-encoded. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Method of the JSON-RPC message: `tools/call`, `notifications/initialized`, … */
  readonly rpc: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
  /** Name of the tool that is called. */
  readonly tool: string | undefined;
  readonly status: number | undefined;
  /** Settles when the exchange is over: `gone` when the connection closed before the answer was complete. */
  readonly ended: Promise<'answered' | 'gone'>;
}

export interface McpServerOptions {
  tools?: readonly ScriptedTool[];
  /** Tools on one page of the list. */
  pageSize?: number;
  /** How requests are answered; `sse` unless said otherwise, as most servers do. */
  answers?: 'json' | 'sse';
  /** A server without sessions answers every request for itself and has no streams of its own. */
  sessions?: 'kept' | 'none';
  /** The token that must come along. */
  bearer?: string;
  /** Signatures are checked, as an AgentCore gateway does with IAM authorisation. */
  signing?: SigningScope;
  clock?: Clock;
  ids?: Ids;
  port?: number;
  /** In place of a port. */
  reach?: Reach | undefined;
}

export interface McpEmulator {
  /** `http://127.0.0.1:<port>/mcp` */
  readonly url: string;
  readonly requests: readonly McpRequest[];
  /** Exchanges that are neither answered nor gone, streams of the server's own left out. */
  readonly openRequests: number;
  readonly sessionCount: number;
  /** Streams on which the server can speak unasked. */
  readonly streamCount: number;
  /** Settles once the server can speak unasked to somebody. */
  streaming(): Promise<void>;
  /** The first request of this kind that nobody asked for yet, once it is there. */
  arrived(match: (request: McpRequest) => boolean): Promise<McpRequest>;
  /** Replaces the tools and says so on every stream. */
  setTools(tools: readonly ScriptedTool[]): void;
  setBearer(token: string): void;
  /** All sessions are unknown from now on, as after a restart. */
  forgetSessions(): void;
  /** What the next matching requests meet. */
  failNext(fault: McpFault, times?: number, match?: (request: McpRequest) => boolean): void;
  close(): Promise<void>;
}
