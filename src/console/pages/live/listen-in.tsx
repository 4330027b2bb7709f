import { Alert, Button, Stack, Text } from '@mantine/core';
import { IconHeadphones, IconHeadphonesOff } from '@tabler/icons-react';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { CallListener } from '../../audio/listener.ts';
import { LevelMeter } from '../../parts/level-meter.tsx';
import { unavailable } from '../../parts/unavailable.ts';
import { WhyNot } from '../../parts/why-not.tsx';
import { useWhyNot } from './use-why-not.ts';

/** Lets one hear a live call, both sides, as the caller hears them. Who listens stands in the audit trail. */
export function ListenIn({ callSid }: { callSid: string }) {
  const [listener] = useState(() => new CallListener(callSid));
  const { at, isSensitive, isPaused, words } = useSyncExternalStore(listener.follow, listener.get);
  useEffect(() => () => listener.stop(), [listener]);
  const whyNot = useWhyNot();
  const source = { get: listener.levels, follow: listener.followLevels };

  if (at !== 'listening') {
    return (
      <>
        <WhyNot why={whyNot}>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconHeadphones size={14} />}
            loading={at === 'opening'}
            onClick={whyNot === undefined ? () => void listener.listen() : undefined}
            {...unavailable(whyNot)}
          >
            Listen in
          </Button>
        </WhyNot>
        {words !== undefined && (
          <Text size="sm" role="alert" w="100%" style={{ order: 1 }}>
            {words}
          </Text>
        )}
      </>
    );
  }
  return (
    <>
      <Button size="xs" variant="default" leftSection={<IconHeadphonesOff size={14} />} onClick={() => listener.stop()}>
        Stop listening
      </Button>
      <Stack gap={8} w="100%" style={{ order: 1 }}>
        <LevelMeter label="Caller, left" side="caller" source={source} />
        <LevelMeter label="Agent, right" side="agent" source={source} />
        {isSensitive && (
          <Text size="sm" role="status">
            Something secret is being said: nothing is sent until it is over.
          </Text>
        )}
        {isPaused && (
          <Alert color="yellow" variant="light" title="The sound is paused">
            <Button size="xs" variant="default" onClick={() => listener.resume()}>
              Go on
            </Button>
          </Alert>
        )}
      </Stack>
    </>
  );
}
