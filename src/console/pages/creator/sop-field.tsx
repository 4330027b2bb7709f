import { Button, FileButton, Group, Text, Textarea } from '@mantine/core';
import { IconFileText } from '@tabler/icons-react';
import { type DragEvent, useState } from 'react';
import { wordsOf } from '../../api/problem.ts';
import { MAX_SOP, READ_AT_ONCE } from './job-form.ts';
import { readProcedure } from './read-procedure.ts';

/** Where the procedure is pasted, typed or dropped. What a file takes the place of can be taken back. */
export function SopField(props: { value: string; error: string | undefined; change: (text: string) => void }) {
  const { value, error, change } = props;
  const [isOver, setOver] = useState(false);
  const [trouble, setTrouble] = useState<string>();
  const [before, setBefore] = useState<{ text: string; file: string }>();
  const take = async (file: File | undefined | null) => {
    if (!file) return;
    setTrouble(undefined);
    try {
      const text = await readProcedure(file);
      setBefore({ text: value, file: file.name });
      change(text);
    } catch (reason) {
      setTrouble(wordsOf(reason));
    }
  };
  const dropped = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void take(event.dataTransfer.files[0]);
  };
  const isTooLong = value.length > MAX_SOP;
  return (
    <section
      aria-label="Procedure"
      className="creator-drop"
      data-over={isOver}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={dropped}
    >
      <Textarea
        label="Standard operating procedure"
        description="Paste it, or drop a text or Markdown file here. One rule a line or list item is read best."
        value={value}
        onChange={(event) => change(event.currentTarget.value)}
        error={error ?? trouble}
        autosize
        minRows={12}
        maxRows={24}
        required
        withAsterisk={false}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
      />
      <Group gap="sm" mt="xs" justify="space-between">
        <Text size="xs" className={`tabular ${isTooLong ? 'creator-danger' : 'creator-dim'}`}>
          {value.length.toLocaleString()} of {MAX_SOP.toLocaleString()} characters
          <span role="status">
            {isTooLong && `: ${(value.length - MAX_SOP).toLocaleString()} too many, shorten it or split it`}
            {!isTooLong &&
              value.length > READ_AT_ONCE &&
              ': more than most models can take apart at once; split it if reading it fails'}
          </span>
        </Text>
        <FileButton
          accept=".txt,.md,.markdown,text/plain,text/markdown"
          onChange={(file) => void take(file)}
          inputProps={{ 'aria-label': 'File with the procedure' }}
        >
          {(button) => (
            <Button {...button} variant="default" size="xs" leftSection={<IconFileText size={14} />}>
              Choose a file…
            </Button>
          )}
        </FileButton>
      </Group>
      {before && (
        <Group gap="xs" mt="xs" role="status">
          <Text size="sm">{before.file} is in.</Text>
          {before.text !== '' && (
            <Button
              size="compact-sm"
              variant="subtle"
              onClick={() => {
                change(before.text);
                setBefore(undefined);
              }}
            >
              Take back what was here before
            </Button>
          )}
        </Group>
      )}
    </section>
  );
}
