import { Tooltip } from '@mantine/core';
import type { ReactElement } from 'react';

/** Says why something cannot be pressed, also to those who reach it by keys; nothing when it can. */
export function WhyNot({ why, children }: { why: string | undefined; children: ReactElement }) {
  return (
    <Tooltip label={why} disabled={why === undefined} events={{ hover: true, focus: true, touch: true }}>
      {children}
    </Tooltip>
  );
}
