import { type RefObject, useLayoutEffect, useRef } from 'react';

/**
 * Who has scrolled down goes on looking at the same rows while others come and go above them. At the top the newest ones
 * are shown.
 */
export function useSteadyScroll(
  scroller: RefObject<HTMLElement | null>,
  rows: readonly { readonly callSid: string }[],
  rowPx: number,
): () => void {
  const seen = useRef<{ callSid: string; index: number }>(undefined);
  const note = () => {
    const top = scroller.current?.scrollTop ?? 0;
    const index = Math.floor(top / rowPx);
    const row = rows[index];
    seen.current = top > 0 && row ? { callSid: row.callSid, index } : undefined;
  };
  useLayoutEffect(() => {
    const { current } = scroller;
    const before = seen.current;
    if (!current || !before) return;
    const index = rows.findIndex(({ callSid }) => callSid === before.callSid);
    if (index === before.index) return;
    if (index < 0) {
      const row = rows[before.index];
      seen.current = row && { callSid: row.callSid, index: before.index };
      return;
    }
    seen.current = { ...before, index };
    current.scrollTop += (index - before.index) * rowPx;
  }, [rows, rowPx, scroller]);
  return note;
}
