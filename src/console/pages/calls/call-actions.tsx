import { Button, Menu, Text, Tooltip } from '@mantine/core';
import { IconFlask, IconPhoneOff, IconPhoneOutgoing, IconPlayerPlay } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { requestAll } from '../../api/client.ts';
import { download } from '../../api/download.ts';
import { wordsOf } from '../../api/problem.ts';
import type { Agent, Call } from '../../api/types.ts';
import { unavailable } from '../../parts/unavailable.ts';
import { useRole } from '../../parts/use-role.ts';
import { WhyNot } from '../../parts/why-not.tsx';
import { askHangUp, askTransfer } from '../live/actions.tsx';
import { useWhyNot } from '../live/use-why-not.ts';
import { soundOf } from './sound.ts';

/** What can be done with a call: about one that goes on, and with what is left of one that is over. */
export function CallActions({ call, failed }: { call: Call; failed: (error: unknown) => void }) {
  const role = useRole();
  if (call.state !== 'ended') {
    return <LiveActions call={call} />;
  }
  const isTester = role === 'admin' || role === 'tester';
  return (
    <>
      <MakeTest call={call} isAllowed={isTester} failed={failed} />
      <ReplayMenu call={call} isAllowed={isTester} />
    </>
  );
}

function LiveActions({ call }: { call: Call }) {
  const whyNot = useWhyNot();
  const isOff = whyNot !== undefined;
  return (
    <>
      <WhyNot why={whyNot}>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPhoneOutgoing size={14} />}
          disabled={call.state !== 'live'}
          onClick={isOff ? undefined : () => askTransfer(call)}
          {...unavailable(whyNot)}
        >
          Transfer…
        </Button>
      </WhyNot>
      <WhyNot why={whyNot}>
        <Button
          size="xs"
          color="red"
          variant="outline"
          leftSection={<IconPhoneOff size={14} />}
          onClick={isOff ? undefined : () => askHangUp(call)}
          {...unavailable(whyNot)}
        >
          Hang up…
        </Button>
      </WhyNot>
    </>
  );
}

function MakeTest({ call, isAllowed, failed }: { call: Call; isAllowed: boolean; failed: (error: unknown) => void }) {
  const [isMaking, setMaking] = useState(false);
  const why = isAllowed ? undefined : 'Testers and administrators make tests of calls.';
  const make = async () => {
    setMaking(true);
    failed(undefined);
    try {
      await download(`/calls/${encodeURIComponent(call.callSid)}/fixture.zip`, `${call.callSid}.zip`);
    } catch (error) {
      failed(error);
    } finally {
      setMaking(false);
    }
  };
  return (
    <Tooltip label={why ?? 'The call as a folder that is replayed as a test: listen to it and edit its expectations'}>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconFlask size={14} />}
        loading={isMaking}
        onClick={why === undefined ? make : undefined}
        {...unavailable(why)}
      >
        Make this a test
      </Button>
    </Tooltip>
  );
}

/** Versions of the call's agent: the caller's side is played to the one that is picked. */
function ReplayMenu({ call, isAllowed }: { call: Call; isAllowed: boolean }) {
  const [isOpen, setOpen] = useState(false);
  const { agentId, agentVersion, callSid } = call;
  const why = !isAllowed
    ? 'Testers and administrators replay calls.'
    : agentId === null
      ? 'No agent answered this call.'
      : soundOf(call).isThere
        ? undefined
        : 'There is no recording to play to another version.';
  const { data: versions, error } = useQuery({
    queryKey: ['versions', agentId],
    enabled: isOpen && agentId !== null,
    queryFn: ({ signal }) => requestAll<Agent>(`/agents/${encodeURIComponent(agentId ?? '')}/versions`, signal),
  });
  const button = (
    <Button size="xs" variant="default" leftSection={<IconPlayerPlay size={14} />} {...unavailable(why)}>
      Replay against version…
    </Button>
  );
  if (why !== undefined || agentId === null) return <Tooltip label={why}>{button}</Tooltip>;
  return (
    <Menu opened={isOpen} onChange={setOpen} position="bottom-end" transitionProps={{ duration: 0 }}>
      <Menu.Target>{button}</Menu.Target>
      <Menu.Dropdown mah={320} style={{ overflowY: 'auto' }}>
        <Menu.Label>The caller's side is played to</Menu.Label>
        {!versions && <Menu.Item disabled>{error ? wordsOf(error) : 'Loading…'}</Menu.Item>}
        {versions?.map(({ version, name }, index) => (
          <Menu.Item
            key={version}
            component={Link}
            href={`/test?${new URLSearchParams({ agent: agentId, version: String(version), recording: callSid })}`}
          >
            {name} v{version}
            <Text span size="xs" c="dimmed">
              {index === 0 && ' latest'}
              {version === agentVersion && ' of this call'}
            </Text>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
