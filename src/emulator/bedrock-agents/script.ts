/** A classic agent behind one of its aliases, and what it says. Sessions belong to the alias. */
export interface AgentScript {
  /** Up to ten letters and digits. */
  agentId: string;
  agentAliasId: string;
  name?: string;
  aliasName?: string;
  /** Sessions end after so long without a request; default 600,000. */
  idleMs?: number;
  /** What it throws becomes `dependencyFailedException`. The text is empty when results of returned control came. */
  answer: (text: string, session: AgentSessionView) => AgentAnswer | Promise<AgentAnswer>;
}

export interface AgentSessionView {
  readonly id: string;
  /** Requests so far, this one included. */
  readonly count: number;
  /** Kept from request to request. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Of this request alone. */
  readonly promptAttributes: Readonly<Record<string, string>>;
  /** What the client did in the agent's place, after control was returned to it. */
  readonly results: readonly ControlResult[] | undefined;
}

/** In the order in which they are sent: traces, chunks, files, control, exception. */
export interface AgentAnswer {
  /** Sent as they are, each in its own event, whether streaming was asked for or not; bytes may split a character. */
  chunks?: readonly (string | Buffer)[];
  /** Given with the last chunk. */
  citations?: readonly object[];
  /** Parts of `trace`, as `{ orchestrationTrace: … }`; sent only to whoever enabled traces. */
  trace?: readonly object[];
  files?: readonly { name: string; type: string; bytes: Buffer | string }[];
  returnControl?: { invocationId?: string; invocationInputs: readonly ControlInput[] };
  /** Breaks the connection off after so many events. */
  cutAfter?: number;
  /** A typed error at the end, by its name in the stream: `throttlingException`. */
  exception?: { type: string; message: string };
  /** Before the first event; the status and headers leave at once. */
  delayMs?: number;
  /** Between events. */
  gapMs?: number;
}

export interface FunctionInput {
  actionGroup: string;
  function: string;
  parameters?: readonly { name: string; type: string; value: string }[];
  actionInvocationType?: 'RESULT' | 'USER_CONFIRMATION' | 'USER_CONFIRMATION_AND_RESULT';
}

export interface ApiInput {
  actionGroup: string;
  apiPath: string;
  httpMethod: string;
  parameters?: readonly { name: string; type: string; value: string }[];
  requestBody?: object;
}

export type ControlInput = { functionInvocationInput: FunctionInput } | { apiInvocationInput: ApiInput };

/** A member of `returnControlInvocationResults`, checked. */
export interface ControlResult {
  readonly actionGroup: string;
  readonly function?: string;
  readonly apiPath?: string;
  readonly httpMethod?: string;
  readonly responseState?: unknown;
  readonly confirmationState?: unknown;
  readonly responseBody?: unknown;
}
