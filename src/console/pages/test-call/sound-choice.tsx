import { Box, Button, CloseButton, FileButton, Group, Loader, Select, Stack, Text } from '@mantine/core';
import { IconFileMusic, IconRepeat } from '@tabler/icons-react';
import { type DragEvent, useState } from 'react';
import { shownDuration } from '../../parts/format.ts';
import type { ChosenFile } from './use-audio-file.ts';

const USUAL = 'usual';

/** Who speaks: a microphone, or a recording that is chosen or dropped here. During a call a recording can be said at any time. */
export function SoundChoice(props: {
  microphones: readonly { id: string; name: string }[];
  deviceId: string | undefined;
  chooseDevice: (id: string | undefined) => void;
  chosen: ChosenFile | undefined;
  isReading: boolean;
  chooseFile: (file: File) => void;
  dropFile: () => void;
  isCalling: boolean;
  sayAgain: () => void;
}) {
  const { microphones, deviceId, chooseDevice, chosen, isReading, chooseFile, dropFile, isCalling, sayAgain } = props;
  const [isOver, setOver] = useState(false);
  const dropped = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file) chooseFile(file);
  };
  return (
    <Stack gap="sm">
      {!chosen && !isReading && !isCalling && (
        <Select
          label="Microphone"
          data={[
            { value: USUAL, label: "The browser's usual one" },
            ...microphones.map(({ id, name }) => ({ value: id, label: name })),
          ]}
          value={deviceId ?? USUAL}
          onChange={(value) => chooseDevice(value === null || value === USUAL ? undefined : value)}
        />
      )}
      <Box
        className="file-drop"
        data-over={isOver}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={dropped}
      >
        {isReading && (
          <Group gap="xs">
            <Loader size="xs" aria-label="Reading the recording" />
            <Text size="sm">Reading the recording…</Text>
          </Group>
        )}
        {chosen && (
          <Group gap="xs" wrap="nowrap" justify="space-between" mb="xs">
            <Text size="sm" lineClamp={2}>
              {chosen.file.name} ({shownDuration(chosen.durationMs)})
              {!isCalling && ' speaks in place of the microphone'}
            </Text>
            {!isCalling && <CloseButton aria-label="Use the microphone instead" onClick={dropFile} />}
          </Group>
        )}
        <Group gap="xs">
          <FileButton onChange={(file) => file && chooseFile(file)} accept="audio/*">
            {(button) => (
              <Button {...button} variant="default" size="xs" leftSection={<IconFileMusic size={14} />}>
                {isCalling ? 'Say a file' : 'Choose an audio file'}
              </Button>
            )}
          </FileButton>
          {isCalling && chosen && (
            <Button variant="default" size="xs" leftSection={<IconRepeat size={14} />} onClick={sayAgain}>
              Say it again
            </Button>
          )}
          <Text size="xs" c="dimmed">
            or drop one here
          </Text>
        </Group>
      </Box>
    </Stack>
  );
}
