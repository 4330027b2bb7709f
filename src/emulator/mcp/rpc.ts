/** A message of JSON-RPC 2.0 as a client sends it; a notification has no id. */
export interface RpcMessage {
  id: string | number | undefined;
  method: string | undefined;
  params: Readonly<Record<string, unknown>>;
}

/** A refusal in terms of JSON-RPC, and the HTTP status it travels with. */
export class RpcProblem extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
export const SERVER_ERROR = -32000;

/** Reads a body. Batches are refused: protocol versions after 2025-03-26 have none. Throws `RpcProblem`. */
export function readMessage(body: string): RpcMessage {
  const message = parse(body);
  if (!isObject(message) || message.jsonrpc !== '2.0') throw new RpcProblem(400, INVALID_REQUEST, 'Invalid Request');
  const { id, method, params = {} } = message;
  const isAnswer = 'result' in message || 'error' in message;
  if (id !== undefined && typeof id !== 'string' && typeof id !== 'number') {
    throw new RpcProblem(400, INVALID_REQUEST, 'Invalid Request: the id is neither text nor number');
  }
  if ((typeof method !== 'string' && !isAnswer) || !isObject(params)) {
    throw new RpcProblem(400, INVALID_REQUEST, 'Invalid Request');
  }
  return { id, method: typeof method === 'string' ? method : undefined, params };
}

export function resultOf(id: RpcMessage['id'], result: object): object {
  return { jsonrpc: '2.0', id, result };
}

export function errorOf(id: RpcMessage['id'] | null, code: number, message: string): object {
  return { jsonrpc: '2.0', id: id ?? null, error: { code, message } };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new RpcProblem(400, PARSE_ERROR, 'Parse error');
  }
}
