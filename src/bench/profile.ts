import type { Profiler } from 'node:inspector';

/** One function of a profile and the share (0 to 1) of busy time spent in itself. */
export interface SelfTime {
  name: string;
  where: string;
  share: number;
}

/** Functions by the time spent in themselves, longest first; idle time does not count. */
export function selfTimes(profile: Pick<Profiler.Profile, 'nodes' | 'samples' | 'timeDeltas'>): SelfTime[] {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const times = new Map<string, { name: string; where: string; micros: number }>();
  let busyMicros = 0;
  for (const [index, id] of (profile.samples ?? []).entries()) {
    const frame = nodes.get(id);
    if (!frame || frame.functionName === '(idle)') continue;
    const micros = profile.timeDeltas?.[index] ?? 0;
    busyMicros += micros;
    const where = frame.url ? `${placeOf(frame.url)}:${frame.lineNumber + 1}` : '';
    const key = `${frame.functionName} ${where}`;
    const known = times.get(key) ?? { name: frame.functionName || '(anonymous)', where, micros: 0 };
    known.micros += micros;
    times.set(key, known);
  }
  return [...times.values()]
    .sort((a, b) => b.micros - a.micros)
    .map(({ name, where, micros }) => ({ name, where, share: micros / busyMicros }));
}

/** The last parts of a path: package or room, and file. */
function placeOf(url: string): string {
  return url.startsWith('node:') ? url : url.split('/').slice(-2).join('/');
}
