import './test-call.css';
import { Button, Group, SimpleGrid, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconPhoneCall } from '@tabler/icons-react';
import { type FormEvent, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { Link } from 'wouter';
import { Empty } from '../../parts/empty.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useAgents } from '../../parts/use-agents.ts';
import { useFilters } from '../../parts/use-filters.ts';
import { useLeaveGuard } from '../../parts/use-leave-guard.ts';
import { askLeave } from './ask-leave.tsx';
import { CallControls } from './call-controls.tsx';
import { CallSetup, CallSummary } from './call-setup.tsx';
import { CallWords, NoWordsYet } from './call-words.tsx';
import { Softphone } from './softphone.ts';
import { SoundChoice } from './sound-choice.tsx';
import { TroubleAlert } from './trouble-alert.tsx';
import { useAudioFile } from './use-audio-file.ts';
import { useMicrophones } from './use-microphones.ts';

/** A telephone in the browser: the whole way of a call, without a carrier. */
export default function TestCallPage() {
  const { data: agents, error, refetch } = useAgents();
  const { filters, setFilter } = useFilters(['agent', 'version', 'from', 'recording', 'ec']);
  const [softphone] = useState(() => new Softphone());
  const state = useSyncExternalStore(softphone.follow, softphone.get);
  const [deviceId, chooseDevice] = useState<string>();
  const microphones = useMicrophones(state.processing);
  const files = useAudioFile(filters.recording);
  const isUsed = state.at === 'starting' || state.at === 'calling';
  const callButton = useRef<HTMLButtonElement>(null);

  useEffect(() => () => softphone.hangUp(), [softphone]);
  // Left is hung up, by the effect above.
  useLeaveGuard(isUsed, askLeave);
  // Who works by keys finds the button again where the other one was.
  const wasUsed = useRef(false);
  useEffect(() => {
    if (wasUsed.current && !isUsed && document.activeElement === document.body) callButton.current?.focus();
    wasUsed.current = isUsed;
  }, [isUsed]);

  const agent = agents?.find(({ id }) => id === filters.agent) ?? (agents?.length === 1 ? agents[0] : undefined);
  const place = (event: FormEvent) => {
    event.preventDefault();
    if (!agent || isUsed) return;
    const from = filters.from.trim();
    void softphone.call({
      agentId: agent.id,
      ...(filters.version !== '' && { agentVersion: Number(filters.version) }),
      ...(from !== '' && { from: /^\+[\d ()-]+$/.test(from) ? from.replace(/[^\d+]/g, '') : from }),
      ...(deviceId !== undefined && { deviceId }),
      file: files.chosen?.file,
      cancelsEcho: filters.ec !== '0',
    });
  };
  const chooseFile = async (bytes: File) => {
    const file = await files.choose(bytes);
    if (!file) return;
    softphone.dismiss();
    await softphone.say(file);
  };
  const dropFile = () => {
    files.drop();
    setFilter('recording', null);
  };

  const sound = (
    <>
      <SoundChoice
        microphones={microphones}
        deviceId={deviceId}
        chooseDevice={chooseDevice}
        chosen={files.chosen}
        isReading={files.isReading}
        chooseFile={(file) => void chooseFile(file)}
        dropFile={dropFile}
        isCalling={state.at === 'calling'}
        sayAgain={() => files.chosen && void softphone.say(files.chosen.file)}
      />
      {files.error !== undefined && <ProblemAlert error={files.error} />}
    </>
  );

  return (
    <>
      <Title order={1} mb="sm">
        Test call
      </Title>
      {error && <ProblemAlert error={error} again={() => void refetch()} />}
      {!agents && !error && <Skeleton height={240} maw={480} />}
      {agents?.length === 0 && (
        <Empty
          title="No agent to call yet"
          action={
            <Button component={Link} href="/agents">
              Make an agent
            </Button>
          }
        >
          A test call needs an agent that answers; it needs no number.
        </Empty>
      )}
      {agents && agents.length > 0 && (
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg" verticalSpacing="lg">
          <Stack gap="sm" maw={480} w="100%">
            {state.at === 'calling' ? (
              <>
                <CallSummary agent={agent} version={filters.version} from={filters.from} />
                <CallControls softphone={softphone} state={state} />
                {sound}
              </>
            ) : (
              <form onSubmit={place}>
                <Stack gap="sm">
                  <CallSetup
                    agents={agents}
                    agent={agent}
                    version={filters.version}
                    from={filters.from}
                    change={setFilter}
                    isDisabled={isUsed}
                  />
                  {sound}
                  {state.trouble && (
                    <TroubleAlert trouble={state.trouble} chooseFile={(file) => void chooseFile(file)} />
                  )}
                  <Group gap="sm">
                    <Button
                      ref={callButton}
                      type="submit"
                      size="md"
                      leftSection={<IconPhoneCall size={18} />}
                      disabled={!agent || files.isReading}
                      loading={state.at === 'starting'}
                    >
                      {agent ? `Call ${agent.name}` : 'Call'}
                    </Button>
                    {!agent && (
                      <Text size="sm" c="dimmed">
                        Choose an agent first.
                      </Text>
                    )}
                  </Group>
                </Stack>
              </form>
            )}
          </Stack>
          {state.callSid === undefined ? (
            <NoWordsYet />
          ) : (
            <CallWords key={state.callSid} callSid={state.callSid} isOver={!isUsed} />
          )}
        </SimpleGrid>
      )}
    </>
  );
}
