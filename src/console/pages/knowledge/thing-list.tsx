import { Loader, Text, Title } from '@mantine/core';
import { IconBook2, IconStack2 } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useAgents } from '../../parts/use-agents.ts';
import { AwsProblem } from './aws-problem.tsx';
import { addressOf, askersOf, namesOf, type Thing } from './thing.ts';
import { useBases, useIndexes } from './use-things.ts';

/** All knowledge bases and indexes of the account, and which agents ask each. */
export function ThingList({ opened }: { opened: Thing | undefined }) {
  const bases = useBases();
  const indexes = useIndexes();
  const openedAt = opened && addressOf(opened);
  const row = (thing: Thing, name: string, more?: string) => (
    <ThingLink key={addressOf(thing)} thing={thing} name={name} more={more} isOpened={addressOf(thing) === openedAt} />
  );
  return (
    <>
      <Part title="Indexes" what="Indexes" query={indexes} none="No index yet.">
        {indexes.data?.map(({ vectorBucketName: bucket, indexName: index }) =>
          row({ kind: 'index', bucket, index }, index, `in ${bucket}`),
        )}
      </Part>
      <Part title="Knowledge bases" what="Knowledge bases" query={bases} none="No knowledge base yet.">
        {bases.data?.map(({ id, name, status }) =>
          row({ kind: 'base', id }, name, status === 'ACTIVE' ? undefined : status.toLowerCase()),
        )}
      </Part>
    </>
  );
}

interface PartProps {
  readonly title: string;
  readonly what: string;
  readonly query: { data?: readonly unknown[] | undefined; error: unknown; isLoading: boolean; refetch: () => unknown };
  readonly none: string;
  readonly children: ReactNode;
}

/** One of the two may be missing without the other: they are different services. */
function Part({ title, what, query, none, children }: PartProps) {
  const { data, error, isLoading, refetch } = query;
  return (
    <section aria-label={title}>
      <Title order={2} className="knowledge-part">
        {title}
      </Title>
      {isLoading && <Loader size="sm" aria-label={`Loading: ${what}`} />}
      {error != null && <AwsProblem what={what} error={error} again={() => void refetch()} />}
      {!error && data?.length === 0 && (
        <Text size="sm" c="dimmed">
          {none}
        </Text>
      )}
      {data && data.length > 0 && <ul>{children}</ul>}
    </section>
  );
}

function ThingLink(props: { thing: Thing; name: string; more: string | undefined; isOpened: boolean }) {
  const { thing, name, more, isOpened } = props;
  const { data: agents } = useAgents();
  const names = agents && namesOf(askersOf(agents, thing));
  const Icon = thing.kind === 'base' ? IconBook2 : IconStack2;
  return (
    <li>
      <Link href={addressOf(thing)} className="knowledge-link" {...(isOpened && { 'aria-current': 'page' as const })}>
        <Icon size={18} stroke={1.6} aria-hidden />
        <span>
          <span className="knowledge-name">{name}</span>
          {more !== undefined && <span className="knowledge-meta">{more}</span>}
          {names !== undefined && (
            <span className="knowledge-meta">{names === '' ? 'used by no agent' : `used by ${names}`}</span>
          )}
        </span>
      </Link>
    </li>
  );
}
