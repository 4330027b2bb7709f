/**
 * Every failure that tests, alerts and counters may match on has a code here. People read the message, programs the code.
 * A code that has been released is never given another meaning.
 */
export type ErrorCode =
  // what the telephone side sends
  | 'TWILIO_FRAME_INVALID'
  | 'TWILIO_FRAME_BINARY'
  | 'TWILIO_FRAME_OVERSIZED'
  | 'TWILIO_FRAME_UNKNOWN'
  | 'TWILIO_FRAME_OUT_OF_ORDER'
  | 'TWILIO_FRAME_FOREIGN'
  | 'TWILIO_MEDIA_FLOOD'
  | 'TWILIO_SIGNATURE_INVALID'
  | 'TWILIO_TICKET_INVALID'
  | 'TWILIO_PEER_SLOW'
  | 'TWILIO_PAGE_FAILED'
  // what the voice model sends, or fails to
  | 'VOICE_EVENT_INVALID'
  | 'VOICE_EVENT_UNKNOWN'
  | 'VOICE_EVENT_OVERSIZED'
  | 'VOICE_AUDIO_LATE'
  | 'VOICE_ORDER'
  | 'VOICE_STREAM_LOST'
  | 'VOICE_STREAM_REFUSED'
  | 'VOICE_BACKLOG'
  // tools
  | 'TOOL_UNKNOWN'
  | 'TOOL_INPUT_INVALID'
  | 'TOOL_FAILED'
  | 'TOOL_TIMEOUT'
  // administration and start
  | 'CONFIG_INVALID'
  | 'REQUEST_INVALID'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'VERSION_CONFLICT'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'TOO_MANY_REQUESTS'
  | 'NO_CAPACITY'
  | 'NUMBER_LIMIT_REACHED'
  | 'DIAL_NOT_ALLOWED'
  | 'CALL_NOT_LIVE'
  | 'INSTANCE_UNREACHABLE'
  // the carrier's REST API
  | 'CARRIER_REFUSED'
  | 'CARRIER_UNREACHABLE'
  | 'CARRIER_NOT_CONFIGURED'
  // AWS services that are administered from here
  | 'AWS_REFUSED'
  | 'AWS_UNREACHABLE'
  | 'CREATOR_NOT_CONFIGURED'
  // store and files
  | 'STORE_UNAVAILABLE'
  | 'STORE_INCOMPATIBLE'
  | 'DATA_DIR_IN_USE'
  | 'DATA_DIR_INACCESSIBLE'
  | 'EMBEDDED_DATABASE_UNAVAILABLE'
  | 'RECORDING_FAILED'
  | 'WEBHOOK_FAILED'
  // fixtures and local stack
  | 'FIXTURE_INVALID'
  | 'INTERNAL';

/** An error with a stable code, the values that explain it, and the error that caused it. */
export class BridgeError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'BridgeError';
    this.code = code;
    this.details = details;
  }
}

/** The words of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
