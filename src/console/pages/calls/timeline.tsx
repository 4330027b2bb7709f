import './timeline.css';
import { useElementSize } from '@mantine/hooks';
import { useEffect, useMemo, useRef } from 'react';
import type { Call } from '../../api/types.ts';
import { shownDuration } from '../../parts/format.ts';
import { LANES, layoutOf } from './lane-layout.ts';
import { Lanes } from './lanes.tsx';
import { Minimap } from './minimap.tsx';
import type { Player } from './player.ts';
import { usePan } from './use-pan.ts';
import type { Peaks } from './use-peaks.ts';
import { isWhole, turnedTo, type View } from './view.ts';

/** The call on a line of time: a press seeks, Ctrl and the wheel go nearer, dragging moves what is seen. */
export function Timeline(props: {
  call: Call;
  lengthMs: number;
  view: View;
  setView: (change: (view: View) => View) => void;
  whole: Peaks | undefined;
  near: Peaks | undefined;
  player: Player;
  chosenIndex: number | undefined;
  isNarrow: boolean;
  seek: (ms: number) => void;
}) {
  const { call, lengthMs, view, setView, whole, near, player, chosenIndex, isNarrow, seek } = props;
  const { ref: sizeRef, width: widthPx } = useElementSize();
  const layout = useMemo(() => layoutOf(call, isNarrow), [call, isNarrow]);
  const pan = usePan({ view, setView, lengthMs, widthPx, press: (ms) => seek(Math.min(ms, lengthMs)) });
  const isNearThere =
    near !== undefined && near.fromMs <= view.fromMs + 1 && near.toMs >= Math.min(view.toMs, whole?.toMs ?? 0) - 1;

  useEffect(
    () =>
      player.follow(() => {
        if (player.getIsPlaying()) setView((before) => turnedTo(before, player.getMs(), lengthMs));
      }),
    [player, setView, lengthMs],
  );

  return (
    <div className="timeline">
      {!isNarrow && (
        <div className="lane-names" aria-hidden style={{ height: layout.heightPx }}>
          <LaneName y={layout.caller} heightPx={LANES.voicePx} name="caller" />
          <LaneName y={layout.gaps} heightPx={LANES.gapsPx} name="gap" />
          <LaneName y={layout.agent} heightPx={LANES.voicePx} name="agent" />
          <LaneName y={layout.tools} heightPx={LANES.thingsPx} name="tools" />
          <LaneName y={layout.streams} heightPx={LANES.thingsPx} name="model" />
        </div>
      )}
      <div className="lane-area">
        <div ref={sizeRef}>
          <div
            ref={pan.ref}
            {...pan.handlers}
            className="lane-field"
            role="slider"
            tabIndex={0}
            aria-label="Place in the call"
            aria-valuemin={0}
            aria-valuemax={Math.round(lengthMs / 1000)}
            aria-valuenow={0}
            style={{ height: layout.heightPx }}
          >
            {widthPx > 0 && (
              <Lanes
                call={call}
                view={view}
                widthPx={widthPx}
                layout={layout}
                peaks={isNearThere ? near : whole}
                chosenIndex={chosenIndex}
              />
            )}
            <Playhead player={player} view={view} widthPx={widthPx} lengthMs={lengthMs} field={pan.ref} />
          </div>
        </div>
        {!isWhole(view, lengthMs) && (
          <Minimap whole={whole} view={view} lengthMs={lengthMs} widthPx={widthPx} setView={setView} />
        )}
      </div>
    </div>
  );
}

function LaneName({ y, heightPx, name }: { y: number | undefined; heightPx: number; name: string }) {
  if (y === undefined) return null;
  return (
    <span style={{ top: y, height: heightPx }} data-name={name}>
      {name}
    </span>
  );
}

/** Moved past React: it changes with every frame that is drawn. */
function Playhead(props: {
  player: Player;
  view: View;
  widthPx: number;
  lengthMs: number;
  field: React.RefObject<HTMLDivElement | null>;
}) {
  const { player, view, widthPx, lengthMs, field } = props;
  const line = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const place = () => {
      const ms = player.getMs();
      const x = ((ms - view.fromMs) / (view.toMs - view.fromMs)) * widthPx;
      if (line.current) {
        line.current.style.transform = `translateX(${x.toFixed(1)}px)`;
        line.current.style.visibility = x < 0 || x > widthPx ? 'hidden' : 'visible';
      }
      field.current?.setAttribute('aria-valuenow', String(Math.round(ms / 1000)));
      field.current?.setAttribute('aria-valuetext', `${shownDuration(ms)} of ${shownDuration(lengthMs)}`);
    };
    place();
    return player.follow(place);
  }, [player, view, widthPx, lengthMs, field]);
  return <div ref={line} className="playhead" />;
}
