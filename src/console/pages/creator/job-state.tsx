import { Badge } from '@mantine/core';
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleX,
  IconHandStop,
  IconHourglass,
  IconLoader,
  IconUpload,
  IconUserQuestion,
} from '@tabler/icons-react';
import { type JobState, stateWords } from './stages.ts';

const LOOKS: Readonly<Record<JobState, { icon: typeof IconLoader; colour: string }>> = {
  queued: { icon: IconHourglass, colour: 'system' },
  running: { icon: IconLoader, colour: 'caller' },
  awaiting_approval: { icon: IconUserQuestion, colour: 'tool' },
  publishing: { icon: IconUpload, colour: 'caller' },
  published: { icon: IconCircleCheck, colour: 'agent' },
  needs_attention: { icon: IconAlertTriangle, colour: 'warning' },
  failed: { icon: IconCircleX, colour: 'danger' },
  cancelled: { icon: IconHandStop, colour: 'system' },
};

/** How a job stands, by icon, word and colour. */
export function JobStateBadge({ state }: { state: JobState }) {
  const { icon: Icon, colour } = LOOKS[state];
  return (
    <Badge
      variant="light"
      leftSection={<Icon size={12} aria-hidden />}
      data-state={state}
      miw="max-content"
      styles={{ root: { color: `var(--${colour})`, background: `var(--${colour}-soft)`, fontWeight: 600 } }}
    >
      {stateWords(state)}
    </Badge>
  );
}
