import { Button, FileButton, Group, Modal, Progress, Stack, Stepper, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconUpload } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { request, requestAll } from '../../api/client.ts';
import { ApiProblem, wordsOf } from '../../api/problem.ts';
import type { Agent, PhoneNumber } from '../../api/types.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { readSheet, saveFile, writeSheet } from './csv.ts';
import { COLUMNS } from './csv-columns.ts';
import { type GoodLine, type Preview, type PreviewLine, previewOf } from './csv-preview.ts';
import { inTurns } from './in-turns.ts';
import { loadPhones } from './phones.ts';
import { PreviewTable } from './preview-table.tsx';

/** No file of numbers is larger. */
const MAX_BYTES = 5_000_000;

type Broken = Extract<PreviewLine, { kind: 'broken' }>;

/** A file of numbers, in three steps: which file, what it would do, what it did. */
export function ImportDialog({ close }: { close: () => void }) {
  const isSmall = useMediaQuery('(max-width: 48em)', undefined, { getInitialValueInEffect: false }) ?? false;
  const queries = useQueryClient();
  const [preview, setPreview] = useState<Preview>();
  const [error, setError] = useState<unknown>();
  const [done, setDone] = useState(0);
  const [isApplying, setApplying] = useState(false);
  const [refused, setRefused] = useState<readonly Broken[]>();
  const resetFile = useRef<() => void>(null);

  const lines = preview?.lines ?? [];
  const good = lines.flatMap((line) => (line.kind === 'new' || line.kind === 'changed' ? [line] : []));
  const broken = [...lines.filter((line) => line.kind === 'broken'), ...(refused ?? [])];

  const open = async (file: File | null) => {
    resetFile.current?.();
    if (!file) return;
    setError(undefined);
    try {
      if (file.size > MAX_BYTES) throw new Error(`“${file.name}” is too large: the limit is 5 MB.`);
      const [sheet, phones, numbers, agents] = await Promise.all([
        file.text().then(readSheet),
        loadPhones(),
        requestAll<PhoneNumber>('/numbers'),
        requestAll<Agent>('/agents'),
      ]);
      setPreview(previewOf(sheet, { numbers, agents, phones }));
    } catch (reason) {
      setError(reason);
    }
  };
  const apply = async () => {
    setApplying(true);
    const outcomes = await inTurns(good, async (line) => {
      const refusal = await write(line);
      setDone((count) => count + 1);
      return refusal;
    });
    setRefused(outcomes.filter((outcome) => outcome !== undefined));
    setApplying(false);
    void queries.invalidateQueries({ queryKey: ['numbers'] });
  };
  const saveBroken = async () => {
    const header = [...(preview?.header ?? []), 'line', 'reason'];
    const rows = broken.map(({ cells, line, reasons }) => [
      // As many cells as the header, so that the reason stands in its column.
      ...Array.from({ length: header.length - 2 }, (_, index) => cells[index] ?? ''),
      String(line),
      reasons.join('; '),
    ]);
    saveFile('numbers-broken.csv', await writeSheet([header, ...rows]));
  };

  return (
    <Modal
      opened
      onClose={close}
      size="min(1000px, 95vw)"
      fullScreen={isSmall}
      title="Import numbers"
      closeButtonProps={{ 'aria-label': 'Close' }}
      closeOnClickOutside={false}
      closeOnEscape={!isApplying}
    >
      <Stack gap="md">
        <Stepper active={refused ? 3 : preview ? 1 : 0} size="xs" allowNextStepsSelect={false} className="number-steps">
          <Stepper.Step label="File" />
          <Stepper.Step label="Preview" />
          <Stepper.Step label="Apply" />
        </Stepper>
        {!preview && <FileStep open={(file) => void open(file)} resetRef={resetFile} />}
        {error !== undefined && <ProblemAlert error={error} />}
        {preview && (
          <>
            <Text size="sm" role="status">
              {refused ? doneWords(good.length - refused.length, broken.length) : countWords(lines)}
            </Text>
            {preview.ignored.length > 0 && (
              <Text size="sm" c="dimmed">
                Columns that mean nothing here: {preview.ignored.join(', ')}.
              </Text>
            )}
            {isApplying && <Progress value={(done / good.length) * 100} aria-label="Rows applied" />}
            <PreviewTable lines={refused ? broken : lines} />
          </>
        )}
        <Group justify="flex-end">
          {broken.length > 0 && (
            <Button variant="default" onClick={() => void saveBroken()} disabled={isApplying}>
              {broken.length === 1 ? 'Download the broken row' : `Download ${broken.length} broken rows`}
            </Button>
          )}
          {preview && !isApplying && !refused && (
            <Button variant="default" onClick={() => setPreview(undefined)}>
              Another file
            </Button>
          )}
          <Button variant={refused ? 'filled' : 'default'} onClick={close} disabled={isApplying}>
            {refused ? 'Close' : 'Cancel'}
          </Button>
          {preview && !refused && (
            <Button onClick={() => void apply()} disabled={good.length === 0} loading={isApplying} data-autofocus>
              {good.length === 1 ? 'Apply 1 row' : `Apply ${good.length} rows`}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}

function FileStep(props: { open: (file: File | null) => void; resetRef: React.RefObject<(() => void) | null> }) {
  const { open, resetRef } = props;
  return (
    <section
      className="number-drop"
      aria-label="File"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        open(event.dataTransfer.files[0] ?? null);
      }}
    >
      <Stack gap="sm" align="center" ta="center">
        <FileButton
          onChange={open}
          accept=".csv,text/csv"
          resetRef={resetRef}
          inputProps={{ 'aria-label': 'CSV file' }}
        >
          {(button) => (
            <Button leftSection={<IconUpload size={16} />} {...button}>
              Choose a CSV file
            </Button>
          )}
        </FileButton>
        <Text size="sm">Or drop it here. Nothing is changed before you have seen what it would do.</Text>
        <Text size="xs" c="dimmed" maw={640}>
          The first line names the columns; only “number” is needed, and a column that is left out leaves what is set.
          Columns: {COLUMNS.join(', ')}.
        </Text>
        <Button
          variant="subtle"
          size="xs"
          onClick={() => void writeSheet([COLUMNS]).then((text) => saveFile('numbers-template.csv', text))}
        >
          Download an empty file with all columns
        </Button>
      </Stack>
    </section>
  );
}

/** Writes a row onto the version that the preview was made from; the row as a broken one when it is refused. */
async function write({ line, number, cells, body, version }: GoodLine): Promise<Broken | undefined> {
  const guard = version === undefined ? { headers: { 'If-None-Match': '*' } } : { ifMatch: version };
  try {
    await request(`/numbers/${encodeURIComponent(number)}`, { method: 'PUT', body, ...guard });
    return undefined;
  } catch (error) {
    return { kind: 'broken', line, number, cells, reasons: reasonsOf(error) };
  }
}

function reasonsOf(error: unknown): string[] {
  const fields = error instanceof ApiProblem ? Object.entries(error.fields) : [];
  return fields.length > 0 ? fields.map(([field, message]) => `${field}: ${message}`) : [wordsOf(error)];
}

function countWords(lines: readonly PreviewLine[]): string {
  const count = (kind: PreviewLine['kind']) => lines.filter((line) => line.kind === kind).length;
  return `${count('new')} new, ${count('changed')} changed, ${count('same')} same, ${count('broken')} broken. Nothing is changed yet.`;
}

function doneWords(applied: number, broken: number): string {
  return `${applied === 1 ? '1 row is' : `${applied} rows are`} applied. ${broken === 0 ? 'None is left.' : `${broken} broken left.`}`;
}
