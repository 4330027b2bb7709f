import { IconAlertTriangle, IconCheck, IconCircleX } from '@tabler/icons-react';
import { Link } from 'wouter';
import type { CreatorJob } from '../../api/types.ts';
import { type Coverage, missingFirst, rehearsalKey, rehearsalsOf, shownHow } from './coverage.ts';
import { Limits } from './limits.tsx';
import { requirementsIn } from './made.ts';
import type { Place } from './place.ts';

const LOOKS: Readonly<Record<Coverage['state'], { icon: typeof IconCheck; words: string }>> = {
  covered: { icon: IconCheck, words: 'covered' },
  failed: { icon: IconCircleX, words: 'failed' },
  'not-rehearsed': { icon: IconAlertTriangle, words: 'not rehearsed' },
};

/** Clause by clause which rehearsals have looked for it; what is missing stands first. */
export function CoverageList(props: {
  job: CreatorJob;
  addressOf: (place: Place) => string;
  /** Somebody has followed a link. */
  followed: () => void;
}) {
  const { job, addressOf, followed } = props;
  const { evidence, stages } = job;
  if (!evidence) return <p className="creator-dim">Clauses are here once the procedure has been read.</p>;
  const rehearsed = stages.findLast(({ stage, state }) => stage === 'rehearse' && state === 'done');
  const clauses = requirementsIn(stages)?.clauses ?? [];
  const isInformation = (id: string) => clauses.find((clause) => clause.id === id)?.kind === 'information';
  return (
    <>
      <Limits limits={evidence.limits} />
      {!rehearsed && <p className="creator-dim">Nothing has been rehearsed yet.</p>}
      <ul className="creator-clauses">
        {missingFirst(evidence.coverage).map((clause) => {
          const { icon: Icon, words } = LOOKS[clause.state];
          const mayMiss = clause.state === 'not-rehearsed' && isInformation(clause.clauseId);
          return (
            <li key={clause.clauseId} data-state={rehearsed ? clause.state : 'to come'}>
              <p>{clause.quote}</p>
              <p className="creator-clause-state">
                <Icon size={14} aria-hidden /> {words}
                {mayMiss && ' (information: need not be asked for)'}
              </p>
              {rehearsed && (
                <ul>
                  {rehearsalsOf(clause, evidence.results).map((rehearsal) => (
                    <li key={rehearsalKey(rehearsal)}>
                      <Link
                        href={addressOf({ stage: rehearsed.seq, rehearsal: rehearsalKey(rehearsal) })}
                        onClick={followed}
                      >
                        {shownHow(rehearsal.how)}: {rehearsal.passed ? 'passed' : 'failed'}
                        <span className="hidden-visually"> “{rehearsal.title}”</span>
                      </Link>
                    </li>
                  ))}
                </ul>
              )}
            </li>
          );
        })}
      </ul>
    </>
  );
}
