import { Box, Button, Group, SimpleGrid, Text } from '@mantine/core';
import type { KeyboardEvent } from 'react';

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];

/** The keys of a telephone; they can be typed as well, while one of them has the focus. */
export function Keypad({ press, pressed }: { press: (key: string) => void; pressed: string }) {
  const typed = (event: KeyboardEvent) => {
    if (!KEYS.includes(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    press(event.key);
  };
  return (
    <Box component="fieldset" className="keypad" onKeyDown={typed}>
      <legend className="hidden-visually">Key pad</legend>
      <SimpleGrid cols={3} spacing={8} verticalSpacing={8}>
        {KEYS.map((key) => (
          <Button key={key} variant="default" h={44} px={0} className="tabular" onClick={() => press(key)}>
            {key}
          </Button>
        ))}
      </SimpleGrid>
      <Group mih={24} mt={8} gap="xs">
        {pressed !== '' && (
          <Text size="sm" c="dimmed" className="mono">
            Keys sent: {pressed}
          </Text>
        )}
      </Group>
    </Box>
  );
}
