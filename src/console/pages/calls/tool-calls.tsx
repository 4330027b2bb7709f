import { Badge, Box, Group, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { ToolCall } from '../../api/types.ts';
import { shownDuration, shownMs } from '../../parts/format.ts';
import { whyWords } from '../../parts/tool-words.ts';

const LOOKS: Readonly<Record<ToolCall['outcome'], string>> = {
  running: 'system',
  answered: 'agent',
  failed: 'danger',
  aborted: 'warning',
};

/** What tools were asked, and what they answered. */
export function ToolCalls({ toolCalls }: { toolCalls: readonly ToolCall[] }) {
  if (toolCalls.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        No tool was asked in this call.
      </Text>
    );
  }
  return (
    <Stack gap="sm">
      {toolCalls.map((toolCall) => (
        <Run key={toolCall.id} run={toolCall}>
          {toolCall.wanted?.map((run, index) => (
            <Box key={`${run.name} ${index}`} mt={8} ml="md">
              <Text size="xs" c="dimmed">
                wanted by {toolCall.name}
              </Text>
              <Run run={run} />
            </Box>
          ))}
        </Run>
      ))}
    </Stack>
  );
}

type AnyRun = Omit<ToolCall, 'id' | 'wanted'>;

function Run({ run, children }: { run: AnyRun; children?: ReactNode }) {
  const { name, kind, input, output, startMs, durationMs, outcome, code, why, sensitive } = run;
  return (
    <section aria-label={`${name} at ${shownDuration(startMs)}`}>
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
          <pre className="mono code-block">{JSON.stringify(input, null, 2)}</pre>
          <Text size="xs" c="dimmed" mt={4}>
            output
          </Text>
          <pre className="mono code-block">{JSON.stringify(output, null, 2)}</pre>
          {why && (
            <Text size="xs" mt={4} style={{ overflowWrap: 'anywhere' }}>
              Why it failed: {whyWords(why)}
            </Text>
          )}
          {children}
        </>
      )}
    </section>
  );
}
