import { Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { shownDuration } from '../../parts/format.ts';
import type { Softphone } from './softphone.ts';

/** How often figures change that nobody reads faster, in ms. */
const FIGURES_MS = 500;

/** How the line does: how long, what waits to be heard, marks and clears of the bridge. */
export function CallFigures({ softphone, processing }: { softphone: Softphone; processing: string | undefined }) {
  const [beganAtMs] = useState(() => performance.now());
  const [nowMs, setNowMs] = useState(beganAtMs);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(performance.now()), FIGURES_MS);
    return () => clearInterval(timer);
  }, []);
  const { queuedMs, starvedCount } = softphone.levels();
  const { marks, clears } = softphone.counts();
  const figures = [
    shownDuration(nowMs - beganAtMs),
    `${Math.round(queuedMs)} ms queued`,
    `${marks} marks`,
    clears === 1 ? '1 clear' : `${clears} clears`,
    ...(starvedCount > 0 ? [`the agent's sound ran dry ${starvedCount} x`] : []),
    ...(processing === undefined ? [] : [processing]),
  ];
  return (
    <Text size="xs" c="dimmed" className="tabular">
      {figures.join(' · ')}
    </Text>
  );
}
