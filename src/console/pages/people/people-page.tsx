import { Tabs, Title } from '@mantine/core';
import { useFilters } from '../../parts/use-filters.ts';
import { AuditTrail } from './audit-trail.tsx';
import { TokenList } from './token-list.tsx';

/** Who may use the bridge, and who has changed what. */
export default function PeoplePage() {
  const { filters, setFilter } = useFilters(['tab']);
  return (
    <>
      <Title order={1} mb="sm">
        People
      </Title>
      <Tabs value={filters.tab || 'tokens'} onChange={(tab) => setFilter('tab', tab === 'tokens' ? null : tab)}>
        <Tabs.List mb="md">
          <Tabs.Tab value="tokens">Tokens</Tabs.Tab>
          <Tabs.Tab value="audit">Audit</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="tokens">
          <TokenList />
        </Tabs.Panel>
        <Tabs.Panel value="audit">{filters.tab === 'audit' && <AuditTrail />}</Tabs.Panel>
      </Tabs>
    </>
  );
}
