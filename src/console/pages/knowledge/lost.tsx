import { Text } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';

/** Where news of progress does not come at the moment. */
export function Lost() {
  return (
    <Text size="sm" role="status" className="knowledge-lost" mb="xs">
      <IconRefresh size={14} aria-hidden /> The bridge does not answer: trying again. The work goes on without this
      page.
    </Text>
  );
}
