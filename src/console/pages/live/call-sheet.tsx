import { Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { IconExternalLink, IconPhoneOff, IconPhoneOutgoing } from '@tabler/icons-react';
import { useSyncExternalStore } from 'react';
import { Link } from 'wouter';
import { live } from '../../api/live.ts';
import { phaseOf } from '../../api/live-call.ts';
import { useCall } from '../../api/use-call.ts';
import { CallTranscript } from '../../parts/call-transcript.tsx';
import { shownNumber } from '../../parts/format.ts';
import { PhaseBadge } from '../../parts/phase-badge.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { unavailable } from '../../parts/unavailable.ts';
import { useNow } from '../../parts/use-now.ts';
import { WhyNot } from '../../parts/why-not.tsx';
import { askHangUp, askTransfer } from './actions.tsx';
import { ListenIn } from './listen-in.tsx';
import { useWhyNot } from './use-why-not.ts';

/** One call of the board: what is being said, and what can be done about it. */
export function CallSheet({ callSid }: { callSid: string }) {
  const { call, error, again } = useCall(callSid);
  const liveCall = useSyncExternalStore(live.follow, live.get).calls.find((each) => each.callSid === callSid);
  const nowMs = useNow(500);
  const whyNot = useWhyNot();

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
        <WhyNot why={whyNot}>
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
        </WhyNot>
        <WhyNot why={whyNot}>
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
        </WhyNot>
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
      <CallTranscript
        call={call}
        isLive={isLive}
        nowIndex={isLive ? call.turns.length - 1 : undefined}
        isMoving={isLive}
        isBoxed
      />
    </Stack>
  );
}
