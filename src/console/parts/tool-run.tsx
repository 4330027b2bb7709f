import { Badge, Box, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { ToolCall } from '../api/types.ts';
import { CodeBlock } from './code-block.tsx';
import { shownDuration, shownMs } from './format.ts';
import { whyWords } from './tool-words.ts';

const LOOKS: Readonly<Record<ToolCall['outcome'], string>> = {
  running: 'system',
  answered: 'agent',
  failed: 'danger',
  aborted: 'warning',
};

/** What was asked of a tool, and what came of it; behind it, unless it was secret, what belongs to it. */
export function ToolRun({ run, children }: { run: Omit<ToolCall, 'id' | 'wanted'>; children?: ReactNode }) {
  const { name, kind, input, output, startMs, durationMs, outcome, code, why, sensitive } = run;
  return (
    <article aria-label={`${name} at ${shownDuration(startMs)}`}>
      <Group gap="xs" mb={4}>
        <Text size="sm" fw={600} style={{ color: 'var(--tool)', overflowWrap: 'anywhere' }}>
          {name}
        </Text>
        <Text size="xs" c="dimmed" className="tabular">
          {kind} · at {shownDuration(startMs)}
          {outcome !== 'running' && ` · ${shownMs(durationMs)}`}
        </Text>
        <Badge
          variant="light"
          styles={{
            root: { color: `var(--${LOOKS[outcome]})`, background: `var(--${LOOKS[outcome]}-soft)`, fontWeight: 600 },
          }}
        >
          {outcome}
          {code !== undefined && ` ${code}`}
        </Badge>
      </Group>
      {sensitive ? (
        <Text size="sm" c="dimmed">
          Something secret was said: it is not kept.
        </Text>
      ) : (
        <>
          <Text size="xs" c="dimmed">
            input
          </Text>
          <CodeBlock text={JSON.stringify(input, null, 2)} />
          <Text size="xs" c="dimmed" mt={4}>
            output
          </Text>
          <CodeBlock text={JSON.stringify(output, null, 2)} />
          {why && (
            <Text size="xs" mt={4} style={{ overflowWrap: 'anywhere' }}>
              Why it failed: {whyWords(why)}
            </Text>
          )}
          {children}
        </>
      )}
    </article>
  );
}

/** What the agent that was asked wanted done first, in the order in which it was done. */
export function WantedRuns({ by, runs = [] }: { by: string; runs?: ToolCall['wanted'] }) {
  return runs.map((run, index) => (
    <Box key={`${run.name} ${index}`} mt={8} ml="md">
      <Text size="xs" c="dimmed">
        wanted by {by}
      </Text>
      <ToolRun run={run} />
    </Box>
  ));
}
