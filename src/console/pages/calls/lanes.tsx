import { IconScissors } from '@tabler/icons-react';
import { memo, useMemo } from 'react';
import type { Call, Turn } from '../../api/types.ts';
import { shownDuration } from '../../parts/format.ts';
import type { Layout } from './lane-layout.ts';
import { distinct, ICON_PX, type Scale, scaleOf, widthOf } from './lane-scale.ts';
import { Gaps, Streams, Tools } from './lane-things.tsx';
import type { Peaks } from './use-peaks.ts';
import { ticksOf, type View } from './view.ts';
import { strokeWidthOf, wavePath } from './wave.ts';

/** A time of the axis needs so much room. */
const LEAST_TIME_PX = 34;

interface LanesProps {
  readonly call: Call;
  readonly view: View;
  readonly widthPx: number;
  readonly layout: Layout;
  readonly peaks: Peaks | undefined;
  readonly chosenIndex: number | undefined;
}

/** Everything that happened in a call on one clock: what each side said, what came between, tools and streams. */
export const Lanes = memo(function Lanes({ call, view, widthPx, layout, peaks, chosenIndex }: LanesProps) {
  const scale = useMemo(() => scaleOf(view, widthPx), [view, widthPx]);
  const chosen = chosenIndex === undefined ? undefined : call.turns[chosenIndex];
  return (
    <svg className="lanes" width={widthPx} height={layout.heightPx} aria-hidden>
      <defs>
        <pattern id="unheard" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="6" height="6" className="lane-unheard-ground" />
          <line x1="0" y1="0" x2="0" y2="6" className="lane-unheard-line" />
        </pattern>
      </defs>
      <Ticks scale={scale} layout={layout} />
      <Voice side="caller" turns={call.turns} peaks={peaks} scale={scale} layout={layout} />
      <Voice side="agent" turns={call.turns} peaks={peaks} scale={scale} layout={layout} />
      {layout.gaps !== undefined && <Gaps turns={call.turns} y={layout.gaps} scale={scale} />}
      <Cuts turns={call.turns} layout={layout} scale={scale} />
      {layout.tools !== undefined && <Tools toolCalls={call.toolCalls} y={layout.tools} scale={scale} />}
      {layout.streams !== undefined && <Streams call={call} y={layout.streams} scale={scale} />}
      <Times scale={scale} layout={layout} />
      {chosen && scale.sees(chosen.startMs, chosen.endMs) && (
        <rect
          className="lane-chosen"
          x={scale.x(chosen.startMs) - 1}
          y={layout[chosen.role] + 1}
          width={widthOf(chosen, scale) + 2}
          height={layout.voicePx - 2}
          rx={3}
        />
      )}
    </svg>
  );
});

function Ticks({ scale, layout }: { scale: Scale; layout: Layout }) {
  return ticksOf(scale.view, scale.widthPx).map((ms) => (
    <line key={ms} className="lane-tick" x1={scale.x(ms)} x2={scale.x(ms)} y1={layout.axis} y2={layout.heightPx} />
  ));
}

/** Above everything else, which narrow screens draw over the axis. */
function Times({ scale, layout }: { scale: Scale; layout: Layout }) {
  return ticksOf(scale.view, scale.widthPx)
    .filter((ms) => scale.widthPx - scale.x(ms) > LEAST_TIME_PX)
    .map((ms) => (
      <text key={ms} x={scale.x(ms) + 3} y={layout.axis + 10}>
        {shownDuration(ms)}
      </text>
    ));
}

function Voice(props: {
  side: 'caller' | 'agent';
  turns: readonly Turn[];
  peaks: Peaks | undefined;
  scale: Scale;
  layout: Layout;
}) {
  const { side, turns, peaks, scale, layout } = props;
  const top = layout[side];
  const middle = top + layout.voicePx / 2;
  const half = layout.voicePx / 2 - 4;
  const own = turns.filter(({ role, startMs, endMs }) => role === side && scale.sees(startMs, endMs));
  return (
    <g data-lane={side}>
      {distinct(own, scale).map((turn) => (
        <rect
          key={turn.startMs}
          className={`lane-turn lane-${side}`}
          x={scale.x(turn.startMs)}
          y={top + 2}
          width={widthOf(turn, scale)}
          height={layout.voicePx - 4}
          rx={3}
        />
      ))}
      <line className="lane-silence" x1={0} x2={scale.widthPx} y1={middle} y2={middle} />
      {peaks && peaks[side].length > 0 && (
        <path
          className={`lane-wave lane-${side}`}
          strokeWidth={strokeWidthOf(peaks[side].length, peaks, scale.view, scale.widthPx)}
          d={wavePath(peaks[side], peaks, scale.view, scale.x, middle, half)}
        />
      )}
    </g>
  );
}

/** Where the agent was cut, and that there was more. How long the rest would have been nobody knows. */
function Cuts({ turns, layout, scale }: { turns: readonly Turn[]; layout: Layout; scale: Scale }) {
  const cut = turns.filter((turn) => turn.role === 'agent' && turn.interrupted && scale.sees(turn.startMs, turn.endMs));
  return distinct(cut, scale, ICON_PX).map((turn) => {
    const heardEndMs = turn.role === 'agent' ? turn.startMs + turn.heardMs : turn.endMs;
    const x = scale.x(Math.min(heardEndMs, turn.endMs));
    const width = Math.max(ICON_PX + 4, scale.x(turn.endMs) - x);
    // Of a call that is seen from far away there is only the sign.
    const isWide = widthOf(turn, scale) > ICON_PX;
    return (
      <g key={turn.startMs} data-mark="cut">
        {isWide && (
          <rect fill="url(#unheard)" x={x} y={layout.agent + 2} width={width} height={layout.voicePx - 4} rx={2} />
        )}
        <rect className="lane-cut-ground" x={x} y={layout.agent + 2} width={ICON_PX + 4} height={ICON_PX + 4} rx={2} />
        <IconScissors className="lane-cut" x={x + 2} y={layout.agent + 4} size={ICON_PX} />
      </g>
    );
  });
}
