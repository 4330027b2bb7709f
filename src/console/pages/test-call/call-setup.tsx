import { Group, Select, Text, TextInput } from '@mantine/core';
import type { Agent } from '../../api/types.ts';

const LATEST = 'latest';

/** Which agent is called, in which version, and whom it believes to be calling. */
export function CallSetup(props: {
  agents: readonly Agent[];
  agent: Agent | undefined;
  version: string;
  from: string;
  change: (name: 'agent' | 'version' | 'from', value: string | null) => void;
  isDisabled: boolean;
}) {
  const { agents, agent, version, from, change, isDisabled } = props;
  const older = Array.from({ length: agent?.version ?? 0 }, (_, index) => String((agent?.version ?? 0) - index));
  return (
    <>
      <Group gap="sm" grow preventGrowOverflow={false} wrap="nowrap" align="end">
        <Select
          label="Agent"
          placeholder="Choose one"
          data={agents.map(({ id, name }) => ({ value: id, label: name }))}
          value={agent?.id ?? null}
          onChange={(id) => {
            change('agent', id);
            change('version', null);
          }}
          searchable={agents.length > 8}
          nothingFoundMessage="No agent has that name"
          disabled={isDisabled}
          required
        />
        <Select
          label="Version"
          data={[
            { value: LATEST, label: agent ? `Latest (v${agent.version})` : 'Latest' },
            ...older.map((each) => ({ value: each, label: `v${each}` })),
          ]}
          value={version === '' ? LATEST : version}
          onChange={(value) => change('version', value === LATEST ? null : value)}
          disabled={isDisabled || !agent}
          w={150}
        />
      </Group>
      <TextInput
        label="Calling as"
        description="Whom the agent believes to be calling. May be left empty."
        placeholder="+1 415 555 0100"
        value={from}
        onChange={(event) => change('from', event.currentTarget.value)}
        maxLength={60}
        disabled={isDisabled}
      />
    </>
  );
}

/** The same, in one line, while it cannot be changed. */
export function CallSummary({ agent, version, from }: { agent: Agent | undefined; version: string; from: string }) {
  return (
    <Text size="sm">
      {agent?.name ?? 'An agent'} {version === '' ? `v${agent?.version ?? ''} (latest)` : `v${version}`}
      {from.trim() !== '' && `, called by ${from.trim()}`}
    </Text>
  );
}
