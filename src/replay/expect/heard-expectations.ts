import type { CallRecord } from '../../call/record.js';
import type { Expectations } from '../fixture/schema.js';
import type { Failure, ReplayedCall } from '../replayed-call.js';
import { bounds, failure, forbiddenWords, ms, wordFailures } from './failure-words.js';
import { clicksIn, clipping, loudnessDbfs } from './loudness.js';
import { heardInterruptions, longestDeadAir, responseGaps, talkOvers } from './measures.js';
import { waitingFailures } from './tool-expectations.js';

/** What differs in what reached the caller's ear. */
export function heardFailures({ heard }: Expectations, call: ReplayedCall, record: CallRecord | undefined): Failure[] {
  if (!heard) return [];
  return [
    ...bounds('heard.', call.heardMs, heard, { atMs: lastHeardMs(call, record) }),
    ...waitingFailures(heard.waiting, call, record?.toolCalls ?? []),
    ...gapFailures(heard.noGapOver, call),
    ...interruptionFailures(heard.notAfterInterruption, call),
    ...(heard.text ? wordFailures('heard.text', heard.text, textHeard(record), call.mediaEndMs) : []),
    ...unwantedWords(heard.not, call, record),
    ...soundFailures(heard, call),
  ];
}

/** When the agent fell silent for good: of an agent who was never heard, when its first words were due. */
function lastHeardMs({ agentStretches, mediaEndMs }: ReplayedCall, record: CallRecord | undefined): number {
  const firstTurn = record?.turns.find(({ role }) => role === 'agent');
  return agentStretches.at(-1)?.endMs ?? firstTurn?.startMs ?? mediaEndMs;
}

function gapFailures(noGapOver: number | undefined, { gaps }: ReplayedCall): Failure[] {
  if (noGapOver === undefined) return [];
  return gaps
    .filter(({ forMs }) => forMs > noGapOver)
    .map(({ forMs, atMs }) => failure('heard.noGapOver', `gaps up to ${noGapOver} ms`, `a gap of ${ms(forMs)}`, atMs));
}

function interruptionFailures(limitMs: number | undefined, call: ReplayedCall): Failure[] {
  if (limitMs === undefined) return [];
  const field = 'heard.notAfterInterruption';
  const wanted = `silence ${limitMs} ms after the interruption`;
  return heardInterruptions(call).flatMap(({ atMs, agentTurn, stoppedAfterMs, resumedAtMs }) => [
    ...(stoppedAfterMs > limitMs
      ? [failure(field, wanted, `agent turn ${agentTurn} was heard for ${ms(stoppedAfterMs)}`, atMs)]
      : []),
    ...(resumedAtMs === undefined
      ? []
      : [failure(field, wanted, 'the agent was heard again while the caller spoke', resumedAtMs)]),
  ]);
}

function textHeard(record: CallRecord | undefined): string {
  const agentTurns = record?.turns.filter((turn) => turn.role === 'agent') ?? [];
  return agentTurns
    .map((turn) => turn.heardText)
    .filter(Boolean)
    .join(' ');
}

/** Words that were heard and must not have been: in the agent's turns, and in what the carrier itself said. */
function unwantedWords(
  unwanted: NonNullable<Expectations['heard']>['not'] = [],
  { spoken }: ReplayedCall,
  record: CallRecord | undefined,
): Failure[] {
  return unwanted.flatMap((words, index) => {
    const field = `heard.not[${index}]`;
    const ofAgent = (record?.turns ?? []).flatMap((turn, position) =>
      turn.role === 'agent'
        ? forbiddenWords(field, words, turn.heardText, turn.startMs).map((each) => ({ ...each, turn: position + 1 }))
        : [],
    );
    return [...ofAgent, ...spoken.flatMap(({ text, atMs }) => forbiddenWords(field, words, text, atMs))];
  });
}

function soundFailures(heard: NonNullable<Expectations['heard']>, call: ReplayedCall): Failure[] {
  const { loudness, clippingPercent, clicks: clicksAtMost } = heard;
  const failures: Failure[] = [];
  for (const stretch of loudness ? call.agentStretches : []) {
    const at = { shown: dbfs, atMs: stretch.startMs };
    failures.push(...bounds('heard.loudness.', loudnessDbfs(call.heard, stretch), loudness ?? {}, at));
  }
  if (clippingPercent !== undefined) {
    const { percent, atMs } = clipping(call.heard, call.agentStretches);
    if (percent > clippingPercent) {
      const found = `${Number(percent.toPrecision(3))} %`;
      failures.push(failure('heard.clippingPercent', `at most ${clippingPercent} %`, found, atMs));
    }
  }
  if (clicksAtMost !== undefined) {
    const clicks = call.agentStretches.flatMap((stretch) => clicksIn(call.heard, stretch));
    if (clicks.length > clicksAtMost) {
      const found = `${clicks.length}, at ${clicks.map(ms).join(', ')}`;
      failures.push(failure('heard.clicks', `at most ${clicksAtMost}`, found, clicks[clicksAtMost]));
    }
  }
  return failures;
}

/** What took longer than it may. */
export function limitFailures({ limits = {} }: Expectations, call: ReplayedCall): Failure[] {
  const { responseGap, interruption, deadAir } = limits;
  const over = (field: string, limitMs: number | undefined, foundMs: number, found: string, atMs: number): Failure[] =>
    limitMs === undefined || foundMs <= limitMs ? [] : [failure(field, `at most ${limitMs} ms`, found, atMs)];
  const { forMs, atMs: quietFromMs } = longestDeadAir(call);
  return [
    ...responseGaps(call).flatMap(({ gapMs, agentTurn, atMs }) =>
      over('limits.responseGap', responseGap, gapMs, `${ms(gapMs)} before agent turn ${agentTurn}`, atMs),
    ),
    ...talkOvers(call).flatMap(({ bothMs, agentTurn, atMs }) =>
      over(
        'limits.interruption',
        interruption,
        bothMs,
        `${ms(bothMs)} until agent turn ${agentTurn} fell silent`,
        atMs,
      ),
    ),
    ...over('limits.deadAir', deadAir, forMs, ms(forMs), quietFromMs),
  ];
}

function dbfs(value: number): string {
  return Number.isFinite(value) ? `${Number(value.toFixed(1))} dBFS` : 'silence';
}
