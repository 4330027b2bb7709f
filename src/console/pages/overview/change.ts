import { shownMs } from '../../parts/format.ts';
import { shownCount, shownShare } from './measures.ts';

/** How a figure compares with the one of the range before, in words; `trend` only draws them. */
export interface Change {
  readonly words: string;
  readonly trend: 'up' | 'down' | 'same' | 'unknown';
}

type Pair = readonly [now: number | null, before: number | null];

function compared([now, before]: Pair, none: string, tell: (now: number, before: number) => string): Change {
  if (now === null) return { words: '', trend: 'unknown' };
  if (before === null) return { words: none, trend: 'unknown' };
  return { words: tell(now, before), trend: now > before ? 'up' : now < before ? 'down' : 'same' };
}

/** `8 % more than before (1,115)`. */
export function countChange(pair: Pair): Change {
  return compared(pair, 'nothing to compare with', (now, before) => {
    if (now === before) return `as many as before`;
    const direction = now > before ? 'more' : 'fewer';
    if (before === 0) return 'none before';
    const percent = (Math.abs(now - before) / before) * 100;
    return `${shownShare(percent)} ${direction} than before (${shownCount(before)})`;
  });
}

/** `120 ms slower than before (520 ms)`. */
export function delayChange(pair: Pair): Change {
  return compared(pair, 'too few answers before', (now, before) => {
    const byMs = Math.round(Math.abs(now - before));
    return byMs === 0
      ? 'as before'
      : `${shownMs(byMs)} ${now > before ? 'slower' : 'faster'} than before (${shownMs(before)})`;
  });
}

/** `1.2 points more than before (12.8 %)`. */
export function shareChange(pair: Pair): Change {
  return compared(pair, 'nothing to compare with', (now, before) => {
    const points = Math.abs(now - before).toLocaleString(undefined, { maximumFractionDigits: 1 });
    return points === '0'
      ? 'as before'
      : `${points} points ${now > before ? 'more' : 'less'} than before (${shownShare(before)})`;
  });
}
