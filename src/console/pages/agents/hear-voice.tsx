import { Alert, Button, Group, Text } from '@mantine/core';
import { IconAlertTriangle, IconPhoneCall, IconPlayerStop, IconVolume } from '@tabler/icons-react';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { Link } from 'wouter';
import { useMayTry } from './use-may-edit.ts';
import { VoiceSample } from './voice-sample.ts';

/** For agents that wait for the caller to speak. */
const SAMPLE_GREETING = 'Greet the caller with: Hello, this is how I sound. How can I help you?';

/** The chosen voice, also before it is saved, as it sounds over the telephone. */
export function HearVoice(props: {
  agentId: string;
  voiceId: string | undefined;
  greeting: string | undefined;
  /** Whether the model can be told to begin. */
  speaksFirst: boolean;
}) {
  const { agentId, voiceId, greeting, speaksFirst } = props;
  const [sample] = useState(() => new VoiceSample());
  const { at, trouble } = useSyncExternalStore(sample.follow, sample.get);
  const mayTry = useMayTry();
  useEffect(() => () => sample.stop(), [sample]);
  // Another voice was chosen: what is heard is not the one that is shown.
  useEffect(() => () => sample.stop(), [sample, voiceId]);

  if (!mayTry) return null;
  if (!speaksFirst) {
    return (
      <Group gap="sm">
        <Button
          component={Link}
          href={`/test?agent=${encodeURIComponent(agentId)}`}
          variant="default"
          leftSection={<IconPhoneCall size={16} />}
        >
          Call it
        </Button>
        <Text size="sm" c="dimmed">
          This model waits for the caller to speak: its voice is heard in a test call.
        </Text>
      </Group>
    );
  }
  return (
    <>
      <Group gap="sm">
        {at === 'ready' ? (
          <Button
            variant="default"
            leftSection={<IconVolume size={16} />}
            disabled={voiceId === undefined}
            onClick={() =>
              voiceId !== undefined &&
              void sample.play({ agentId, voiceId, greeting: greeting?.trim() ? greeting : SAMPLE_GREETING })
            }
          >
            Hear it
          </Button>
        ) : (
          <Button variant="default" leftSection={<IconPlayerStop size={16} />} onClick={() => sample.stop()}>
            Stop
          </Button>
        )}
        <Text size="sm" c="dimmed" role="status">
          {at === 'ready' && 'A short test call with this voice and greeting, saved or not.'}
          {at === 'loading' && 'The agent is being called…'}
          {at === 'playing' && `${voiceId ?? 'The agent'} is speaking.`}
        </Text>
      </Group>
      {trouble !== undefined && (
        <Alert color="red" variant="light" role="alert" icon={<IconAlertTriangle size={18} />}>
          {trouble}
        </Alert>
      )}
    </>
  );
}
