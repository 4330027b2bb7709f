import { Stack, Text } from '@mantine/core';
import type { ToolCall } from '../../api/types.ts';
import { ToolRun, WantedRuns } from '../../parts/tool-run.tsx';

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
        <ToolRun key={toolCall.id} run={toolCall}>
          <WantedRuns by={toolCall.name} runs={toolCall.wanted} />
        </ToolRun>
      ))}
    </Stack>
  );
}
