import { Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** Says what will be here, why it is not, and what to do next. */
export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <Stack align="center" gap="xs" py="xl" ta="center">
      <Text size="lg" fw={600}>
        {title}
      </Text>
      {children && (
        <Text size="sm" c="dimmed" maw={480}>
          {children}
        </Text>
      )}
      {action}
    </Stack>
  );
}
