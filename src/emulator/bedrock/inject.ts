import { encodeFrame } from '../aws/event-stream.js';
import { EXCEPTION_MESSAGES, type Fault } from './faults.js';
import type { SessionWire } from './wire.js';

/** What is left of the session after a fault. */
export type FaultEffect = 'none' | 'silenced' | 'ended';

export interface FaultPlace {
  sessionId: string;
  promptName: string;
  resetConnection(): void;
}

const DEFAULT_OVERSIZED_BYTES = 1024 * 1024;

/** Lets a fault happen to an open stream. `http` and `refuse` belong to the opening, and break the connection here. */
export function injectFault(fault: Fault, wire: SessionWire, place: FaultPlace): FaultEffect {
  switch (fault.kind) {
    case 'exception':
      wire.sendException(fault.type, fault.message ?? EXCEPTION_MESSAGES[fault.type]);
      return 'ended';
    case 'errorFrame':
      wire.sendError(fault.code ?? 'InternalFailure', fault.message ?? 'The request processing has failed.');
      return 'ended';
    case 'reset':
      wire.reset(fault.code, fault.isAbrupt ?? false);
      return 'ended';
    case 'end':
      return 'ended';
    case 'tcpReset':
    case 'http':
    case 'refuse':
      place.resetConnection();
      return 'ended';
    case 'truncatedFrame': {
      const frame = sampleFrame();
      wire.sendRaw(frame.subarray(0, frame.length - 7));
      return 'ended';
    }
    case 'badCrc': {
      const frame = sampleFrame();
      frame[frame.length - 1]! ^= 0xff;
      wire.sendRaw(frame);
      return 'ended';
    }
    case 'stall':
    case 'hang':
      return 'silenced';
    case 'goAway':
      wire.goAway(fault.code);
      return 'none';
    case 'malformedEvent':
      wire.sendEvent('{"event":{"textOutput":{"content":');
      return 'none';
    case 'unknownEvent':
      wire.sendEvent(event('userSpeechEnd', place, {}));
      return 'none';
    case 'oversizedEvent': {
      const filler = 'x'.repeat(fault.byteLength ?? DEFAULT_OVERSIZED_BYTES);
      wire.sendEvent(event('usageEvent', place, { details: {}, filler }));
      return 'none';
    }
  }
}

function event(name: string, place: FaultPlace, fields: Readonly<Record<string, unknown>>): string {
  const { sessionId, promptName } = place;
  return JSON.stringify({ event: { [name]: { ...fields, promptName, sessionId } } });
}

function sampleFrame(): Buffer {
  return encodeFrame(new Map([[':message-type', { type: 'string', value: 'event' }]]), Buffer.from('{"bytes":"e30="}'));
}
