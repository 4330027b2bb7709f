import './level-meter.css';
import { useReducedMotion } from '@mantine/hooks';
import { useEffect, useRef, useSyncExternalStore } from 'react';
import type { Levels } from '../audio/worklet-messages.ts';

/** Quieter than this shows nothing, in dB under full scale. */
const QUIETEST_DB = -54;
/** Who wants no motion sees a step twice a second. */
const STEP_MS = 500;

export interface LevelSource {
  readonly get: () => Levels;
  readonly follow: (listener: () => void) => () => void;
}

/** How loud one side is now. */
export function LevelMeter({ label, side, source }: { label: string; side: 'caller' | 'agent'; source: LevelSource }) {
  const isCalm = useReducedMotion() ?? false;
  const shown = useRef({ atMs: 0, percent: 0 });
  const percent = useSyncExternalStore(source.follow, () => {
    const nowMs = performance.now();
    if (!isCalm || nowMs - shown.current.atMs >= STEP_MS)
      shown.current = { atMs: nowMs, percent: percentOf(source.get()[side]) };
    return shown.current.percent;
  });
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    bar.current?.style.setProperty('transform', `scaleX(${percent / 100})`);
  }, [percent]);
  return (
    <div className="level-meter">
      <span>{label}</span>
      <meter className="hidden-visually" aria-label={`Level: ${label}`} min={0} max={100} value={percent} />
      <div className="level-meter-track" aria-hidden>
        <div ref={bar} className="level-meter-bar" style={{ background: `var(--${side})` }} />
      </div>
    </div>
  );
}

function percentOf(level: number): number {
  const db = 20 * Math.log10(Math.max(level, 1e-6));
  return Math.round(Math.max(0, Math.min(1, 1 - db / QUIETEST_DB)) * 100);
}
