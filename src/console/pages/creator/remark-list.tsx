import { IconAlertTriangle, IconMessageReport } from '@tabler/icons-react';
import { Link } from 'wouter';
import type { Place } from './place.ts';
import type { Remark } from './remarks.ts';

const FILES: Readonly<Record<Remark['file'], string>> = {
  sop: 'procedure',
  plan: 'plan',
  'agent.py': 'agent.py',
  'requirements.txt': 'requirements.txt',
  prompt: 'prompts',
  scenarios: 'scenarios',
};
/** The part of a stage's work that a file is. */
const VIEWS: Partial<Record<Remark['file'], string>> = { sop: 'procedure', 'requirements.txt': 'requirements.txt' };

/** What gates and reviewer hold against the work; each leads to its line. Those of earlier rounds come last. */
export function RemarkList(props: {
  remarks: readonly Remark[];
  addressOf: (place: Place) => string;
  /** Somebody has followed a link, to a line or not. */
  followed: (hasLine: boolean) => void;
}) {
  const { remarks, addressOf, followed } = props;
  if (remarks.length === 0) return <p className="creator-dim">Gates and reviewer have found nothing so far.</p>;
  const open = remarks.filter(({ isAnswered }) => !isAnswered);
  const answered = remarks.filter(({ isAnswered }) => isAnswered);
  const listed = (label: string, items: readonly Remark[]) =>
    items.length > 0 && (
      <section aria-label={label}>
        <h3 className="creator-side-head">{label}</h3>
        <ul className="creator-remarks">
          {items.map((remark) => (
            <li key={remark.key} data-from={remark.from}>
              <Link
                href={addressOf({ stage: remark.seq, line: remark.line, view: VIEWS[remark.file], panel: 'findings' })}
                onClick={() => followed(remark.line !== undefined)}
              >
                {remark.from === 'gate' ? (
                  <IconAlertTriangle size={14} aria-hidden />
                ) : (
                  <IconMessageReport size={14} aria-hidden />
                )}{' '}
                {FILES[remark.file]}
                {remark.line !== undefined && `, line ${remark.line}`}
                {remark.round > 1 && `, round ${remark.round}`}
                <span className="creator-dim"> · {remark.rule ?? 'reviewer'}</span>
              </Link>
              <p>
                {remark.message}
                {remark.suggestion !== undefined && <span className="creator-dim"> {remark.suggestion}</span>}
              </p>
            </li>
          ))}
        </ul>
      </section>
    );
  return (
    <>
      {listed('To be answered', open)}
      {listed('Of earlier rounds', answered)}
    </>
  );
}
