import { Title } from '@mantine/core';
import type { Overview } from '../../api/types.ts';
import { END_REASON_WORDS } from '../calls/end-reasons.ts';

/** How the calls of the range ended, the most frequent first. */
export function EndReasons({ overview: { total } }: { overview: Overview }) {
  const reasons = Object.entries(total.endReasons) as [keyof typeof END_REASON_WORDS, number][];
  const ended = reasons.reduce((sum, [, count]) => sum + count, 0);
  if (ended === 0) return null;
  return (
    <section className="overview-card" aria-labelledby="overview-ends">
      <Title order={2} size="h3" id="overview-ends">
        How calls ended
      </Title>
      <ul className="overview-ends tabular">
        {reasons
          .sort(([, a], [, b]) => b - a)
          .map(([reason, count]) => (
            <li key={reason} title={END_REASON_WORDS[reason].meaning}>
              {END_REASON_WORDS[reason].name} <b>{count.toLocaleString()}</b>
            </li>
          ))}
        {total.calls > ended && (
          <li>
            not ended <b>{(total.calls - ended).toLocaleString()}</b>
          </li>
        )}
      </ul>
    </section>
  );
}
