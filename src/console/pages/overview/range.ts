/** Ranges that end now, by their names in the address. */
export const LAST = {
  '1h': { name: '1 h', words: 'hour', minutes: 60 },
  '24h': { name: '24 h', words: '24 hours', minutes: 24 * 60 },
  '7d': { name: '7 days', words: '7 days', minutes: 7 * 24 * 60 },
  '30d': { name: '30 days', words: '30 days', minutes: 30 * 24 * 60 },
} as const;
export type LastName = keyof typeof LAST;
export const DEFAULT_LAST: LastName = '24h';

const MINUTE_MS = 60_000;

/** Its moments: to the end of this minute, so that the newest call is in it. */
export function lastRange(name: LastName, nowMs: number): { from: string; to: string } {
  const toMs = (Math.floor(nowMs / MINUTE_MS) + 1) * MINUTE_MS;
  return {
    from: new Date(toMs - LAST[name].minutes * MINUTE_MS).toISOString(),
    to: new Date(toMs).toISOString(),
  };
}

/** A moment as a field for day and time shows it, in the viewer's zone; empty for what is none. */
export function fieldOf(iso: string): string {
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) return '';
  const date = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The moment that such a field means; undefined while it is not filled in. */
export function momentOfField(value: string): string | undefined {
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

const dayFormat = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const timeFormat = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const bothFormat = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

export const shownDay = (ms: number) => dayFormat.format(ms);
export const shownHour = (ms: number) => timeFormat.format(ms);

/** `27 Nov, 14:00 to 14:30`, with both days where there are two. */
export function shownSpan({ from, to }: { from: string; to: string }): string {
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  const isOneDay = shownDay(fromMs) === shownDay(toMs - 1);
  return `${bothFormat.format(fromMs)} to ${isOneDay ? shownHour(toMs) : bothFormat.format(toMs)}`;
}

/** `Europe/Berlin (GMT+1)`. */
export function zoneName(): string {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  const parts = new Intl.DateTimeFormat(undefined, { timeZoneName: 'short' }).formatToParts(new Date());
  const short = parts.find(({ type }) => type === 'timeZoneName')?.value;
  return short === undefined || short === timeZone ? timeZone : `${timeZone} (${short})`;
}
