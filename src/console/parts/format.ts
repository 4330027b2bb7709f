/** `640 ms`, from a second on `1.24 s`. */
export function shownMs(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** `4:07`, `1:02:44`. */
export function shownDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** A number as people read it, for those that are written in groups of three; others as they are stored. */
export function shownNumber(e164: string): string {
  const american = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(e164);
  if (american) return `+1 ${american[1]} ${american[2]} ${american[3]}`;
  return e164 === '' ? 'withheld' : e164;
}

const momentFormat = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
});
const timeFormat = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** A moment in the viewer's zone, which is named. */
export function shownMoment(iso: string): string {
  return momentFormat.format(new Date(iso));
}

export function shownTime(iso: string): string {
  return timeFormat.format(new Date(iso));
}

/** `2 min ago` within the last hour; else the moment. */
export function shownAgo(iso: string, nowMs: number): string {
  const agoMs = nowMs - Date.parse(iso);
  if (agoMs < 60_000) return 'just now';
  if (agoMs < 3_600_000) return `${Math.floor(agoMs / 60_000)} min ago`;
  return shownMoment(iso);
}

export const SLOW_MS = 800;
export const VERY_SLOW_MS = 1500;

/** How a delay of the agent feels: in words beside the figure, never by colour alone. */
export function speedOf(gapMs: number): 'plain' | 'slow' | 'very slow' {
  if (gapMs < SLOW_MS) return 'plain';
  return gapMs < VERY_SLOW_MS ? 'slow' : 'very slow';
}
