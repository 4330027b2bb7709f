import type { IncomingHttpHeaders } from 'node:http';

/** An agent that is deployed on AgentCore, and what it says. */
export interface RuntimeScript {
  /** `arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/orders-Ab12Cd34Ef` */
  arn: string;
  /** Default: the ARN's name before its suffix. */
  name?: string;
  /** Names of its end points; default `DEFAULT` alone. */
  qualifiers?: readonly string[];
  status?: 'CREATING' | 'CREATE_FAILED' | 'UPDATING' | 'UPDATE_FAILED' | 'READY' | 'DELETING';
  description?: string;
  /** How long the first request of a session waits for its machine; default 0. */
  coldStartMs?: number;
  /** Sessions end after so long without a request (default 900,000) and in any case after this age (28,800,000). */
  idleMs?: number;
  lifetimeMs?: number;
  /** `jwt` takes bearer tokens and no signatures; default `sigv4`, the other way round. */
  auth?: 'sigv4' | 'jwt';
  /** The container's code. What it throws is its failure. `payload` is the parsed JSON. */
  answer: (payload: unknown, session: SessionView) => RuntimeAnswer | Promise<RuntimeAnswer>;
}

/** What the agent's code knows of its session. */
export interface SessionView {
  readonly id: string;
  /** Requests so far, this one included. */
  readonly count: number;
  /** When the service had all of the request, on the stand-in's clock. */
  readonly receivedMs: number;
  /** Those that reach the container. */
  readonly headers: IncomingHttpHeaders;
}

/** One of `json`, `sse`, `raw` and `error`; nothing of them answers JSON `null`, as a handler without a return does. */
export interface RuntimeAnswer {
  json?: unknown;
  /** Each value becomes one `data:` line. An iterable that throws breaks off as the Python SDK does, with HTTP 200. */
  sse?: readonly unknown[] | AsyncIterable<unknown>;
  /** As the container answers it; a status from 400 up becomes 424 RuntimeClientError. */
  raw?: { status: number; contentType: string; body: Buffer | string | AsyncIterable<Buffer | string> };
  /** A refusal of the service, its type chosen by the status. */
  error?: { status: number; message: string };
  /** Before the answer begins. */
  delayMs?: number;
  /** Between values of `sse`. */
  gapMs?: number;
}
