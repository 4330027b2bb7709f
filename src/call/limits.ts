import type { Clock } from '../clock.js';
import { startOfDayMs } from '../directory/hours.js';
import type { PhoneNumber } from '../directory/number.js';
import type { Logger } from '../log.js';
import type { NumberUse } from './call-store.js';
import type { CallRecord } from './record.js';
import type { CallRegistry } from './registry.js';

/** A caller does not wait longer than this for the counts of other instances, in ms: then only ours count. */
const COUNT_LIMIT_MS = 300;

export interface NumberLimits {
  /** Which limit of the number one more call would break; undefined when it may come. `callSid` itself does not count. */
  brokenBy(number: PhoneNumber, callSid: string): Promise<'maxConcurrent' | 'maxMinutesPerDay' | undefined>;
}

/** Counts the calls of a number: those of this instance from memory, those of others and of the past from the store. */
export function numberLimits(options: {
  registry: CallRegistry;
  recordOf: (callSid: string) => CallRecord | undefined;
  useOf: (number: string, sinceMs: number) => Promise<NumberUse>;
  clock: Clock;
  log: Logger;
}): NumberLimits {
  const { registry, recordOf, useOf, clock, log } = options;

  const elsewhere = async (number: PhoneNumber): Promise<NumberUse> => {
    const nothing: NumberUse = { activeCalls: 0, usedMs: 0 };
    let cancel = (): void => undefined;
    const late = new Promise<NumberUse>((resolve) => {
      cancel = clock.after(COUNT_LIMIT_MS, () => resolve(nothing));
    });
    const counted = useOf(number.number, startOfDayMs(clock.now(), number.timeZone)).catch((error: unknown) => {
      log.warn({ err: error, code: 'STORE_UNAVAILABLE' }, 'calls of other instances are not counted');
      return nothing;
    });
    return Promise.race([counted, late]).finally(() => cancel());
  };

  return {
    async brokenBy(number, callSid) {
      const { maxConcurrent, maxMinutesPerDay } = number;
      if (maxConcurrent === undefined && maxMinutesPerDay === undefined) return undefined;
      const others = await elsewhere(number);
      const here = registry.activeOver(number.number).filter((each) => each !== callSid);
      if (maxConcurrent !== undefined && here.length + others.activeCalls >= maxConcurrent) return 'maxConcurrent';
      if (maxMinutesPerDay === undefined) return undefined;
      const liveMs = here
        .map((each) => recordOf(each))
        .reduce((sumMs, record) => sumMs + (record ? clock.now() - Date.parse(record.startedAt) : 0), 0);
      return others.usedMs + liveMs >= maxMinutesPerDay * 60_000 ? 'maxMinutesPerDay' : undefined;
    },
  };
}
