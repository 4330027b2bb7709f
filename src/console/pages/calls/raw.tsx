import { Button, CopyButton, Group, Stack, Text } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useMemo } from 'react';
import type { Call } from '../../api/types.ts';
import { CodeBlock } from '../../parts/code-block.tsx';

/** More letters than this are not put into the page; copied they are. */
const MOST_LETTERS = 100_000;

/** The call as the API answers it. */
export function Raw({ call }: { call: Call }) {
  const text = useMemo(() => JSON.stringify(call, null, 2), [call]);
  return (
    <Stack gap="xs">
      <Group gap="sm">
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button
              size="xs"
              variant="default"
              leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
              onClick={copy}
            >
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
        {text.length > MOST_LETTERS && (
          <Text size="xs" c="dimmed">
            The beginning is shown; all of it is copied.
          </Text>
        )}
      </Group>
      <CodeBlock text={text.slice(0, MOST_LETTERS)} />
    </Stack>
  );
}
