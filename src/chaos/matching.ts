/** A stretch in which what was received is what was sent, byte for byte. Positions in bytes. */
export interface Match {
  readonly at: number;
  readonly from: number;
  readonly length: number;
}

const PROBE_BYTES = 64;
/** Silence that cannot be told from other silence lies between two matches: no more than this of it, in bytes. */
const LARGEST_HOLE_BYTES = 800;

/**
 * Finds which parts of `sent` make up `received`, in order of `received`. Both are cut into units of `unit` bytes (2 for
 * samples of 16 bit). What cannot be found in `sent` lies between the matches.
 */
export function matchesOf(received: Buffer, sent: Buffer, unit: 1 | 2): Match[] {
  const matches: Match[] = [];
  let at = 0;
  let expected = 0;
  while (at + PROBE_BYTES <= received.length) {
    const probe = received.subarray(at, at + PROBE_BYTES);
    const from = isPlain(probe) ? -1 : findAligned(sent, probe, expected, unit);
    if (from < 0) {
      at += unit * 8;
      continue;
    }
    const match = extended(received, sent, { at, from, unit, before: matches.at(-1) });
    matches.push(match);
    at = match.at + match.length;
    expected = match.from + match.length;
  }
  return matches;
}

/** First where it is expected, then anywhere. */
function findAligned(sent: Buffer, probe: Buffer, expected: number, unit: number): number {
  for (const start of expected > 0 ? [expected, 0] : [0]) {
    for (let found = sent.indexOf(probe, start); found >= 0; found = sent.indexOf(probe, found + 1)) {
      if (found % unit === 0) return found;
    }
  }
  return -1;
}

function extended(
  received: Buffer,
  sent: Buffer,
  { at, from, unit, before }: { at: number; from: number; unit: number; before: Match | undefined },
): Match {
  const least = before ? before.at + before.length : 0;
  let back = 0;
  while (at - back > least && from - back > 0 && received[at - back - 1] === sent[from - back - 1]) back++;
  let ahead = 0;
  while (at + ahead < received.length && from + ahead < sent.length && received[at + ahead] === sent[from + ahead]) {
    ahead++;
  }
  back -= back % unit;
  ahead -= ahead % unit;
  return { at: at - back, from: from - back, length: back + ahead };
}

/** The same byte, or pair of bytes, again and again: silence is found everywhere. */
function isPlain(probe: Buffer): boolean {
  for (let index = 2; index < probe.length; index++) if (probe[index] !== probe[index % 2]) return false;
  return true;
}

/** How many bytes of `[from, to)` of what was sent were received, in all; more than its length when some came twice. */
export function receivedOf(matches: readonly Match[], from: number, to: number): number {
  return matches.reduce((sum, match) => {
    const overlap = Math.min(to, match.from + match.length) - Math.max(from, match.from);
    return sum + Math.max(0, overlap);
  }, 0);
}

/** What of what was sent arrived in one go: in order and without a hole, however late parts of it came. */
function runsOf(matches: readonly Match[]): { from: number; to: number; matches: Match[] }[] {
  const runs: { from: number; to: number; matches: Match[] }[] = [];
  for (const match of matches) {
    const run = runs.at(-1);
    const isNext = run && match.from >= run.to && match.from - run.to <= LARGEST_HOLE_BYTES;
    if (run && isNext) {
      run.to = match.from + match.length;
      run.matches.push(match);
    } else {
      runs.push({ from: match.from, to: match.from + match.length, matches: [match] });
    }
  }
  return runs;
}

/** Where in what was received a stretch of what was sent begins, once for every time that this share of it came in one go. */
export function soundingsOf(matches: readonly Match[], from: number, to: number, share: number): number[] {
  return runsOf(matches).flatMap((run) => {
    const overlap = Math.min(to, run.to) - Math.max(from, run.from);
    if (overlap < (to - from) * share) return [];
    const first = run.matches.find((match) => match.from + match.length > from)!;
    return [first.at + Math.max(0, from - first.from)];
  });
}
