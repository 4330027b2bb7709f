import { ActionIcon, Button, FileButton, Group, Text } from '@mantine/core';
import { IconUpload, IconX } from '@tabler/icons-react';
import { type DragEvent, useRef, useState } from 'react';
import { type FileRules, shownBytes } from './files.ts';
import { type MetadataField, readMetadata, shownMetadata } from './metadata.ts';
import { MetadataFields } from './metadata-fields.tsx';
import { StateMark } from './state-mark.tsx';
import type { Upload, useUploads } from './use-uploads.ts';

/** Where documents are dropped in or chosen, and those that are not in yet. */
export function DropBox(props: Omit<ReturnType<typeof useUploads>, 'isSending'> & { files: FileRules }) {
  const { files, uploads, add, again, remove } = props;
  const [isOver, setOver] = useState(false);
  const [fields, setFields] = useState<readonly MetadataField[]>([]);
  const [isChecked, setChecked] = useState(false);
  const reset = useRef<() => void>(null);
  const read = readMetadata(fields);
  const take = (taken: readonly File[]) => {
    setChecked('problems' in read);
    if ('metadata' in read) add(taken, read.metadata);
  };
  const dropped = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    take([...event.dataTransfer.files]);
  };
  return (
    <section
      className="knowledge-drop"
      aria-label="Add documents"
      data-over={isOver}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={dropped}
    >
      <Group gap="sm">
        <FileButton
          multiple
          accept={files.accepted}
          resetRef={reset}
          onChange={(chosen) => {
            take(chosen);
            // So that the same file can be chosen again once it was mended.
            reset.current?.();
          }}
        >
          {(props) => (
            <Button {...props} variant="default" leftSection={<IconUpload size={16} />}>
              Choose documents
            </Button>
          )}
        </FileButton>
        <Text size="sm" c="dimmed">
          or drop them here: {files.words}. One with the same name is replaced.
        </Text>
      </Group>
      <MetadataFields fields={fields} isChecked={isChecked} change={setFields} />
      {isChecked && 'problems' in read && (
        <Text size="sm" role="alert" mt="xs">
          <StateMark look="bad">Nothing was taken: mend the metadata, then drop the documents again.</StateMark>
        </Text>
      )}
      {uploads.length > 0 && (
        <ul className="knowledge-uploads" aria-label="On their way">
          {uploads.map((upload) => (
            <li key={upload.id}>
              <UploadRow upload={upload} again={() => again(upload.id)} remove={() => remove(upload.id)} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

const LOOKS = { waiting: 'waits', sending: 'works', failed: 'bad', refused: 'bad' } as const;
const WORDS = { waiting: 'waits to be sent', sending: 'being sent', failed: 'not sent', refused: 'not taken' } as const;

function UploadRow({ upload, again, remove }: { upload: Upload; again: () => void; remove: () => void }) {
  const { file, metadata, state, words } = upload;
  return (
    <Group gap="xs" wrap="nowrap" align="start">
      <div className="knowledge-upload">
        <span className="knowledge-name">{file.name}</span>{' '}
        <span className="knowledge-meta tabular">{shownBytes(file.size)}</span>{' '}
        <span className="knowledge-meta">{shownMetadata(metadata)}</span>
        <div role={words === undefined ? undefined : 'alert'}>
          <StateMark look={LOOKS[state]}>
            {WORDS[state]}
            {words !== undefined && `: ${words}`}
          </StateMark>
        </div>
      </div>
      {state === 'failed' && (
        <Button size="compact-sm" variant="default" onClick={again} aria-label={`Send ${file.name} again`}>
          Try again
        </Button>
      )}
      {state !== 'sending' && (
        <ActionIcon variant="subtle" color="gray" aria-label={`Take ${file.name} off the list`} onClick={remove}>
          <IconX size={16} />
        </ActionIcon>
      )}
    </Group>
  );
}
