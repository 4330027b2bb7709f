import { Text, Title } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { shownMoment } from '../../parts/format.ts';
import { List } from '../../parts/list.tsx';
import { More } from '../../parts/more.tsx';
import { usePages } from '../../parts/use-pages.ts';
import { AwsProblem } from './aws-problem.tsx';
import { knownStateOf } from './known-state.ts';
import { StateMark } from './state-mark.tsx';
import type { KnownDocument } from './types.ts';

const COLUMNS = ['Document', 'State', 'Updated'];

/** The documents of a source that Bedrock knows, with what has become of each. */
export function KnownDocuments(props: {
  path: string;
  /** What they have in common: left out of their names. */
  within: string;
  /** Changes when an ingestion goes on: then they are asked for again. */
  moment: string;
}) {
  const { path, within, moment } = props;
  const { items, error, isLoading, again, ...more } = usePages<KnownDocument>(path);
  const asked = useRef(moment);
  useEffect(() => {
    if (asked.current === moment) return;
    asked.current = moment;
    again();
  });
  return (
    <>
      <Title order={4} mt="md" mb="xs">
        As Bedrock knows them
      </Title>
      {error && <AwsProblem what="What Bedrock knows of them" error={error} again={again} />}
      {!error && !isLoading && items.length === 0 && (
        <Text size="sm" c="dimmed">
          None yet: it knows what has been ingested.
        </Text>
      )}
      {items.length > 0 && (
        <List label="As Bedrock knows them" columns={COLUMNS}>
          {items.map((item) => {
            const { look, words, reason } = knownStateOf(item);
            return (
              <tr key={item.id} data-status={item.status}>
                <td className="wide knowledge-words" title={item.id}>
                  {item.id.startsWith(within) ? item.id.slice(within.length) : item.id}
                </td>
                <td className="wide knowledge-words">
                  <StateMark look={look}>{words}</StateMark>
                  {reason !== null && <div className="knowledge-reason">{reason}</div>}
                </td>
                <td className="tabular" title={item.updatedAt ?? undefined}>
                  {item.updatedAt !== null && shownMoment(item.updatedAt)}
                </td>
              </tr>
            );
          })}
        </List>
      )}
      <More {...more} />
    </>
  );
}
