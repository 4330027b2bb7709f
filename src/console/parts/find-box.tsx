import { ActionIcon, Group, Text, TextInput } from '@mantine/core';
import { IconChevronDown, IconChevronUp, IconSearch } from '@tabler/icons-react';
import { useDeferredValue, useMemo, useState } from 'react';
import type { Line } from './transcript.tsx';

interface Find {
  readonly words: string;
  /** How many lines have them. */
  readonly count: number;
  /** Which of those is shown, from 0. */
  readonly place: number;
  /** That line; undefined: none. */
  readonly line: number | undefined;
  setWords(words: string): void;
  step(by: 1 | -1): void;
}

/** Looks for words in a transcript. */
export function useFind(lines: readonly Line[]): Find {
  const [words, setWords] = useState('');
  const [place, setPlace] = useState(0);
  const wanted = useDeferredValue(words.trim().toLowerCase());
  const found = useMemo(
    () => (wanted === '' ? [] : lines.flatMap((line, index) => (textOf(line).includes(wanted) ? [index] : []))),
    [lines, wanted],
  );
  const shown = found.length === 0 ? 0 : Math.min(place, found.length - 1);
  return {
    words,
    count: found.length,
    place: shown,
    line: found[shown],
    setWords(next) {
      setWords(next);
      setPlace(0);
    },
    step: (by) => setPlace(found.length === 0 ? 0 : (shown + by + found.length) % found.length),
  };
}

export function FindBox({ words, count, place, setWords, step }: Find) {
  return (
    <Group gap="xs" mb="xs" wrap="nowrap">
      <TextInput
        aria-label="Find in the transcript"
        placeholder="Find in the transcript"
        size="xs"
        flex={1}
        maw={320}
        leftSection={<IconSearch size={14} />}
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
          if (event.key === 'Escape') setWords('');
        }}
      />
      <Text size="xs" c="dimmed" className="tabular" role="status" miw={56}>
        {words.trim() === '' ? '' : count === 0 ? 'not found' : `${place + 1} of ${count}`}
      </Text>
      {count > 1 && (
        <>
          <ActionIcon variant="subtle" color="gray" aria-label="Found before" onClick={() => step(-1)}>
            <IconChevronUp size={16} />
          </ActionIcon>
          <ActionIcon variant="subtle" color="gray" aria-label="Found next" onClick={() => step(1)}>
            <IconChevronDown size={16} />
          </ActionIcon>
        </>
      )}
    </Group>
  );
}

function textOf(line: Line): string {
  if (line.kind === 'tool') return `${line.toolCall.name} ${JSON.stringify(line.toolCall.input)}`.toLowerCase();
  return line.turn.text.toLowerCase();
}
