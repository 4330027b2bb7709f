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

/** The moment at which the day of `nowMs` began in the zone, in epoch ms, to the minute. */
export function startOfDayMs(nowMs: number, timeZone: string): number {
  const minute = Math.floor(nowMs / 60_000) * 60_000;
  const { date, time } = localTime(minute, timeZone);
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  let startMs = minute - (hours * 60 + minutes) * 60_000;
  // On the day of a clock change the guess is an hour off.
  for (const correctionMs of [0, 3_600_000, -3_600_000]) {
    const guess = localTime(startMs + correctionMs, timeZone);
    if (guess.date === date && guess.time === '00:00') {
      startMs += correctionMs;
      break;
    }
  }
  return startMs;
}

function localTime(nowMs: number, timeZone: string): { day: Day; date: string; time: string } {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(nowMs);
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
