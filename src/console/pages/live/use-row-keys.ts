import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from 'react';

/** How far the focus goes with each key; undefined keys do what they always do. */
function targetOf(key: string, index: number, last: number, page: number): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return Math.min(last, index + 1);
    case 'ArrowUp':
      return Math.max(0, index - 1);
    case 'PageDown':
      return Math.min(last, index + page);
    case 'PageUp':
      return Math.max(0, index - page);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return undefined;
  }
}

/**
 * Goes through the rows by arrow keys. The row that has the focus is `kept`: it has to stay on the page when others push it out of
 * sight, or the focus would be lost with it.
 */
export function useRowKeys(options: {
  list: RefObject<HTMLElement | null>;
  /** The names of the rows, in their order. */
  rows: readonly { readonly callSid: string }[];
  /** How many are seen at once. */
  page: () => number;
  scrollTo: (index: number) => void;
}) {
  const { list, rows, page, scrollTo } = options;
  const [focused, setFocused] = useState<string>();
  const wanted = useRef<string>(undefined);
  const kept = focused === undefined ? -1 : rows.findIndex(({ callSid }) => callSid === focused);

  useEffect(() => {
    if (wanted.current === undefined) return;
    const link = list.current?.querySelector<HTMLElement>(`[data-call="${CSS.escape(wanted.current)}"] a`);
    if (!link) return;
    wanted.current = undefined;
    link.focus({ preventScroll: true });
  });

  return {
    kept,
    onFocus({ target }: { target: EventTarget }) {
      setFocused(rowOf(target));
    },
    onBlur({ relatedTarget }: { relatedTarget: EventTarget | null }) {
      // Away from this window is not away from the row.
      if (relatedTarget !== null && rowOf(relatedTarget) === undefined) setFocused(undefined);
    },
    onKeyDown(event: KeyboardEvent) {
      if (kept < 0 || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      // In a menu the keys are the menu's.
      if (!(event.target instanceof HTMLAnchorElement)) return;
      const index = targetOf(event.key, kept, rows.length - 1, page());
      const row = index === undefined ? undefined : rows[index];
      if (index === undefined || !row) return;
      event.preventDefault();
      wanted.current = row.callSid;
      setFocused(row.callSid);
      scrollTo(index);
    },
  };
}

function rowOf(target: EventTarget): string | undefined {
  return target instanceof Element ? target.closest<HTMLElement>('[data-call]')?.dataset.call : undefined;
}
