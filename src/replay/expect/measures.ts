import { rmsDbfs } from '../../audio/level.js';
import { decodeMulaw } from '../../audio/mulaw.js';
import type { AgentStretch, CallerAct, ReplayedCall } from '../replayed-call.js';

const BYTES_PER_MS = 8;
const WINDOW_MS = 20;
/** Quieter than this is the silence before and after the words of a recording, in dBFS. */
const VOICE_DBFS = -41;

/** Where a stretch of mu-law is audible, in ms of it; undefined when it is silent. */
export function voiceIn(
  mulaw: Uint8Array,
  fromMs: number,
  toMs: number,
): { startMs: number; endMs: number } | undefined {
  const samples = new Int16Array(WINDOW_MS * BYTES_PER_MS);
  let found: { startMs: number; endMs: number } | undefined;
  for (let atMs = fromMs; atMs + WINDOW_MS <= toMs; atMs += WINDOW_MS) {
    const offset = Math.round(atMs * BYTES_PER_MS);
    const count = decodeMulaw(mulaw.subarray(offset, offset + samples.length), samples);
    if (count === 0 || rmsDbfs(samples.subarray(0, count)) < VOICE_DBFS) continue;
    found = { startMs: found?.startMs ?? atMs, endMs: atMs + WINDOW_MS };
  }
  return found;
}

/** How long the caller waited for an answer: end of the caller's voice to the beginning of the agent's, in ms. */
export interface ResponseGap {
  agentTurn: number;
  atMs: number;
  gapMs: number;
}

/** One for every agent stretch that follows the caller's voice with nothing between. */
export function responseGaps(call: Pick<ReplayedCall, 'agentStretches' | 'callerActs'>): ResponseGap[] {
  return call.agentStretches.flatMap((stretch, index) => {
    const previousEndMs = call.agentStretches[index - 1]?.startMs ?? Number.NEGATIVE_INFINITY;
    const voices = call.callerActs.map((act) => act.voice).filter((voice) => voice !== undefined);
    const last = voices.filter((voice) => voice.startMs < stretch.startMs).at(-1);
    if (!last || last.endMs > stretch.startMs || last.endMs < previousEndMs) return [];
    return [{ agentTurn: index + 1, atMs: stretch.startMs, gapMs: stretch.startMs - last.endMs }];
  });
}

/** The longest time in which the caller heard nothing and did not speak. */
export function longestDeadAir(call: Pick<ReplayedCall, 'agentStretches' | 'waits' | 'callerActs' | 'mediaEndMs'>): {
  atMs: number;
  forMs: number;
} {
  const sounds = [
    ...call.agentStretches,
    ...call.waits,
    ...call.callerActs.map((act: CallerAct) => act.voice ?? { startMs: act.startMs, endMs: act.endMs }),
    { startMs: call.mediaEndMs, endMs: call.mediaEndMs },
  ].sort((a, b) => a.startMs - b.startMs);
  let longest = { atMs: 0, forMs: 0 };
  let quietSinceMs = 0;
  for (const { startMs, endMs } of sounds) {
    if (startMs - quietSinceMs > longest.forMs) longest = { atMs: quietSinceMs, forMs: startMs - quietSinceMs };
    quietSinceMs = Math.max(quietSinceMs, endMs);
  }
  return longest;
}

/** For how long the agent went on when the caller began to speak over it, in ms. */
export interface TalkOver {
  agentTurn: number;
  /** When the caller's voice began. */
  atMs: number;
  bothMs: number;
}

/** One for every time that the caller's voice begins while the agent's sounds. */
export function talkOvers(call: Pick<ReplayedCall, 'agentStretches' | 'callerActs'>): TalkOver[] {
  return call.callerActs.flatMap(({ voice }) => {
    if (!voice) return [];
    const index = call.agentStretches.findIndex((each) => each.startMs < voice.startMs && voice.startMs < each.endMs);
    const stretch = call.agentStretches[index];
    if (!stretch) return [];
    return [{ agentTurn: index + 1, atMs: voice.startMs, bothMs: stretch.endMs - voice.startMs }];
  });
}

/** Interruptions of an agent that was being heard, and when its voice stopped. */
export interface HeardInterruption {
  atMs: number;
  agentTurn: number;
  stoppedAfterMs: number;
  /** A piece of the agent's voice that came while the caller was still speaking. */
  resumedAtMs: number | undefined;
}

/** By the model's own word where it is known; else an interruption is the caller's voice over the agent's. */
export function heardInterruptions(call: ReplayedCall): HeardInterruption[] {
  const voices = call.callerActs.map((act) => act.voice).filter((voice) => voice !== undefined);
  const isOver = (stretch: AgentStretch, atMs: number) => stretch.startMs < atMs && atMs <= stretch.endMs;
  const moments =
    call.interruptions.length > 0
      ? call.interruptions
      : voices
          .map((voice) => voice.startMs)
          .filter((atMs) => call.agentStretches.some((stretch) => isOver(stretch, atMs)));
  return moments.flatMap((atMs) => {
    // A cut arrives within a few ms; the stretch that was cut may be over when the model's word is noted.
    const index = call.agentStretches.findIndex((each) =>
      isOver({ ...each, endMs: each.endMs + (each.cut ? 50 : 0) }, atMs),
    );
    const stretch = call.agentStretches[index];
    if (!stretch) return [];
    const quietMs = voices.find((voice) => voice.startMs <= atMs && voice.endMs > atMs)?.endMs ?? atMs;
    const resumed = call.agentStretches.slice(index + 1).find((each) => each.startMs < quietMs);
    return [
      {
        atMs,
        agentTurn: index + 1,
        stoppedAfterMs: Math.max(0, stretch.endMs - atMs),
        resumedAtMs: resumed?.startMs,
      },
    ];
  });
}
