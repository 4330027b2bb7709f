import { ActionIcon, Button, Group, Stack, Text, Title } from '@mantine/core';
import { IconPlayerPlay, IconX } from '@tabler/icons-react';
import type { AgentTurn, Call } from '../../api/types.ts';
import { shownDuration, shownMs, speedOf } from '../../parts/format.ts';
import { toolsOf, wordCount } from './call-figures.ts';
import { DelayParts } from './delay-parts.tsx';
import { ToolCalls } from './tool-calls.tsx';

/** One turn: where its delay went, what it asked tools, how much of it was heard. */
export function TurnDetails(props: {
  call: Call;
  index: number;
  play: ((startMs: number) => void) | undefined;
  close: () => void;
}) {
  const { call, index, play, close } = props;
  const turn = call.turns[index];
  if (!turn) return null;
  return (
    <Stack gap="xs" data-turn-details={index + 1}>
      <Group gap="xs" wrap="nowrap">
        <Title order={2}>
          Turn {index + 1}: {turn.role} at {shownDuration(turn.startMs)}
        </Title>
        {play && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconPlayerPlay size={12} />}
            onClick={() => play(turn.startMs)}
          >
            Play it
          </Button>
        )}
        <ActionIcon ml="auto" variant="subtle" color="gray" aria-label="Close the turn" onClick={close}>
          <IconX size={16} />
        </ActionIcon>
      </Group>
      {turn.role === 'agent' ? (
        <AgentDetails call={call} turn={turn} />
      ) : (
        <Text size="sm">
          {wordCount(turn.text)} words in {shownMs(Math.max(0, turn.endMs - turn.startMs))}
        </Text>
      )}
    </Stack>
  );
}

function AgentDetails({ call, turn }: { call: Call; turn: AgentTurn }) {
  const { responseGapMs, responseGapFromTurnEndMs, responseGapParts } = turn;
  const tools = toolsOf(turn, call);
  const heard = wordCount(turn.heardText);
  const speed = responseGapMs === undefined ? 'plain' : speedOf(responseGapMs);
  return (
    <>
      {responseGapMs === undefined ? (
        <Text size="sm" c="dimmed">
          It answered nobody: there is no response gap.
        </Text>
      ) : (
        <Text size="sm">
          Response gap <b className="tabular">{shownMs(responseGapMs)}</b>
          {speed !== 'plain' && ` (${speed})`}
          {responseGapFromTurnEndMs !== undefined &&
            `, ${shownMs(responseGapFromTurnEndMs)} of it after the model knew that the turn was over`}
        </Text>
      )}
      {responseGapMs !== undefined && responseGapParts && <DelayParts gapMs={responseGapMs} parts={responseGapParts} />}
      <Text size="sm">
        {heard} of {wordCount(turn.text)} words were heard, in {shownMs(turn.heardMs)}
        {turn.sentText !== undefined && turn.interrupted && `; ${wordCount(turn.sentText)} had been sent`}
        {turn.interrupted && `; cut off at ${shownDuration(turn.endMs)}`}
      </Text>
      {tools.length > 0 && <ToolCalls toolCalls={tools} />}
    </>
  );
}
