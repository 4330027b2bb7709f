import { IconCheck, IconCircle, IconCircleX, IconLoader, IconUserQuestion } from '@tabler/icons-react';
import { Link } from 'wouter';
import type { Place } from './place.ts';
import type { ShownStep } from './stages.ts';

const ICONS: Readonly<Record<ShownStep['state'], typeof IconCheck>> = {
  'to come': IconCircle,
  'at work': IconLoader,
  done: IconCheck,
  'stopped here': IconCircleX,
  'your turn': IconUserQuestion,
};

/** How far a job has come, step by step. */
export function StepsBar({ steps, addressOf }: { steps: readonly ShownStep[]; addressOf: (place: Place) => string }) {
  return (
    <ol className="creator-steps" aria-label="Steps">
      {steps.map(({ name, state, round, seq }) => {
        const Icon = ICONS[state];
        const words = (
          <>
            <Icon size={16} aria-hidden />
            <span>
              {name}
              {round > 1 && <span className="creator-dim"> · round {round}</span>}
              <span className={state === 'done' || state === 'to come' ? 'hidden-visually' : 'creator-step-state'}>
                {' '}
                {state}
              </span>
            </span>
          </>
        );
        return (
          <li
            key={name}
            data-state={state}
            {...((state === 'at work' || state === 'your turn') && { 'aria-current': 'step' as const })}
          >
            {seq === undefined ? (
              <span className="creator-step">{words}</span>
            ) : (
              <Link href={addressOf({ stage: seq })} className="creator-step">
                {words}
              </Link>
            )}
          </li>
        );
      })}
    </ol>
  );
}
