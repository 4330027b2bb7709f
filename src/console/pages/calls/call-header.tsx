import { Anchor, Badge, Group, Text, Title, Tooltip, UnstyledButton } from '@mantine/core';
import { IconArrowLeft, IconHelpCircle } from '@tabler/icons-react';
import { type ReactNode, useMemo } from 'react';
import { Link } from 'wouter';
import type { Call } from '../../api/types.ts';
import { shownDuration, shownMoment, shownMs, shownNumber } from '../../parts/format.ts';
import { useAgentName } from '../../parts/use-agents.ts';
import { FEWEST_FOR_PERCENTILES, figuresOf } from './call-figures.ts';
import { END_REASON_WORDS } from './end-reasons.ts';
import { shownCost } from './usage.tsx';

/** Who spoke with which agent, when, for how long and how well. */
export function CallHeader({ call, lengthMs, children }: { call: Call; lengthMs: number; children: ReactNode }) {
  const agentName = useAgentName();
  const figures = useMemo(() => figuresOf(call), [call]);
  const { from, to, agentId, agentVersion, startedAt, state, durationMs, cost, test } = call;
  return (
    <header className="call-header">
      <Group gap="4px 16px" align="baseline">
        <Anchor component={Link} href="/calls" size="sm" className="call-back">
          <IconArrowLeft size={14} aria-hidden /> Calls
        </Anchor>
        <Title order={1}>
          <span className="number">{shownNumber(from)}</span> → <span className="number">{shownNumber(to)}</span>
        </Title>
        {state !== 'ended' && (
          <Badge
            variant="light"
            data-state={state}
            styles={{ root: { color: 'var(--agent)', background: 'var(--agent-soft)' } }}
          >
            {state}
          </Badge>
        )}
        {agentId === null ? (
          <Text size="sm">no agent</Text>
        ) : (
          <Anchor component={Link} href={`/agents/${encodeURIComponent(agentId)}`} size="sm" className="call-name">
            {agentName(agentId, agentVersion)}
          </Anchor>
        )}
        <Text size="sm" className="tabular" title={startedAt}>
          {shownMoment(startedAt)}
        </Text>
        <Text size="sm" className="tabular">
          <span className="hidden-visually">lasted </span>
          {shownDuration(state === 'ended' ? (durationMs ?? 0) : lengthMs)}
        </Text>
        {test && <Badge variant="default">test call</Badge>}
      </Group>
      <Group gap="4px 16px" mt={4}>
        <EndReason call={call} />
        {cost && <Figure name="cost">{shownCost(cost)}</Figure>}
        <GapFigures {...figures} />
        <Figure name={figures.interruptions === 1 ? 'interruption' : 'interruptions'} isAfter>
          {figures.interruptions}
        </Figure>
        <Figure name={figures.renewals === 1 ? 'renewal' : 'renewals'} isAfter>
          {figures.renewals}
        </Figure>
        {call.reconnections.length > 0 && (
          <Figure name="times connected again" isAfter>
            {call.reconnections.length}
          </Figure>
        )}
        <Group gap="xs" ml="auto" className="call-actions">
          {children}
        </Group>
      </Group>
    </header>
  );
}

function EndReason({ call: { state, endReason } }: { call: Call }) {
  if (state !== 'ended' || endReason === null) return null;
  const { name, meaning } = END_REASON_WORDS[endReason];
  return (
    <Tooltip label={meaning} multiline w={280} events={{ hover: true, focus: true, touch: true }}>
      <UnstyledButton className="end-reason" aria-label={`ended: ${name}. ${meaning}`}>
        ended: {name} <IconHelpCircle size={14} aria-hidden />
      </UnstyledButton>
    </Tooltip>
  );
}

function GapFigures({ gapCount, gapP50Ms, gapP95Ms }: ReturnType<typeof figuresOf>) {
  if (gapP50Ms === undefined || gapP95Ms === undefined) {
    return (
      <Text size="sm" c="dimmed" title={`Percentiles are shown from ${FEWEST_FOR_PERCENTILES} answers on.`}>
        response gap: {gapCount} {gapCount === 1 ? 'turn' : 'turns'}, too few
      </Text>
    );
  }
  return (
    <Figure name="response gap">
      p50 {shownMs(gapP50Ms)}, p95 {shownMs(gapP95Ms)} (n {gapCount})
    </Figure>
  );
}

function Figure({ name, children, isAfter = false }: { name: string; children: ReactNode; isAfter?: boolean }) {
  const label = (
    <Text span size="sm" c="dimmed">
      {name}
    </Text>
  );
  return (
    <Text span size="sm" className="tabular">
      {!isAfter && label} {children} {isAfter && label}
    </Text>
  );
}
