import { dialsInCircle } from '../directory/dialling.js';
import type { Directory } from '../directory/directory.js';
import type { Fallback, PhoneNumber } from '../directory/number.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import type { NumberLimits } from './limits.js';
import type { CallRegistry } from './registry.js';

export interface FallbacksOptions {
  directory: Directory;
  registry: CallRegistry;
  limits: NumberLimits;
  mayDial: (to: string, from: string) => boolean;
  log: Logger;
}

/** What a caller gets whom no agent serves. Dialling somebody costs money, and is therefore asked about each time. */
export class Fallbacks {
  readonly #options: FallbacksOptions;

  constructor(options: FallbacksOptions) {
    this.#options = options;
  }

  /** What was allowed when the number was saved may not be any more. */
  allowed(fallback: Fallback | undefined, number: PhoneNumber): Fallback | undefined {
    if (!fallback || 'say' in fallback) return fallback;
    const { directory, mayDial, log } = this.#options;
    const find = (e164: string) => directory.findNumber(e164);
    if (mayDial(fallback.dial, number.number) && !dialsInCircle(number.number, fallback.dial, find)) return fallback;
    log.warn({ code: 'DIAL_NOT_ALLOWED', number: number.number }, 'fallback is not dialled');
    return undefined;
  }

  /**
   * The fallback that the call is given now. A person is dialled only while the number is within its limits; from then on the
   * call counts as put through.
   */
  async give(callSid: string, fallback: Fallback | undefined, number: PhoneNumber): Promise<Fallback | undefined> {
    const { registry } = this.#options;
    const allowed = this.allowed(fallback, number);
    if (!allowed || 'say' in allowed) return allowed;
    registry.places.hold(callSid, number.number);
    try {
      if (!(await this.#isWithinLimits(callSid, number))) return undefined;
      registry.dialBegan(callSid, number.number);
      registry.emit(callSid, { kind: 'transferred', to: allowed.dial });
      return allowed;
    } finally {
      registry.letGo(callSid);
    }
  }

  async #isWithinLimits(callSid: string, number: PhoneNumber): Promise<boolean> {
    const { limits, log } = this.#options;
    try {
      const limit = await limits.brokenBy(number, callSid, 'dial');
      if (!limit) return true;
      log.warn({ code: 'NUMBER_LIMIT_REACHED', callSid, limit }, 'fallback is not dialled');
    } catch (error) {
      log.warn({ code: 'STORE_UNAVAILABLE', callSid, reason: messageOf(error) }, 'fallback is not dialled');
    }
    return false;
  }
}
