import { Alert, Button, FileButton, Text } from '@mantine/core';
import { IconAlertTriangle, IconFileMusic } from '@tabler/icons-react';
import type { Trouble } from './trouble.ts';

/** What went wrong with a call and what to do; where it was the microphone, the way to speak without one. */
export function TroubleAlert({ trouble, chooseFile }: { trouble: Trouble; chooseFile: (file: File) => void }) {
  return (
    <Alert color="red" variant="light" role="alert" icon={<IconAlertTriangle size={18} />} title={trouble.title}>
      {trouble.advice !== '' && <Text size="sm">{trouble.advice}</Text>}
      {trouble.isMicrophone && (
        <FileButton onChange={(file) => file && chooseFile(file)} accept="audio/*">
          {(button) => (
            <Button {...button} size="xs" variant="default" mt="xs" leftSection={<IconFileMusic size={14} />}>
              Use an audio file
            </Button>
          )}
        </FileButton>
      )}
    </Alert>
  );
}
