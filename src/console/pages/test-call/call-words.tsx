import { Button, Group, ScrollArea, Stack, Text, Title } from '@mantine/core';
import { IconExternalLink, IconTestPipe } from '@tabler/icons-react';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { Link } from 'wouter';
import { live } from '../../api/live.ts';
import { phaseOf } from '../../api/live-call.ts';
import type { Call } from '../../api/types.ts';
import { useCall } from '../../api/use-call.ts';
import { PhaseBadge } from '../../parts/phase-badge.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { Transcript } from '../../parts/transcript.tsx';
import { useNow } from '../../parts/use-now.ts';

/** So near to the end counts as being there, in px. */
const AT_END_PX = 40;

/** What is said in a call, as it is heard; when it is over, what can be made of it. */
export function CallWords({ callSid, isOver }: { callSid: string; isOver: boolean }) {
  const { call, error, again } = useCall(callSid);
  const liveCall = useSyncExternalStore(live.follow, live.get).calls.find((each) => each.callSid === callSid);
  const nowMs = useNow(500);
  const { viewport, isAtEnd, goToEnd, scrolled } = useEnd(call);

  if (error !== undefined) return <ProblemAlert error={error} again={again} />;
  const isLive = call !== undefined && call.state !== 'ended';
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <Title order={2}>What is said</Title>
        {liveCall && <PhaseBadge {...phaseOf(liveCall, nowMs)} />}
      </Group>
      {isOver && <AfterCall callSid={callSid} call={call} />}
      <ScrollArea.Autosize
        mah={{ base: 360, md: 'calc(100vh - 220px)' }}
        viewportRef={viewport}
        onScrollPositionChange={scrolled}
        viewportProps={{ tabIndex: 0, 'aria-label': 'Transcript', role: 'region' }}
      >
        {call && call.turns.length > 0 ? (
          <Transcript
            turns={call.turns}
            toolCalls={call.toolCalls}
            isLive={isLive}
            nowIndex={isLive ? call.turns.length - 1 : undefined}
          />
        ) : (
          <Text size="sm" c="dimmed">
            {isOver ? 'Nothing was said.' : 'Nothing has been said yet.'}
          </Text>
        )}
      </ScrollArea.Autosize>
      {!isAtEnd && (
        <Button size="xs" variant="default" onClick={goToEnd}>
          Jump to now
        </Button>
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

/** Follows the end of what grows, as long as one is there. */
function useEnd(call: Call | undefined) {
  const viewport = useRef<HTMLDivElement>(null);
  const [isAtEnd, setAtEnd] = useState(true);
  const goToEnd = () => viewport.current?.scrollTo({ top: viewport.current.scrollHeight });
  useEffect(() => {
    if (call && isAtEnd) viewport.current?.scrollTo({ top: viewport.current.scrollHeight });
  }, [call, isAtEnd]);
  return {
    viewport,
    isAtEnd,
    goToEnd,
    scrolled() {
      const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = viewport.current ?? {};
      setAtEnd(scrollHeight - scrollTop - clientHeight < AT_END_PX);
    },
  };
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
