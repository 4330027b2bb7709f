import { Button, Drawer } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconListDetails } from '@tabler/icons-react';
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { Call } from '../../api/types.ts';
import { CallTranscript, REACHED_BY_KEYS } from '../../parts/call-transcript.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useNow } from '../../parts/use-now.ts';
import { CallActions } from './call-actions.tsx';
import { isNotable, lengthOf, nextTurn, previousTurn, turnAt } from './call-figures.ts';
import { CallHeader } from './call-header.tsx';
import { Details } from './details.tsx';
import { Player } from './player.ts';
import { PlayerBar } from './player-bar.tsx';
import { soundOf } from './sound.ts';
import { Timeline } from './timeline.tsx';
import { type CallKeys, useCallKeys } from './use-call-keys.ts';
import { usePeaks } from './use-peaks.ts';
import { usePlace } from './use-place.ts';
import { isWhole, type View, zoomed } from './view.ts';

const NOW_EVERY_MS = 1000;
/** Of a call that is over nothing moves by itself. */
const NEVER_MS = 2_000_000_000;

/** What is known of a call: the line of time, what was said, and what the chosen turn was made of. */
export function CallView({ call, error, again }: { call: Call; error: unknown; again: () => void }) {
  const { callSid, turns } = call;
  const isLive = call.state !== 'ended';
  const isNarrow = useMediaQuery('(max-width: 900px)', undefined, { getInitialValueInEffect: false }) ?? false;
  const lengthMs = lengthOf(call, useNow(isLive ? NOW_EVERY_MS : NEVER_MS));
  const [player] = useState(() => new Player());
  const place = usePlace(player, turns.length);
  const { chosenIndex, choose } = place;
  const sound = soundOf(call);
  const [zoomedView, setZoomedView] = useState<View>();
  const view = useMemo(() => zoomedView ?? { fromMs: 0, toMs: lengthMs }, [zoomedView, lengthMs]);
  const peaks = usePeaks(callSid, sound.isThere, view, lengthMs);
  const [failure, setFailure] = useState<unknown>();
  const [isSheetOpen, setSheetOpen] = useState(false);
  const [jumpCount, setJumpCount] = useState(chosenIndex === undefined ? 0 : 1);

  const isPlaying = useSyncExternalStore(player.follow, player.getIsPlaying);
  const playedIndex = useSyncExternalStore(player.follow, () =>
    player.getMs() > 0 || player.getIsPlaying() ? turnAt(turns, player.getMs()) : undefined,
  );
  const nowIndex = isLive ? turns.length - 1 : playedIndex;

  const setView = useCallback(
    (change: (view: View) => View) =>
      setZoomedView((before) => {
        const next = change(before ?? { fromMs: 0, toMs: lengthMs });
        return isWhole(next, lengthMs) ? undefined : next;
      }),
    [lengthMs],
  );
  const seek = (ms: number) => {
    place.seek(Math.min(ms, lengthMs));
    setJumpCount((count) => count + 1);
  };
  const goTo = (index: number | undefined) => {
    const turn = index === undefined ? undefined : turns[index];
    if (!turn) return;
    seek(turn.startMs);
    choose(index);
  };
  const pressed = (ms: number) => {
    seek(ms);
    const index = turnAt(turns, ms);
    if (index !== undefined && (turns[index]?.endMs ?? 0) >= ms) choose(index);
  };
  const opened = (index: number | undefined) => {
    choose(index);
    setSheetOpen(index !== undefined);
  };
  const play = (startMs: number) => {
    seek(startMs);
    player.play();
  };
  const keys: CallKeys = {
    toggle: () => sound.isThere && player.toggle(),
    move: (byMs) => seek(Math.max(0, player.getMs() + byMs)),
    previousTurn: () => goTo(previousTurn(turns, player.getMs())),
    nextTurn: () => goTo(nextTurn(turns, player.getMs())),
    nextNotable: () => goTo(nextTurn(turns, player.getMs(), isNotable)),
  };
  useCallKeys(keys);

  const details = (
    <Details
      call={call}
      chosenIndex={chosenIndex}
      tab={place.tab}
      setTab={place.setTab}
      choose={isNarrow ? opened : choose}
      play={sound.isThere ? play : undefined}
    />
  );
  return (
    <div className="call-page">
      <CallHeader call={call} lengthMs={lengthMs}>
        <CallActions call={call} failed={setFailure} />
      </CallHeader>
      {[error, failure, peaks.error].map(
        (problem, index) =>
          problem !== undefined && problem !== null && <ProblemAlert key={index} error={problem} again={again} />,
      )}
      <section className="call-player" aria-label="Player">
        <Timeline
          call={call}
          lengthMs={lengthMs}
          view={view}
          setView={setView}
          whole={peaks.whole}
          near={peaks.near}
          player={player}
          chosenIndex={chosenIndex}
          isNarrow={isNarrow}
          seek={pressed}
        />
        <PlayerBar
          player={player}
          sound={sound}
          lengthMs={lengthMs}
          keys={keys}
          isNarrow={isNarrow}
          isZoomed={!isWhole(view, lengthMs)}
          zoom={(factor) =>
            setView((before) => {
              const atMs = player.getMs();
              const isSeen = atMs >= before.fromMs && atMs <= before.toMs;
              return zoomed(before, factor, isSeen ? atMs : (before.fromMs + before.toMs) / 2, lengthMs);
            })
          }
          more={
            isNarrow && (
              <Button
                size="compact-sm"
                variant="default"
                ml="auto"
                leftSection={<IconListDetails size={14} />}
                onClick={() => setSheetOpen(true)}
              >
                Details
              </Button>
            )
          }
        />
        {sound.isThere && <Audio callSid={callSid} player={player} />}
      </section>
      <div className="call-panes">
        <CallTranscript
          call={call}
          isLive={isLive}
          nowIndex={nowIndex}
          isMoving={isLive || isPlaying}
          jumpCount={jumpCount}
          play={sound.isThere ? play : undefined}
          choose={opened}
        />
        {!isNarrow && (
          <section className="call-details" aria-label="Details" {...REACHED_BY_KEYS}>
            {details}
          </section>
        )}
      </div>
      <Drawer
        opened={isNarrow && isSheetOpen}
        onClose={() => setSheetOpen(false)}
        position="bottom"
        size="75%"
        title="Details"
        closeButtonProps={{ 'aria-label': 'Close' }}
        // Its header is that of a dialog, not of the page.
        attributes={{ header: { role: 'presentation' } }}
      >
        {details}
      </Drawer>
    </div>
  );
}

/** Asks for the recording as it is played, in ranges. */
function Audio({ callSid, player }: { callSid: string; player: Player }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const audio = document.createElement('audio');
    audio.preload = 'metadata';
    audio.src = `/api/calls/${encodeURIComponent(callSid)}/audio.wav`;
    place.current?.append(audio);
    const detach = player.attach(audio);
    return () => {
      detach();
      // The browser lets go of what it has loaded.
      audio.removeAttribute('src');
      audio.remove();
    };
  }, [player, callSid]);
  return <div ref={place} hidden />;
}
