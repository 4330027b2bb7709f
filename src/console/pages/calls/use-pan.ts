import { type PointerEvent, useEffect, useRef } from 'react';
import { moved, type View, zoomed } from './view.ts';

/** A pointer that moved less than this has pressed, and not dragged. */
const DRAG_PX = 4;

/** A field that shows a stretch of time: a press is a time, dragging moves the stretch, Ctrl and the wheel change its length. */
export function usePan(options: {
  view: View;
  setView: (change: (view: View) => View) => void;
  lengthMs: number;
  widthPx: number;
  press: (ms: number) => void;
}) {
  const { view, setView, lengthMs, widthPx, press } = options;
  const ref = useRef<HTMLDivElement>(null);
  const drag = useRef<{ startX: number; lastX: number; hasMoved: boolean }>(undefined);
  const msAt = (clientX: number) => {
    const left = ref.current?.getBoundingClientRect().left ?? 0;
    return view.fromMs + ((clientX - left) / Math.max(1, widthPx)) * (view.toMs - view.fromMs);
  };

  useEffect(() => {
    const field = ref.current;
    if (!field || widthPx === 0) return;
    const wheel = (event: WheelEvent) => {
      const { left } = field.getBoundingClientRect();
      const share = (event.clientX - left) / widthPx;
      const sidewaysPx = event.shiftKey ? event.deltaY + event.deltaX : event.deltaX;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        const factor = Math.exp(Math.max(-60, Math.min(60, event.deltaY)) / 150);
        setView((before) => zoomed(before, factor, before.fromMs + share * (before.toMs - before.fromMs), lengthMs));
      } else if (Math.abs(sidewaysPx) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
        event.preventDefault();
        setView((before) => moved(before, (sidewaysPx / widthPx) * (before.toMs - before.fromMs), lengthMs));
      }
    };
    // React's own listener may not keep the page from scrolling.
    field.addEventListener('wheel', wheel, { passive: false });
    return () => field.removeEventListener('wheel', wheel);
  }, [setView, lengthMs, widthPx]);

  return {
    ref,
    handlers: {
      onPointerDown(event: PointerEvent<HTMLDivElement>) {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        drag.current = { startX: event.clientX, lastX: event.clientX, hasMoved: false };
      },
      onPointerMove(event: PointerEvent<HTMLDivElement>) {
        const { current } = drag;
        if (!current) return;
        if (!current.hasMoved && Math.abs(event.clientX - current.startX) < DRAG_PX) return;
        const byPx = current.lastX - event.clientX;
        drag.current = { ...current, lastX: event.clientX, hasMoved: true };
        setView((before) => moved(before, (byPx / Math.max(1, widthPx)) * (before.toMs - before.fromMs), lengthMs));
      },
      onPointerUp(event: PointerEvent<HTMLDivElement>) {
        const { current } = drag;
        drag.current = undefined;
        if (current && !current.hasMoved) press(Math.max(0, msAt(event.clientX)));
      },
      onPointerCancel() {
        drag.current = undefined;
      },
    },
  };
}
