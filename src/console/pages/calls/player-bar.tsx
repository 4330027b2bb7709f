import { ActionIcon, Button, Group, Kbd, Popover, Table, Text, Tooltip } from '@mantine/core';
import {
  IconChevronsRight,
  IconKeyboard,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerTrackNext,
  IconPlayerTrackPrev,
  IconZoomIn,
  IconZoomOut,
  IconZoomReset,
} from '@tabler/icons-react';
import { type ReactNode, useState, useSyncExternalStore } from 'react';
import { shownDuration } from '../../parts/format.ts';
import type { Player } from './player.ts';
import type { Sound } from './sound.ts';
import { type CallKeys, KEY_WORDS } from './use-call-keys.ts';

const RATES = [1, 1.5, 2];

/** Plays, and goes from turn to turn. */
export function PlayerBar(props: {
  player: Player;
  sound: Sound;
  lengthMs: number;
  keys: CallKeys;
  isNarrow: boolean;
  isZoomed: boolean;
  zoom: (factor: number) => void;
  more?: ReactNode;
}) {
  const { player, sound, lengthMs, keys, isNarrow, isZoomed, zoom, more } = props;
  const isPlaying = useSyncExternalStore(player.follow, player.getIsPlaying);
  const trouble = useSyncExternalStore(player.follow, player.getTrouble);
  const [rate, setRate] = useState(1);
  const nextRate = RATES[(RATES.indexOf(rate) + 1) % RATES.length] ?? 1;
  return (
    <Group gap={4} className="player-bar">
      <ActionIcon
        size="lg"
        aria-label={isPlaying ? 'Pause' : 'Play'}
        disabled={!sound.isThere}
        onClick={() => keys.toggle()}
      >
        {isPlaying ? <IconPlayerPause size={18} /> : <IconPlayerPlay size={18} />}
      </ActionIcon>
      <Step name="Turn before" press={keys.previousTurn}>
        <IconPlayerTrackPrev size={16} />
      </Step>
      <Step name="Next turn" press={keys.nextTurn}>
        <IconPlayerTrackNext size={16} />
      </Step>
      <Step name="Next interruption or slow turn" press={keys.nextNotable}>
        <IconChevronsRight size={18} />
      </Step>
      <Text size="sm" className="tabular" px={4}>
        <Place player={player} /> / {shownDuration(lengthMs)}
      </Text>
      {sound.isThere && !isNarrow && (
        <Button
          size="compact-sm"
          variant="subtle"
          color="gray"
          className="tabular"
          aria-label={`Speed ${rate}, change it to ${nextRate}`}
          onClick={() => {
            setRate(nextRate);
            player.setRate(nextRate);
          }}
        >
          {rate}x
        </Button>
      )}
      {!isNarrow && (
        <>
          <Step name="Nearer" press={() => zoom(0.5)}>
            <IconZoomIn size={16} />
          </Step>
          <Step name="Further away" press={() => zoom(2)} isOff={!isZoomed}>
            <IconZoomOut size={16} />
          </Step>
          <Step name="The whole call" press={() => zoom(Number.POSITIVE_INFINITY)} isOff={!isZoomed}>
            <IconZoomReset size={16} />
          </Step>
          <KeyWords />
        </>
      )}
      {more}
      {(trouble ?? sound.note) !== undefined && (
        <Text size="xs" c={trouble === undefined ? 'dimmed' : 'var(--danger)'} role={trouble && 'alert'} px={4}>
          {trouble ?? sound.note}
        </Text>
      )}
    </Group>
  );
}

function Step(props: { name: string; press: () => void; isOff?: boolean; children: ReactNode }) {
  const { name, press, isOff = false, children } = props;
  return (
    <Tooltip label={name}>
      <ActionIcon size="lg" variant="subtle" color="gray" aria-label={name} disabled={isOff} onClick={press}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

function Place({ player }: { player: Player }) {
  const seconds = useSyncExternalStore(player.follow, () => Math.floor(player.getMs() / 1000));
  return <span data-place>{shownDuration(seconds * 1000)}</span>;
}

function KeyWords() {
  return (
    <Popover position="bottom-end" shadow="md">
      <Popover.Target>
        <ActionIcon size="lg" variant="subtle" color="gray" aria-label="Keys of the player">
          <IconKeyboard size={18} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown p="xs">
        <Table>
          <Table.Tbody>
            {KEY_WORDS.map(([key, what]) => (
              <Table.Tr key={key}>
                <Table.Td>
                  <Kbd>{key}</Kbd>
                </Table.Td>
                <Table.Td>{what}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Popover.Dropdown>
    </Popover>
  );
}
