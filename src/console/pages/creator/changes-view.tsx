import { ScrollArea } from '@mantine/core';
import { useMemo } from 'react';
import { changedLines } from './line-changes.ts';

const SIGNS = { same: ' ', added: '+', removed: '−' } as const;
const WORDS = { same: '', added: 'added: ', removed: 'removed: ' } as const;

/** What a round has changed of what the one before it made, line by line. */
export function LineChanges(props: { label: string; round: number; before: string; after: string }) {
  const { label, round, before, after } = props;
  const lines = useMemo(() => changedLines(before, after), [before, after]);
  if (lines.length === 0)
    return (
      <p className="creator-dim">
        {label}: the same as in round {round}.
      </p>
    );
  return (
    <>
      <p className="creator-dim">
        {label}: changes since round {round}
      </p>
      <ScrollArea.Autosize
        mah="62vh"
        type="auto"
        className="creator-changes mono"
        viewportProps={{ tabIndex: 0, role: 'group', 'aria-label': `Changes of ${label}` }}
      >
        {lines.map((line) =>
          line.kind === 'gap' ? (
            <div key={`gap-${line.line}`} className="creator-gap">
              … {line.count} lines are the same
            </div>
          ) : (
            <div key={`${line.kind}-${line.line}`} className="creator-line" data-kind={line.kind}>
              <span className="creator-line-number" aria-hidden>
                {line.line}
              </span>
              <span aria-hidden>{SIGNS[line.kind]}</span>
              <span>
                <span className="hidden-visually">{WORDS[line.kind]}</span>
                {line.text}
              </span>
            </div>
          ),
        )}
      </ScrollArea.Autosize>
    </>
  );
}
