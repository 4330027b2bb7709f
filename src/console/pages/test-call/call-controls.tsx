import { Alert, Button, Collapse, Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDialpad, IconMicrophone, IconMicrophoneOff, IconPhoneOff } from '@tabler/icons-react';
import { LevelMeter } from '../../parts/level-meter.tsx';
import { CallFigures } from './call-figures.tsx';
import { Keypad } from './keypad.tsx';
import type { Softphone, SoftphoneState } from './softphone.ts';

/** The telephone while it is in use. */
export function CallControls({ softphone, state }: { softphone: Softphone; state: SoftphoneState }) {
  const { isMuted, isPaused, hasDropped, processing, keys } = state;
  // On a narrow screen the words are more important.
  const [hasKeys, { toggle }] = useDisclosure(matchMedia('(min-width: 62em)').matches);
  const source = { get: softphone.levels, follow: softphone.followLevels };
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <Button color="red" leftSection={<IconPhoneOff size={16} />} onClick={() => softphone.hangUp()}>
          Hang up
        </Button>
        <Button
          variant="default"
          leftSection={isMuted ? <IconMicrophoneOff size={16} /> : <IconMicrophone size={16} />}
          aria-pressed={isMuted}
          onClick={() => softphone.mute(!isMuted)}
        >
          {isMuted ? 'Muted' : 'Mute'}
        </Button>
        <Button variant="default" leftSection={<IconDialpad size={16} />} aria-expanded={hasKeys} onClick={toggle}>
          Keys
        </Button>
      </Group>
      {isPaused && (
        <Alert color="yellow" variant="light" title="The sound is paused">
          <Text size="sm">The system has taken loudspeaker and microphone away, or there is no loudspeaker.</Text>
          <Button size="xs" variant="default" mt="xs" onClick={() => softphone.resume()}>
            Go on
          </Button>
        </Alert>
      )}
      {hasDropped && (
        <Alert color="yellow" variant="light" role="alert" title="Some of what the agent says is missing here">
          <Text size="sm">
            More than two minutes of it waited to be heard, and no more than that is kept in a browser. A carrier keeps
            ten.
          </Text>
        </Alert>
      )}
      <LevelMeter label={processing === undefined ? 'File' : 'Microphone'} side="caller" source={source} />
      <LevelMeter label="Agent" side="agent" source={source} />
      <CallFigures softphone={softphone} processing={processing} />
      {processing !== undefined && (
        <Text size="xs" c="dimmed">
          Use headphones if the agent stops itself.
        </Text>
      )}
      <Collapse expanded={hasKeys}>
        <Keypad press={(key) => softphone.press(key)} pressed={keys} />
      </Collapse>
    </Stack>
  );
}
