import './knowledge.css';
import { Loader } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconClock, IconRefresh, IconTrash } from '@tabler/icons-react';
import type { ReactNode } from 'react';

const LOOKS = {
  waits: { icon: <IconClock size={14} />, colour: 'system' },
  works: { icon: <Loader size={14} />, colour: 'caller' },
  good: { icon: <IconCheck size={14} />, colour: 'agent' },
  again: { icon: <IconRefresh size={14} />, colour: 'warning' },
  bad: { icon: <IconAlertTriangle size={14} />, colour: 'danger' },
  going: { icon: <IconTrash size={14} />, colour: 'system' },
} as const;

export type Look = keyof typeof LOOKS;

/** How something stands, by icon, words and colour. */
export function StateMark({ look, children }: { look: Look; children: ReactNode }) {
  const { icon, colour } = LOOKS[look];
  return (
    <span className="knowledge-state" style={{ color: `var(--${colour})` }}>
      <span aria-hidden className="knowledge-state-icon">
        {icon}
      </span>
      {children}
    </span>
  );
}
