import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { IconExternalLink, IconTestPipe } from '@tabler/icons-react';
import { useSyncExternalStore } from 'react';
import { Link } from 'wouter';
import { live } from '../../api/live.ts';
import { phaseOf } from '../../api/live-call.ts';
import type { Call } from '../../api/types.ts';
import { useCall } from '../../api/use-call.ts';
import { CallTranscript } from '../../parts/call-transcript.tsx';
import { PhaseBadge } from '../../parts/phase-badge.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useNow } from '../../parts/use-now.ts';

/** What is said in a call, as it is heard; when it is over, what can be made of it. */
export function CallWords({ callSid, isOver }: { callSid: string; isOver: boolean }) {
  const { call, error, again } = useCall(callSid);
  const liveCall = useSyncExternalStore(live.follow, live.get).calls.find((each) => each.callSid === callSid);
  const nowMs = useNow(500);

  if (error !== undefined) return <ProblemAlert error={error} again={again} />;
  const isLive = call !== undefined && call.state !== 'ended';
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <Title order={2}>What is said</Title>
        {liveCall && <PhaseBadge {...phaseOf(liveCall, nowMs)} />}
      </Group>
      {isOver && <AfterCall callSid={callSid} call={call} />}
      {call && (
        <CallTranscript
          call={call}
          isLive={isLive}
          nowIndex={isLive ? call.turns.length - 1 : undefined}
          isMoving={isLive}
          isBoxed
        />
      )}
    </Stack>
  );
}

function AfterCall({ callSid, call }: { callSid: string; call: Call | undefined }) {
  const path = encodeURIComponent(callSid);
  const ended = call?.endReason ? ` (${call.endReason.replaceAll('-', ' ')})` : '';
  return (
    <Stack gap="xs">
      <Text size="sm" role="status">
        The call is over{ended}.
      </Text>
      <Group gap="xs">
        <Button
          size="xs"
          variant="default"
          component={Link}
          href={`/calls/${path}`}
          leftSection={<IconExternalLink size={14} />}
        >
          Open call
        </Button>
        {call?.recording && (
          <Button
            size="xs"
            variant="default"
            component="a"
            href={`/api/calls/${path}/fixture.zip`}
            download
            leftSection={<IconTestPipe size={14} />}
          >
            Make this a test
          </Button>
        )}
      </Group>
      {call?.state === 'ended' && !call.recording && (
        <Text size="xs" c="dimmed">
          It was not recorded, so no test can be made of it: that takes a call over a number that records.
        </Text>
      )}
    </Stack>
  );
}

/** What stands there before the first call. */
export function NoWordsYet() {
  return (
    <Stack gap="sm">
      <Title order={2}>What is said</Title>
      <Text size="sm" c="dimmed" maw={480}>
        Appears here as it is heard, with the delay before each answer. A test call takes the same way through the
        bridge as one over the telephone.
      </Text>
    </Stack>
  );
}
