import './knowledge.css';
import { Button, Group, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link, useLocation } from 'wouter';
import { Empty } from '../../parts/empty.tsx';
import { useFilters } from '../../parts/use-filters.ts';
import { useRole } from '../../parts/use-role.ts';
import { BaseDialog } from './base-dialog.tsx';
import { BasePane } from './base-pane.tsx';
import { IndexDialog } from './index-dialog.tsx';
import { IndexPane } from './index-pane.tsx';
import { addressOf, type Thing, thingAt } from './thing.ts';
import { ThingList } from './thing-list.tsx';

/** What agents look passages up in: all there is on the left, one with all that is in it beside it. */
export default function KnowledgePage() {
  const [location, navigate] = useLocation();
  const { filters, setFilter } = useFilters(['new']);
  const mayEdit = useRole() === 'admin';
  const thing = thingAt(location);
  const close = () => setFilter('new', null);
  const opened = (made: Thing) => navigate(addressOf(made));
  return (
    <div className={thing ? 'knowledge knowledge-opened' : 'knowledge'}>
      <Group justify="space-between" mb="sm" gap="sm">
        <Title order={1}>Knowledge</Title>
        {mayEdit && (
          <Group gap="xs" className="knowledge-new">
            <Button variant="default" leftSection={<IconPlus size={16} />} onClick={() => setFilter('new', 'base')}>
              Knowledge base
            </Button>
            <Button leftSection={<IconPlus size={16} />} onClick={() => setFilter('new', 'index')}>
              Index
            </Button>
          </Group>
        )}
      </Group>
      <div className="knowledge-split">
        <nav className="knowledge-list" aria-label="Knowledge bases and indexes">
          <ThingList opened={thing} />
        </nav>
        <div className="knowledge-pane">
          {thing && (
            <Link href="/knowledge" className="knowledge-back">
              ← All knowledge
            </Link>
          )}
          {thing?.kind === 'base' && <BasePane key={thing.id} thing={thing} />}
          {thing?.kind === 'index' && <IndexPane key={`${thing.bucket}/${thing.index}`} thing={thing} />}
          {!thing && (
            <Empty title="Nothing is opened">
              An index takes documents that are dropped in here. A knowledge base is filled from a bucket by Bedrock.
              Open one to see what is in it, and to ask it as an agent’s tool would.
            </Empty>
          )}
        </div>
      </div>
      {mayEdit && filters.new === 'base' && <BaseDialog close={close} created={opened} />}
      {mayEdit && filters.new === 'index' && <IndexDialog close={close} created={opened} />}
    </div>
  );
}
