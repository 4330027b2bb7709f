import type { Fault } from '../emulator/bedrock/faults.js';

/** What goes wrong with a model stream that is open. */
export const STREAM_FAULTS = {
  'validation-exception': { kind: 'exception', type: 'validationException' },
  // Under the same name: the words that were heard are not let through, and something in what was sent is wrong.
  'content-filter': {
    kind: 'exception',
    type: 'validationException',
    message: 'This request has been blocked by our content filters.',
  },
  'rejected-event': { kind: 'exception', type: 'validationException', message: 'Malformed input request.' },
  'model-stream-error': { kind: 'exception', type: 'modelStreamErrorException' },
  'internal-server': { kind: 'exception', type: 'internalServerException' },
  throttling: { kind: 'exception', type: 'throttlingException' },
  // What the service says as well when the time of a stream is up.
  'session-limit': { kind: 'exception', type: 'modelTimeoutException' },
  'service-unavailable': { kind: 'exception', type: 'serviceUnavailableException' },
  'error-frame': { kind: 'errorFrame' },
  'reset-internal-error': { kind: 'reset', code: 'INTERNAL_ERROR', isAbrupt: true },
  'reset-cancel': { kind: 'reset', code: 'CANCEL', isAbrupt: true },
  'silent-end': { kind: 'end' },
  'tcp-reset': { kind: 'tcpReset' },
  'truncated-frame': { kind: 'truncatedFrame' },
  'bad-crc': { kind: 'badCrc' },
  'go-away': { kind: 'goAway' },
  'go-away-error': { kind: 'goAway', code: 'INTERNAL_ERROR' },
  stall: { kind: 'stall' },
} as const satisfies Readonly<Record<string, Fault>>;

/** A stream is lost, and the next ones are not opened. */
export const OPENING_FAULTS = {
  'opening-429': { kind: 'http', status: 429 },
  'opening-403': { kind: 'http', status: 403 },
  'opening-503': { kind: 'http', status: 503 },
  'connection-refused': { kind: 'refuse' },
  'opening-hang': { kind: 'hang' },
} as const satisfies Readonly<Record<string, Fault>>;

/** Of one caller's telephone line. */
export const LINE_FAULTS = ['media-cut', 'line-gap', 'line-burst'] as const;

/** Of what all calls have in common. */
export const SHARED_FAULTS = [
  'region-away',
  'credentials-expire',
  'database-away',
  'database-slow',
  'storage-away',
  'storage-slow',
  'disk-full',
  'disk-slow',
] as const;

/** Parts of a run that have calls of their own, in which no call has a fault. */
export const ROUNDS = [
  'kill-9',
  'kill-9-in-drain',
  'stand-still',
  'rolling-restart',
  'renewal',
  'kill-9-in-renewal',
] as const;

export type StreamFault = keyof typeof STREAM_FAULTS;
export type OpeningFault = keyof typeof OPENING_FAULTS;
export type LineFault = (typeof LINE_FAULTS)[number];
export type SharedFault = (typeof SHARED_FAULTS)[number];
export type Round = (typeof ROUNDS)[number];
/** What a run consists of. */
export type Part = Round | 'faults';
/** What can befall a call. */
export type CallFault = StreamFault | OpeningFault | LineFault | SharedFault;

export const CALL_FAULTS: readonly CallFault[] = [
  ...(Object.keys(STREAM_FAULTS) as StreamFault[]),
  ...(Object.keys(OPENING_FAULTS) as OpeningFault[]),
  ...LINE_FAULTS,
  ...SHARED_FAULTS,
];

/** Everything that `--only` takes. */
export const FAULT_NAMES: readonly string[] = [...CALL_FAULTS, 'faults', ...ROUNDS];

export function isStreamFault(fault: string): fault is StreamFault {
  return Object.hasOwn(STREAM_FAULTS, fault);
}

export function isOpeningFault(fault: string): fault is OpeningFault {
  return Object.hasOwn(OPENING_FAULTS, fault);
}

export function isLineFault(fault: string): fault is LineFault {
  return (LINE_FAULTS as readonly string[]).includes(fault);
}

export function isCallFault(fault: string): fault is CallFault {
  return (CALL_FAULTS as readonly string[]).includes(fault);
}
