import { IconAlertTriangle, IconPhoneCall, IconRefresh } from '@tabler/icons-react';
import type { Call, ModelStream, ToolCall, Turn } from '../../api/types.ts';
import { shownMs, speedOf } from '../../parts/format.ts';
import { LANES } from './lane-layout.ts';
import { ICON_PX, LEAST_PX, LETTER_PX, type Scale } from './lane-scale.ts';

/** From the caller's last speech to the agent's first sound, as brackets with their ms. */
export function Gaps({ turns, y, scale }: { turns: readonly Turn[]; y: number; scale: Scale }) {
  let freeFromPx = 0;
  const gaps = turns.flatMap((turn) =>
    turn.role === 'agent' && turn.responseGapMs !== undefined
      ? [{ fromMs: turn.startMs - turn.responseGapMs, toMs: turn.startMs, gapMs: turn.responseGapMs }]
      : [],
  );
  return gaps.map(({ fromMs, toMs, gapMs }) => {
    if (!scale.sees(fromMs, toMs)) return null;
    const [x, end] = [scale.x(fromMs), scale.x(toMs)];
    const speed = speedOf(gapMs);
    const label = speed === 'plain' ? shownMs(gapMs) : `${shownMs(gapMs)} ${speed}`;
    const width = label.length * LETTER_PX;
    const labelX = Math.max(2, Math.min((x + end - width) / 2, scale.widthPx - width));
    const hasRoom = labelX >= freeFromPx;
    // From far away only those that matter are told apart.
    if (end - x < LEAST_PX && (!hasRoom || speed === 'plain')) return null;
    if (hasRoom) freeFromPx = labelX + width + 6;
    return (
      <g key={toMs} className="lane-gap" data-speed={speed} data-mark="gap">
        <path
          d={`M${x} ${y + 13}v5M${x} ${y + 15.5}H${Math.max(end, x + LEAST_PX)}M${Math.max(end, x + LEAST_PX)} ${y + 13}v5`}
        />
        {hasRoom && (
          <text x={labelX} y={y + 10}>
            {label}
          </text>
        )}
      </g>
    );
  });
}

export function Tools({ toolCalls, y, scale }: { toolCalls: readonly ToolCall[]; y: number; scale: Scale }) {
  let freeFromPx = 0;
  return toolCalls.map(({ id, name, outcome, startMs, durationMs }) => {
    const endMs = outcome === 'running' ? scale.view.toMs : startMs + durationMs;
    if (!scale.sees(startMs, endMs)) return null;
    const x = scale.x(startMs);
    const width = Math.max(LEAST_PX, scale.x(endMs) - x);
    const isBad = outcome === 'failed' || outcome === 'aborted';
    const label = `${isBad ? '! ' : ''}${name} ${outcome === 'running' ? 'running' : shownMs(durationMs)}`;
    const labelPx = label.length * LETTER_PX;
    const wanted = labelPx + 8 < width ? Math.max(2, x + 4) : x + width + 4;
    const labelX = Math.min(wanted, scale.widthPx - labelPx);
    const hasRoom = labelX >= freeFromPx;
    if (hasRoom) freeFromPx = labelX + labelPx + 8;
    return (
      <g key={id} className="lane-tool" data-bad={isBad} data-mark="tool">
        <rect x={x} y={y + 3} width={width} height={LANES.thingsPx - 6} rx={2} />
        {hasRoom && (
          <text x={labelX} y={y + 14}>
            {label}
          </text>
        )}
      </g>
    );
  });
}

/** Each stream to the model, what ended it, and when the carrier connected the call again. */
export function Streams({ call, y, scale }: { call: Call; y: number; scale: Scale }) {
  const startedMs = Date.parse(call.mediaStartedAt ?? call.startedAt);
  return (
    <>
      {call.streams.map((stream, index) => (
        <StreamBar key={index} stream={stream} number={index + 1} y={y} scale={scale} />
      ))}
      {call.reconnections.map(({ at, why }) => {
        const atMs = Date.parse(at) - startedMs;
        if (!scale.sees(atMs, atMs)) return null;
        return (
          <g key={at} className="lane-stream">
            <IconPhoneCall x={scale.x(atMs)} y={y + 4} size={ICON_PX} />
            <text x={scale.x(atMs) + ICON_PX + 3} y={y + 14}>
              {why}
            </text>
          </g>
        );
      })}
    </>
  );
}

function StreamBar({ stream, number, y, scale }: { stream: ModelStream; number: number; y: number; scale: Scale }) {
  const { openedMs, closedMs, closed } = stream;
  const endMs = closedMs ?? scale.view.toMs;
  if (!scale.sees(openedMs, endMs)) return null;
  const from = Math.max(0, scale.x(openedMs));
  const to = Math.min(scale.widthPx, scale.x(endMs));
  const isLost = closed !== null && !['ended', 'renewed', 'handed-over'].includes(closed);
  const label = closed === null || closed === 'ended' ? `stream ${number}` : `stream ${number}, ${closed}`;
  const Icon = isLost ? IconAlertTriangle : IconRefresh;
  return (
    <g className="lane-stream" data-bad={isLost} data-mark="stream">
      <rect x={from} y={y + 3} width={Math.max(LEAST_PX, to - from)} height={LANES.thingsPx - 6} rx={2} />
      {to - from > label.length * LETTER_PX + ICON_PX + 12 && (
        <text x={from + 6} y={y + 14}>
          {label}
        </text>
      )}
      {closed !== null && closed !== 'ended' && <Icon x={to - ICON_PX - 1} y={y + 4} size={ICON_PX} />}
    </g>
  );
}
