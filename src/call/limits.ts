import type { Clock } from '../clock.js';
import { startOfDayMs } from '../directory/hours.js';
import type { PhoneNumber } from '../directory/number.js';
import { BridgeError } from '../errors.js';
import type { Logger } from '../log.js';
import type { NumberUse } from './call-store.js';
import type { CallRecord } from './record.js';
import type { CallRegistry } from './registry.js';

/** A caller does not wait longer than this for the counts of other instances, in ms (the webhook has 100): then only ours count. */
export const COUNT_LIMIT_MS = 80;
/** Before somebody is dialled they are waited for longer, in ms: without them nobody is. */
export const DIAL_COUNT_LIMIT_MS = 2000;
/** What happens to calls is in the store after this, in ms; until then it is known by the instance alone. */
const WRITTEN_WITHIN_MS = 5000;

export type Limit = 'maxConcurrent' | 'maxMinutesPerDay';

export interface NumberLimits {
  /**
   * Which limit of the number one more call would break; undefined when it may come. `callSid` itself does not count, nor do
   * calls that came later and are not decided about. Counts that cannot be had let a caller in (`answer`), and let nobody be
   * dialled (`dial`), which costs money: STORE_UNAVAILABLE.
   */
  brokenBy(number: PhoneNumber, callSid: string, purpose: 'answer' | 'dial'): Promise<Limit | undefined>;
}

/**
 * Counts the calls of a number: those of this instance from memory, exactly; those of others and of the past from the store,
 * where they are within some 50 ms, so that instances that are asked at the very same time may take one too many each.
 */
export function numberLimits(options: {
  registry: CallRegistry;
  recordOf: (callSid: string) => CallRecord | undefined;
  useOf: (number: string, sinceMs: number) => Promise<NumberUse>;
  clock: Clock;
  log: Logger;
}): NumberLimits {
  const { registry, recordOf, useOf, clock, log } = options;

  const counted = async (number: PhoneNumber, limitMs: number): Promise<NumberUse | undefined> => {
    let cancel = (): void => undefined;
    const late = new Promise<undefined>((resolve) => {
      cancel = clock.after(limitMs, () => resolve(undefined));
    });
    const use = useOf(number.number, startOfDayMs(clock.now(), number.timeZone)).catch((error: unknown) => {
      log.warn({ err: error, code: 'STORE_UNAVAILABLE' }, 'calls of other instances are not counted');
      return undefined;
    });
    return Promise.race([use, late]).finally(() => cancel());
  };

  /** Calls that are put through to a person: as the store knows them, and what is too new for it. */
  const dialsOf = (number: string, use: NumberUse | undefined): Map<string, number> => {
    const dials = new Map<string, number>();
    for (const { callSid, lastedMs } of registry.places.dialsOver(number)) {
      if (!use || lastedMs < WRITTEN_WITHIN_MS) dials.set(callSid, lastedMs);
    }
    for (const { callSid, lastedMs } of use?.dials ?? []) {
      if (!registry.hasFinished(callSid)) dials.set(callSid, lastedMs);
    }
    return dials;
  };

  return {
    async brokenBy(number, callSid, purpose) {
      const { maxConcurrent, maxMinutesPerDay } = number;
      if (maxConcurrent === undefined && maxMinutesPerDay === undefined) return undefined;
      const use = await counted(number, purpose === 'dial' ? DIAL_COUNT_LIMIT_MS : COUNT_LIMIT_MS);
      if (!use && purpose === 'dial') {
        throw new BridgeError('STORE_UNAVAILABLE', `The calls of ${number.number} cannot be counted at the moment.`);
      }
      const dials = dialsOf(number.number, use);
      dials.delete(callSid);
      const here = registry.activeOver(number.number).filter((each) => each !== callSid);
      const before = registry.places.heldBefore(callSid, number.number);
      const active = new Set([...here, ...before, ...dials.keys()]);
      if (maxConcurrent !== undefined && active.size + (use?.activeCalls ?? 0) >= maxConcurrent) return 'maxConcurrent';
      if (maxMinutesPerDay === undefined) return undefined;
      const sinceMs = (record: CallRecord | undefined) => (record ? clock.now() - Date.parse(record.startedAt) : 0);
      const liveMs = here.reduce((sumMs, each) => sumMs + sinceMs(recordOf(each)), 0);
      const dialledMs = [...dials.values()].reduce((sumMs, lastedMs) => sumMs + lastedMs, 0);
      const usedMs = (use?.usedMs ?? 0) + liveMs + dialledMs;
      return usedMs >= maxMinutesPerDay * 60_000 ? 'maxMinutesPerDay' : undefined;
    },
  };
}
