import { ScrollArea } from '@mantine/core';
import type { ReactNode } from 'react';

/** What may be long scrolls by itself, also by keys. */
export function ScrollBox({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ScrollArea.Autosize mah={280} type="auto" viewportProps={{ tabIndex: 0, role: 'group', 'aria-label': label }}>
      {children}
    </ScrollArea.Autosize>
  );
}
