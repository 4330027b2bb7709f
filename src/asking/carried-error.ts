import { BridgeError, type ErrorCode, messageOf } from '../errors.js';
import { troubleOf } from '../service-failure.js';

/** An error as data, with all that anybody looks at. */
export interface CarriedError {
  readonly name: string;
  readonly message: string;
  /** Of a BridgeError alone. */
  readonly bridge?: { readonly code: ErrorCode; readonly details: Readonly<Record<string, unknown>> };
  /** Of HTTP, as the SDK has it. */
  readonly status?: number;
  readonly cause?: CarriedError;
}

/** Of causes of causes. */
const MAX_DEPTH = 4;

export function carried(error: unknown, depth = 0): CarriedError {
  if (!(error instanceof Error)) return { name: 'Error', message: messageOf(error) };
  const { message, cause } = error;
  const { name, status } = troubleOf(error);
  return {
    ...(error instanceof BridgeError
      ? // What is not data is nothing that a failure is told by.
        { name: error.name, bridge: { code: error.code, details: JSON.parse(JSON.stringify(error.details)) } }
      : { name, ...(status !== undefined && { status }) }),
    message,
    ...(cause !== undefined && depth < MAX_DEPTH && { cause: carried(cause, depth + 1) }),
  };
}

/** The same error again, where it has been carried to. */
export function arrived({ name, message, bridge, status, cause }: CarriedError): Error {
  const options = cause && { cause: arrived(cause) };
  if (bridge) return new BridgeError(bridge.code, message, bridge.details, options);
  const error = new Error(message, options);
  return Object.assign(error, { name, ...(status !== undefined && { $metadata: { httpStatusCode: status } }) });
}
