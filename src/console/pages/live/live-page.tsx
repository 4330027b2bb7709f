import { Badge, Button, Chip, Drawer, Group, TextInput, Title } from '@mantine/core';
import { IconPhoneCall, IconSearch } from '@tabler/icons-react';
import { memo, useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { Link, useSearchParams } from 'wouter';
import { live } from '../../api/live.ts';
import { type LiveCall, lastWordsOf, phaseOf, silentForMs } from '../../api/live-call.ts';
import { Empty } from '../../parts/empty.tsx';
import { useAgentName, useMetAgents } from '../../parts/use-agents.ts';
import { useNow } from '../../parts/use-now.ts';
import { Board } from './board.tsx';
import { CallSheet } from './call-sheet.tsx';
import { SILENT_MS } from './silence.ts';

const FILTERS = {
  silent: { name: 'Silent > 4 s', takes: (call: LiveCall, nowMs: number) => silentForMs(call, nowMs) > SILENT_MS },
  tool: { name: 'Tool running', takes: (call: LiveCall, nowMs: number) => phaseOf(call, nowMs).phase === 'tool' },
} as const;

/** Calls that go on now, on every instance. */
export default function LivePage() {
  const { calls, connection } = useSyncExternalStore(live.follow, live.get);
  const nowMs = useNow(500);
  const agentName = useAgentName();
  useMetAgents(useMemo(() => calls.map(({ agentId }) => agentId), [calls]));
  const [search, setSearch] = useSearchParams();
  const words = search.get('q') ?? '';
  const filter = (search.get('show') ?? 'all') as keyof typeof FILTERS | 'all';
  const opened = search.get('call');

  const change = (name: string, value: string | null) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === null || value === '') next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );

  // The same one each time: what has not changed of a page that changes all the time is left alone.
  const latestChange = useRef(change);
  useEffect(() => {
    latestChange.current = change;
  });
  const steady = useCallback((name: string, value: string | null) => latestChange.current(name, value), []);
  const open = useCallback((callSid: string) => latestChange.current('call', callSid), []);

  const wanted = words.toLowerCase();
  const shown = calls.filter((call) => {
    if (filter !== 'all' && FILTERS[filter] && !FILTERS[filter].takes(call, nowMs)) return false;
    if (wanted === '') return true;
    const { heard, ahead } = lastWordsOf(call);
    const text = `${call.from} ${call.to} ${agentName(call.agentId, call.agentVersion)} ${heard}${ahead}`;
    return text.toLowerCase().includes(wanted);
  });
  const goingOn = calls.filter(({ state }) => state !== 'ended').length;
  const hasFilters = words !== '' || filter !== 'all';

  return (
    <>
      <Group mb="sm" gap="sm">
        <Title order={1}>Live</Title>
        <Badge variant="default" className="tabular">
          {goingOn} {goingOn === 1 ? 'call' : 'calls'}
        </Badge>
      </Group>
      <Filters words={words} filter={filter} change={steady} />
      {shown.length > 0 && (
        <Board calls={shown} nowMs={nowMs} agentName={agentName} isStale={connection !== 'live'} open={open} />
      )}
      {shown.length === 0 && hasFilters && (
        <Empty
          title="No calls match"
          action={
            <Button variant="default" onClick={() => setSearch({})}>
              Clear filters
            </Button>
          }
        />
      )}
      {shown.length === 0 && !hasFilters && connection !== 'connecting' && (
        <Empty
          title="No calls now"
          action={
            <Button component={Link} href="/test" leftSection={<IconPhoneCall size={16} />}>
              Call an agent
            </Button>
          }
        >
          Calls appear here the moment they ring, whichever instance carries them.
        </Empty>
      )}
      <Drawer
        opened={opened !== null}
        onClose={() => change('call', null)}
        position="right"
        size={440}
        title="Call"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        {opened !== null && <CallSheet callSid={opened} />}
      </Drawer>
    </>
  );
}

const Filters = memo(function Filters(props: {
  words: string;
  filter: string;
  change: (name: string, value: string | null) => void;
}) {
  const { words, filter, change } = props;
  return (
    <Group mb="sm" gap="sm">
      <TextInput
        aria-label="Number, agent or words"
        placeholder="Number, agent, words…"
        leftSection={<IconSearch size={14} />}
        value={words}
        onChange={(event) => change('q', event.currentTarget.value)}
        miw={240}
      />
      <Chip.Group value={filter} onChange={(value) => change('show', value === 'all' ? null : String(value))}>
        <Chip value="all">All</Chip>
        {Object.entries(FILTERS).map(([key, { name }]) => (
          <Chip key={key} value={key}>
            {name}
          </Chip>
        ))}
      </Chip.Group>
    </Group>
  );
});
