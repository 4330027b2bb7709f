import type { Logger } from '../log.js';
import type { CallListener } from './events.js';

/** One listener for all of them: that one of them fails is no matter of the others, nor of the call. */
export function tellAll(listeners: readonly CallListener[], log: Logger): CallListener {
  return (event, wallTimeMs) => {
    for (const listener of listeners) {
      try {
        listener(event, wallTimeMs);
      } catch (error) {
        log.error({ callSid: event.callSid, err: error, code: 'INTERNAL' }, 'a listener of calls failed');
      }
    }
  };
}
