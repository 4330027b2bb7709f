import { z } from 'zod';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
type Day = (typeof DAYS)[number];

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'must be a time such as 09:00');

const openSchema = z
  .strictObject({
    days: z.array(z.enum(DAYS)).min(1).max(7),
    from: timeOfDay,
    /** Not included; before `from`: on the next day. */
    to: timeOfDay,
  })
  .refine(({ from, to }) => from !== to && from !== '24:00', { path: ['from'], message: 'opens and closes at once' });

/** When a number is answered, in its own time zone, and what callers get at other times. */
export const hoursSchema = <Closed extends z.ZodType>(closed: Closed) =>
  z.strictObject({
    open: z.array(openSchema).min(1).max(50),
    /** Days on which nobody answers, as dates of the number's time zone. */
    closedOn: z.array(z.iso.date()).max(400).default([]),
    closed,
  });

export interface Hours {
  open: readonly { days: readonly Day[]; from: string; to: string }[];
  closedOn: readonly string[];
}

/** Whether it is open at that moment (epoch ms). Clock changes are those of the zone. */
export function isOpen(hours: Hours, timeZone: string, nowMs: number): boolean {
  const now = localTime(nowMs, timeZone);
  const dayBefore = DAYS[(DAYS.indexOf(now.day) + 6) % 7]!;
  const dateBefore = isoDateBefore(now.date);
  return hours.open.some(({ days, from, to }) => {
    const overnight = to < from;
    const isToday =
      days.includes(now.day) && !hours.closedOn.includes(now.date) && now.time >= from && (overnight || now.time < to);
    const isFromYesterday =
      overnight && days.includes(dayBefore) && !hours.closedOn.includes(dateBefore) && now.time < to;
    return isToday || isFromYesterday;
  });
}

/** No day of any zone has more minutes, also when the clock is put back. */
const MAX_MINUTES_OF_DAY = 26 * 60;

/**
 * The moment at which the day of `nowMs` began in the zone, in epoch ms, to the minute: midnight, or what follows it where
 * the clock is put forward at midnight.
 */
export function startOfDayMs(nowMs: number, timeZone: string): number {
  const minute = Math.floor(nowMs / 60_000);
  const dateAt = (atMinute: number) => localTime(atMinute * 60_000, timeZone).date;
  const today = dateAt(minute);
  // Dates never go back: the first minute of today lies between one of a day before and now.
  let before = minute - MAX_MINUTES_OF_DAY;
  let within = minute;
  while (within - before > 1) {
    const middle = Math.floor((before + within) / 2);
    if (dateAt(middle) < today) before = middle;
    else within = middle;
  }
  return within * 60_000;
}

/** Making one takes longer than answering a call has time for. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    formats.set(timeZone, format);
  }
  return format;
}

function localTime(nowMs: number, timeZone: string): { day: Day; date: string; time: string } {
  const parts = formatOf(timeZone).formatToParts(nowMs);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((each) => each.type === type)?.value ?? '';
  return {
    day: part('weekday').toLowerCase() as Day,
    date: `${part('year')}-${part('month')}-${part('day')}`,
    time: `${part('hour')}:${part('minute')}`,
  };
}

function isoDateBefore(date: string): string {
  return new Date(Date.parse(`${date}T12:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
}
