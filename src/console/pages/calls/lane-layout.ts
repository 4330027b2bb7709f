import type { Call } from '../../api/types.ts';

/** Heights in px. */
export const LANES = { axisPx: 14, voicePx: 54, gapsPx: 20, thingsPx: 20 } as const;
const NARROW_VOICE_PX = 32;

/** Where each lane begins from the top, in px; lanes with nothing in them are left out. */
export interface Layout {
  readonly axis: number;
  readonly caller: number;
  readonly gaps: number | undefined;
  readonly agent: number;
  readonly tools: number | undefined;
  readonly streams: number | undefined;
  readonly voicePx: number;
  readonly heightPx: number;
}

/** Caller above, agent below, as in the recording; below them what ran meanwhile. */
export function layoutOf(call: Call, isNarrow: boolean): Layout {
  if (isNarrow) {
    return {
      axis: 0,
      caller: 0,
      gaps: undefined,
      agent: NARROW_VOICE_PX,
      tools: undefined,
      streams: undefined,
      voicePx: NARROW_VOICE_PX,
      heightPx: 2 * NARROW_VOICE_PX,
    };
  }
  const caller = LANES.axisPx;
  const gaps = caller + LANES.voicePx;
  const agent = gaps + LANES.gapsPx;
  let y = agent + LANES.voicePx;
  const lane = (isThere: boolean) => {
    if (!isThere) return undefined;
    y += LANES.thingsPx;
    return y - LANES.thingsPx;
  };
  const tools = lane(call.toolCalls.length > 0);
  const streams = lane(call.streams.length > 0);
  return { axis: 0, caller, gaps, agent, tools, streams, voicePx: LANES.voicePx, heightPx: y + 2 };
}
