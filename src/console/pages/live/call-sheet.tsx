import { Button, Group, ScrollArea, Skeleton, Stack, Text, Tooltip } from '@mantine/core';
import { IconExternalLink, IconPhoneOff, IconPhoneOutgoing } from '@tabler/icons-react';
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { Link } from 'wouter';
import { live } from '../../api/live.ts';
import { phaseOf } from '../../api/live-call.ts';
import { useCall } from '../../api/use-call.ts';
import { shownNumber } from '../../parts/format.ts';
import { PhaseBadge } from '../../parts/phase-badge.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { Transcript } from '../../parts/transcript.tsx';
import { unavailable } from '../../parts/unavailable.ts';
import { useNow } from '../../parts/use-now.ts';
import { askHangUp, askTransfer } from './actions.tsx';
import { ListenIn } from './listen-in.tsx';
import { useWhyNot } from './use-why-not.ts';

/** One call of the board: what is being said, and what can be done about it. */
export function CallSheet({ callSid }: { callSid: string }) {
  const { call, error, again } = useCall(callSid);
  const liveCall = useSyncExternalStore(live.follow, live.get).calls.find((each) => each.callSid === callSid);
  const nowMs = useNow(500);
  const whyNot = useWhyNot();
  const end = useRef<HTMLDivElement>(null);
  const turnCount = call?.turns.length ?? 0;

  useEffect(() => end.current?.scrollIntoView({ block: 'end' }), [turnCount]);

  if (error !== undefined) return <ProblemAlert error={error} again={again} />;
  if (!call) return <Skeleton height={200} />;
  const isLive = call.state !== 'ended';
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <Text fw={600} className="number">
          {shownNumber(call.from)} → {shownNumber(call.to)}
        </Text>
        {liveCall && <PhaseBadge {...phaseOf(liveCall, nowMs)} />}
      </Group>
      <Group gap="xs">
        {isLive && <ListenIn key={callSid} callSid={callSid} />}
        <Tooltip label={whyNot} disabled={whyNot === undefined}>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPhoneOutgoing size={14} />}
            disabled={!isLive}
            onClick={whyNot === undefined ? () => askTransfer(call) : undefined}
            {...unavailable(whyNot)}
          >
            Transfer
          </Button>
        </Tooltip>
        <Tooltip label={whyNot} disabled={whyNot === undefined}>
          <Button
            size="xs"
            color="red"
            variant="outline"
            leftSection={<IconPhoneOff size={14} />}
            disabled={!isLive}
            onClick={whyNot === undefined ? () => askHangUp(call) : undefined}
            {...unavailable(whyNot)}
          >
            Hang up
          </Button>
        </Tooltip>
        <Button
          size="xs"
          variant="subtle"
          component={Link}
          href={`/calls/${encodeURIComponent(callSid)}`}
          leftSection={<IconExternalLink size={14} />}
        >
          Open call
        </Button>
      </Group>
      <ScrollArea.Autosize
        mah="calc(100vh - 190px)"
        viewportProps={{ tabIndex: 0, 'aria-label': 'Transcript', role: 'region' }}
      >
        <Transcript
          turns={call.turns}
          toolCalls={call.toolCalls}
          isLive={isLive}
          nowIndex={isLive ? call.turns.length - 1 : undefined}
        />
        {call.turns.length === 0 && (
          <Text size="sm" c="dimmed">
            Nothing has been said yet.
          </Text>
        )}
        <div ref={end} />
      </ScrollArea.Autosize>
    </Stack>
  );
}
