import { type PointerEvent, useMemo } from 'react';
import type { Peaks } from './use-peaks.ts';
import type { View } from './view.ts';
import { moved } from './view.ts';
import { strokeWidthOf, wavePath } from './wave.ts';

const HEIGHT_PX = 24;

/** The whole call, and what of it is seen above. For those who point: by keys the stretch moves with the place in the call. */
export function Minimap(props: {
  whole: Peaks | undefined;
  view: View;
  lengthMs: number;
  widthPx: number;
  setView: (change: (view: View) => View) => void;
}) {
  const { whole, view, lengthMs, widthPx, setView } = props;
  const all = useMemo(() => ({ fromMs: 0, toMs: lengthMs }), [lengthMs]);
  const outline = useMemo(() => {
    if (!whole) return undefined;
    const levels = whole.caller.map((level, index) => Math.max(level, whole.agent[index] ?? 0));
    const xOf = (ms: number) => (ms / lengthMs) * widthPx;
    return wavePath(levels, whole, all, xOf, HEIGHT_PX / 2, HEIGHT_PX / 2 - 2);
  }, [whole, all, lengthMs, widthPx]);
  const look = (event: PointerEvent<HTMLDivElement>) => {
    if (event.buttons === 0) return;
    const { left } = event.currentTarget.getBoundingClientRect();
    const atMs = ((event.clientX - left) / Math.max(1, widthPx)) * lengthMs;
    setView((before) => moved(before, atMs - (before.fromMs + before.toMs) / 2, lengthMs));
  };
  return (
    <div className="minimap" aria-hidden onPointerDown={look} onPointerMove={look}>
      <svg width={widthPx} height={HEIGHT_PX} aria-hidden>
        {whole && (
          <path
            className="lane-wave"
            strokeWidth={strokeWidthOf(whole.caller.length, whole, all, widthPx)}
            d={outline}
          />
        )}
        <rect
          className="minimap-view"
          x={(view.fromMs / lengthMs) * widthPx}
          width={Math.max(4, ((view.toMs - view.fromMs) / lengthMs) * widthPx)}
          y={0.5}
          height={HEIGHT_PX - 1}
          rx={3}
        />
      </svg>
    </div>
  );
}
