import { Badge } from '@mantine/core';
import {
  IconEar,
  IconHourglass,
  IconPhoneIncoming,
  IconRefresh,
  IconSquare,
  IconTool,
  IconWaveSine,
} from '@tabler/icons-react';
import type { Phase } from '../api/live-call.ts';

const LOOKS: Readonly<Record<Phase, { icon: typeof IconEar; colour: string }>> = {
  ringing: { icon: IconPhoneIncoming, colour: 'system' },
  listening: { icon: IconEar, colour: 'caller' },
  speaking: { icon: IconWaveSine, colour: 'agent' },
  tool: { icon: IconTool, colour: 'tool' },
  waiting: { icon: IconHourglass, colour: 'warning' },
  renewing: { icon: IconRefresh, colour: 'system' },
  ended: { icon: IconSquare, colour: 'system' },
};

/** What a call is doing, by icon, word and colour. `more` is the tool's name, or how long. */
export function PhaseBadge({ phase, more }: { phase: Phase; more?: string | undefined }) {
  const { icon: Icon, colour } = LOOKS[phase];
  return (
    <Badge
      variant="light"
      leftSection={<Icon size={12} aria-hidden />}
      className="tabular"
      data-phase={phase}
      styles={{ root: { color: `var(--${colour})`, background: `var(--${colour}-soft)`, fontWeight: 600 } }}
    >
      {phase}
      {more !== undefined && ` · ${more}`}
    </Badge>
  );
}
