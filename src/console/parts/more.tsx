import { Button, Center } from '@mantine/core';

/** Reads a list on. */
export function More({ hasMore, isReadingOn, readOn }: { hasMore: boolean; isReadingOn: boolean; readOn: () => void }) {
  if (!hasMore) return null;
  return (
    <Center mt="sm">
      <Button variant="default" size="xs" onClick={readOn} loading={isReadingOn}>
        Show more
      </Button>
    </Center>
  );
}
