import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Hours, hoursSchema, isOpen, startOfDayMs } from '../../src/directory/hours.js';
import { fallbackSchema } from '../../src/directory/number.js';

const at = (iso: string) => Date.parse(iso);
const EVERY_DAY = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const hours = (from: string, to: string, more: Partial<Hours> = {}): Hours => ({
  open: [{ days: EVERY_DAY, from, to }],
  closedOn: [],
  ...more,
});

describe('opening hours', () => {
  it.each([
    ['2026-11-25T08:59:59Z', false],
    ['2026-11-25T09:00:00Z', true],
    ['2026-11-25T16:59:59Z', true],
    ['2026-11-25T17:00:00Z', false],
  ])('begin with their first minute and end before their last: %s %s', (iso, expected) => {
    expect(isOpen(hours('09:00', '17:00'), 'UTC', at(iso))).toBe(expected);
  });

  it.each([
    ['before the clock is put forward', '2026-03-28T08:30:00Z', true],
    ['after it', '2026-03-29T07:30:00Z', true],
    ['after it, too early', '2026-03-29T06:30:00Z', false],
    ['before the clock is put back', '2026-10-24T07:30:00Z', true],
    ['after it, too early', '2026-10-25T07:30:00Z', false],
    ['after it', '2026-10-25T08:30:00Z', true],
  ])('are those of the wall clock in Berlin, %s', (_when, iso, expected) => {
    expect(isOpen(hours('09:00', '17:00'), 'Europe/Berlin', at(iso))).toBe(expected);
  });

  it.each([
    ['2026-10-25T00:15:00Z', true],
    ['2026-10-25T00:45:00Z', false],
    ['2026-10-25T01:15:00Z', true],
  ])('come twice in the hour that comes twice: %s %s', (iso, expected) => {
    expect(isOpen(hours('02:00', '02:30'), 'Europe/Berlin', at(iso))).toBe(expected);
  });

  const NIGHT: Hours = { open: [{ days: ['fri'], from: '22:00', to: '06:00' }], closedOn: [] };

  it.each([
    ['2026-11-27T21:59:00Z', false],
    ['2026-11-27T22:00:00Z', true],
    ['2026-11-28T05:59:00Z', true],
    ['2026-11-28T06:00:00Z', false],
    ['2026-11-27T03:00:00Z', false],
    ['2026-11-28T23:00:00Z', false],
  ])('overnight belong to the day on which they begin: %s %s', (iso, expected) => {
    expect(isOpen(NIGHT, 'UTC', at(iso))).toBe(expected);
  });

  it.each([
    ['2026-11-25T23:59:59Z', true],
    ['2026-11-26T00:00:00Z', false],
    ['2026-11-25T19:59:00Z', false],
  ])('may end with the day: %s %s', (iso, expected) => {
    const untilMidnight: Hours = { open: [{ days: ['wed'], from: '20:00', to: '24:00' }], closedOn: [] };
    expect(isOpen(untilMidnight, 'UTC', at(iso))).toBe(expected);
  });

  it('may be always', () => {
    for (let hour = 0; hour < 7 * 24; hour++) {
      expect(isOpen(hours('00:00', '24:00'), 'Asia/Kathmandu', at('2026-11-23T00:00:00Z') + hour * 3_600_000)).toBe(
        true,
      );
    }
  });

  it.each([
    ['the evening before', '2026-12-24T20:00:00Z', true],
    ['from midnight in the zone', '2026-12-24T23:00:00Z', false],
    ['to midnight in the zone', '2026-12-25T22:59:00Z', false],
    ['and no longer', '2026-12-25T23:00:00Z', true],
  ])('do not hold on days that are closed: %s', (_when, iso, expected) => {
    const holidays = hours('00:00', '24:00', { closedOn: ['2026-12-25'] });
    expect(isOpen(holidays, 'Europe/Berlin', at(iso))).toBe(expected);
  });

  it.each([
    ['the night that began before goes on into it', '2026-12-25T03:00:00Z', true],
    ['none begins on it', '2026-12-25T23:00:00Z', false],
    ['nor goes on after it', '2026-12-26T03:00:00Z', false],
  ])('overnight around a day that is closed: %s', (_what, iso, expected) => {
    expect(isOpen(hours('22:00', '06:00', { closedOn: ['2026-12-25'] }), 'UTC', at(iso))).toBe(expected);
  });

  it.each([
    [{ days: ['mon'], from: '09:00', to: '24:00' }, true],
    [{ days: ['mon'], from: '24:00', to: '09:00' }, false],
    [{ days: ['mon'], from: '09:00', to: '09:00' }, false],
    [{ days: ['mon'], from: '9:00', to: '17:00' }, false],
    [{ days: ['mon'], from: '09:00', to: '24:01' }, false],
    [{ days: [], from: '09:00', to: '17:00' }, false],
  ])('%j can be written: %s', (open, accepted) => {
    expect(hoursSchema(fallbackSchema).safeParse({ open: [open], closed: { say: 'Closed.' } }).success).toBe(accepted);
  });
});

describe('the day of a number', () => {
  it.each([
    ['UTC', '2026-11-25T12:34:56Z', '2026-11-25T00:00:00Z'],
    ['UTC', '2026-11-25T00:00:00Z', '2026-11-25T00:00:00Z'],
    ['Asia/Kathmandu', '2026-11-25T12:00:00Z', '2026-11-24T18:15:00Z'],
    ['Pacific/Kiritimati', '2026-11-25T12:00:00Z', '2026-11-25T10:00:00Z'],
    ['Europe/Berlin', '2026-03-29T20:00:00Z', '2026-03-28T23:00:00Z'],
    ['Europe/Berlin', '2026-10-25T22:30:00Z', '2026-10-24T22:00:00Z'],
    // Midnight does not come: the day begins at one.
    ['Africa/Cairo', '2026-04-24T12:00:00Z', '2026-04-23T22:00:00Z'],
    ['America/Santiago', '2026-09-06T12:00:00Z', '2026-09-06T04:00:00Z'],
    // The last hour of the day before comes twice.
    ['America/Santiago', '2026-04-05T12:00:00Z', '2026-04-05T04:00:00Z'],
    // Half an hour of summer time.
    ['Australia/Lord_Howe', '2026-10-04T10:00:00Z', '2026-10-03T13:30:00Z'],
    ['Australia/Lord_Howe', '2026-04-05T10:00:00Z', '2026-04-04T13:00:00Z'],
  ])('in %s at %s began at %s', (timeZone, nowIso, startIso) => {
    expect(new Date(startOfDayMs(at(nowIso), timeZone)).toISOString()).toBe(new Date(startIso).toISOString());
  });

  it('begins with the first minute of its date, in every zone at any time', () => {
    const dateOf = (ms: number, timeZone: string) =>
      new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(ms);
    fc.assert(
      fc.property(
        fc.constantFrom(...Intl.supportedValuesOf('timeZone')),
        fc.integer({ min: at('2025-01-01T00:00:00Z'), max: at('2028-01-01T00:00:00Z') }),
        (timeZone, nowMs) => {
          const startMs = startOfDayMs(nowMs, timeZone);
          expect(startMs).toBeLessThanOrEqual(nowMs);
          expect(dateOf(startMs, timeZone)).toBe(dateOf(nowMs, timeZone));
          expect(dateOf(startMs - 60_000, timeZone)).not.toBe(dateOf(nowMs, timeZone));
        },
      ),
      { numRuns: 150 },
    );
  });
});
