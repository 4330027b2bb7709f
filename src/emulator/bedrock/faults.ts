/** The typed errors that the service may put into a stream. Source: Bedrock API reference, bidirectional stream. */
export const EXCEPTION_TYPES = [
  'validationException',
  'modelStreamErrorException',
  'internalServerException',
  'throttlingException',
  'modelTimeoutException',
  'serviceUnavailableException',
] as const;
export type ExceptionType = (typeof EXCEPTION_TYPES)[number];

/** Something that goes wrong on demand. From `hang` on, the stream stays open. */
export type Fault =
  | { kind: 'exception'; type: ExceptionType; message?: string }
  /** A frame of message type `error`, which no client has a class for. */
  | { kind: 'errorFrame'; code?: string; message?: string }
  /** RST_STREAM; `isAbrupt` without END_STREAM before it, which clients report instead of ending silently. */
  | { kind: 'reset'; code: 'INTERNAL_ERROR' | 'CANCEL'; isAbrupt?: boolean }
  /** END_STREAM without a word. */
  | { kind: 'end' }
  | { kind: 'tcpReset' }
  | { kind: 'truncatedFrame' }
  | { kind: 'badCrc' }
  /** Only for a stream that is being opened: an answer that is not 200. */
  | { kind: 'http'; status: number; type?: string; message?: string }
  /** Only for a stream that is being opened: the connection is closed before HTTP. */
  | { kind: 'refuse' }
  /** Only for a stream that is being opened: the request is taken and never answered. In a running one it stalls. */
  | { kind: 'hang' }
  /** Audio is taken, nothing more is said. The limits of the session go on. */
  | { kind: 'stall' }
  /** The connection takes no further streams; with a code it is broken as well, and so are those that it has. */
  | { kind: 'goAway'; code?: 'INTERNAL_ERROR' }
  | { kind: 'malformedEvent' }
  | { kind: 'unknownEvent' }
  | { kind: 'oversizedEvent'; byteLength?: number };

const PLAIN_KINDS = ['end', 'tcpReset', 'truncatedFrame', 'badCrc', 'refuse', 'hang', 'stall', 'goAway'] as const;
const EVENT_KINDS = ['malformedEvent', 'unknownEvent', 'oversizedEvent', 'errorFrame'] as const;

/** What the real service says with each exception, as far as it is known. */
export const EXCEPTION_MESSAGES: Readonly<Record<ExceptionType, string>> = {
  validationException: 'System instability detected. Please retry your request.',
  modelStreamErrorException: 'The system encountered an unexpected error during processing. Try your request again.',
  internalServerException: 'The system encountered an unexpected error during processing. Try your request again.',
  throttlingException: 'Too many requests, please wait before trying again.',
  modelTimeoutException: 'Model has timed out in processing the request. Try your request again.',
  serviceUnavailableException: 'The service is temporarily unavailable. Try your request again.',
};

const HTTP_TYPES: Readonly<Record<number, string>> = {
  400: 'ValidationException',
  403: 'AccessDeniedException',
  404: 'ResourceNotFoundException',
  424: 'ModelErrorException',
  429: 'ThrottlingException',
  500: 'InternalServerException',
  503: 'ServiceUnavailableException',
};

/** The error type that belongs to a status of an `http` fault, unless the fault names one. */
export function httpErrorType(fault: { status: number; type?: string }): string {
  return fault.type ?? HTTP_TYPES[fault.status] ?? 'InternalServerException';
}

/**
 * Reads a fault as a script writes it: a kind alone (`end`), an exception's type alone (`throttlingException`), a status
 * (`429`), `INTERNAL_ERROR` or `CANCEL` for a reset, or an object of this type. The answer is a string when it is none.
 */
export function parseFault(value: unknown): Fault | string {
  if (typeof value === 'number') return parseFault({ kind: 'http', status: value });
  if (typeof value === 'string') {
    const exception = EXCEPTION_TYPES.find((type) => type === value);
    if (exception) return { kind: 'exception', type: exception };
    if (value === 'INTERNAL_ERROR' || value === 'CANCEL') return { kind: 'reset', code: value };
    return parseFault({ kind: value });
  }
  if (typeof value !== 'object' || value === null)
    return 'must be the name of a fault, a status or an object with kind';
  const { kind, ...fields } = value as Readonly<Record<string, unknown>>;
  const text = (name: string) => (typeof fields[name] === 'string' ? { [name]: fields[name] } : {});
  if (kind === 'goAway' && fields.code === 'INTERNAL_ERROR') return { kind, code: fields.code };
  const plain = PLAIN_KINDS.find((name) => name === kind);
  if (plain) return { kind: plain };
  if (kind === 'exception') {
    const type = EXCEPTION_TYPES.find((name) => name === fields.type);
    return type ? { kind, type, ...text('message') } : `type must be one of ${EXCEPTION_TYPES.join(', ')}`;
  }
  if (kind === 'reset') {
    const code = fields.code ?? 'INTERNAL_ERROR';
    if (code !== 'INTERNAL_ERROR' && code !== 'CANCEL') return 'code must be INTERNAL_ERROR or CANCEL';
    return fields.isAbrupt === true ? { kind, code, isAbrupt: true } : { kind, code };
  }
  if (kind === 'http') {
    const { status } = fields;
    if (typeof status !== 'number' || status < 400 || status > 599) return 'status must be from 400 to 599';
    return { kind, status, ...text('type'), ...text('message') };
  }
  if (kind === 'errorFrame') return { kind, ...text('code'), ...text('message') };
  if (kind === 'oversizedEvent') {
    return { kind, ...(typeof fields.byteLength === 'number' ? { byteLength: fields.byteLength } : {}) };
  }
  const event = EVENT_KINDS.find((name) => name === kind);
  if (event === 'malformedEvent' || event === 'unknownEvent') return { kind: event };
  return `kind must be one of ${[...PLAIN_KINDS, ...EVENT_KINDS, 'exception', 'reset', 'http'].join(', ')}`;
}
