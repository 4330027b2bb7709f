import { Button, List as Items, Progress } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Fragment, useState } from 'react';
import { request } from '../../api/client.ts';
import { shownMoment } from '../../parts/format.ts';
import { List } from '../../parts/list.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { countOf, dealtWith, figuresOf, isOver, reasonsOf, stateOf } from './ingestion-state.ts';
import { StateMark } from './state-mark.tsx';
import type { Ingestion } from './types.ts';

const COLUMNS = ['Started', 'Source', 'State', 'Documents'];

/** Fillings of a knowledge base: figures as they go on, and why documents failed. */
export function IngestionList(props: {
  path: string;
  ingestions: readonly Ingestion[];
  nameOf: (sourceId: string) => string;
}) {
  const { path, ingestions, nameOf } = props;
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map());
  return (
    <List label="Ingestions" columns={COLUMNS}>
      {ingestions.map((ingestion) => {
        const { id, sourceId, startedAt, documents } = ingestion;
        const { look, words } = stateOf(ingestion);
        const hasFailures = documents.failed > 0 || ingestion.status === 'FAILED';
        // What was told while one looked on stands there without being asked for.
        const isOpen = hasFailures && (toggled.get(id) ?? ingestion.failureReasons.length > 0);
        const of = Math.max(documents.scanned, dealtWith(ingestion));
        return (
          <Fragment key={id}>
            <tr data-status={ingestion.status}>
              <td className="tabular">{startedAt === null ? '' : shownMoment(startedAt)}</td>
              <td className="wide knowledge-words">{nameOf(sourceId)}</td>
              <td className="wide">
                <StateMark look={look}>{words}</StateMark>
                {!isOver(ingestion) && of > 0 && (
                  <>
                    <Progress
                      size="xs"
                      my={4}
                      value={(dealtWith(ingestion) / of) * 100}
                      aria-label={`${nameOf(sourceId)}: ${dealtWith(ingestion)} of ${countOf(of, 'document')}`}
                    />
                    <span className="knowledge-meta tabular">
                      {dealtWith(ingestion)} of {countOf(of, 'document')}
                    </span>
                  </>
                )}
              </td>
              <td className="wide tabular">
                {figuresOf(ingestion)}
                {hasFailures && (
                  <Button
                    size="compact-sm"
                    variant="subtle"
                    aria-expanded={isOpen}
                    aria-label={`Why documents of ${nameOf(sourceId)} failed`}
                    onClick={() => setToggled(new Map(toggled).set(id, !isOpen))}
                  >
                    why?
                  </Button>
                )}
              </td>
            </tr>
            {isOpen && (
              <tr>
                <td className="wide" colSpan={COLUMNS.length}>
                  <Reasons path={`${path}/ingestions/${encodeURIComponent(id)}`} ingestion={ingestion} />
                </td>
              </tr>
            )}
          </Fragment>
        );
      })}
    </List>
  );
}

/** Lists tell no reasons: they are asked for where they are not known yet. */
function Reasons({ path, ingestion }: { path: string; ingestion: Ingestion }) {
  const isKnown = ingestion.failureReasons.length > 0;
  const { data, error, refetch } = useQuery({
    queryKey: ['knowledge', 'ingestion', path],
    queryFn: ({ signal }) => request<Ingestion>(path, { signal }),
    enabled: !isKnown,
  });
  if (error) return <ProblemAlert error={error} again={() => void refetch()} />;
  const told = isKnown ? ingestion : data;
  if (!told) return 'Asking why…';
  const reasons = reasonsOf(told);
  if (reasons.length === 0) return 'Bedrock tells no reason.';
  return (
    <Items size="sm" className="knowledge-words">
      {reasons.map((reason) => (
        <Items.Item key={reason}>{reason}</Items.Item>
      ))}
    </Items>
  );
}
