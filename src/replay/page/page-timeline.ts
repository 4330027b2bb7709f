import type { CallRecord } from '../../call/record.js';
import { heardInterruptions, responseGaps } from '../expect/measures.js';
import type { Failure, ReplayedCall } from '../replayed-call.js';
import { escapeXml } from '../run/report.js';
import { timeOf } from './page-words.js';
import { waveformPath } from './waveform.js';

/** Width of the page in characters of the lanes' type, for telling which labels would lie on one another. */
const CHARACTERS_WIDE = 150;
/** Failures that are nearer than this share of the call have one marker. */
const SAME_PLACE = 0.012;
/** Columns of a waveform; more would only make the page larger. */
const MOST_COLUMNS = 1500;
/** Below this a second of a long call could no longer be told from the next, in px. */
const PX_PER_SECOND = 18;

/** A place on the time axis where something is not as expected; `numbers` count the call's failures from 1. */
export interface Marker {
  readonly id: string;
  readonly atMs: number;
  readonly numbers: readonly number[];
}

/** Where the failures are, those near one another together. `id` is the call's on the page. */
export function markersOf(
  id: string,
  failures: readonly Failure[],
  { mediaEndMs }: ReplayedCall,
  record: CallRecord | undefined,
): Marker[] {
  const placed = failures.flatMap((failure, index) => {
    const atMs = timeOf(failure, record);
    return atMs === undefined ? [] : [{ atMs, number: index + 1 }];
  });
  const markers: { id: string; atMs: number; numbers: number[] }[] = [];
  for (const { atMs, number } of placed.sort((a, b) => a.atMs - b.atMs)) {
    const last = markers.at(-1);
    if (last && atMs - last.atMs <= mediaEndMs * SAME_PLACE) last.numbers.push(number);
    else markers.push({ id: `${id}-at${markers.length + 1}`, atMs, numbers: [number] });
  }
  return markers;
}

/** Both voices on one time axis, and below them in lanes what happened. */
export function timeline(
  call: ReplayedCall,
  record: CallRecord | undefined,
  markers: readonly Marker[],
  id: string,
): string {
  const totalMs = Math.max(1, call.mediaEndMs);
  const scale = scaleOf(totalMs);
  const lanes = [
    failureLane(markers, scale, id),
    voiceLane('caller', call.said, scale, callerWords(call, scale)),
    voiceLane('agent', call.heard, scale, [...agentWords(record, scale), ...waitsForAnswers(call, scale)]),
    lane('interrupted', interruptions(call), scale),
    lane('tools', tools(record), scale),
    lane('waiting', waits(call), scale),
    lane('events', events(call), scale),
    marksLane(call, scale),
    `<div class="lane axis"><div class="label">time</div>${axis(totalMs)
      .map((atMs) => `<span class="at" style="left:${scale.share(atMs)}">${atMs / 1000} s</span>`)
      .join('')}</div>`,
  ];
  const minimum = Math.max(760, Math.round((totalMs / 1000) * PX_PER_SECOND));
  return `<div class="scroll" tabindex="0" role="group" aria-label="The call on a time axis"><div class="timeline" data-seconds="${totalMs / 1000}" style="min-width:${minimum}px">
${lanes.filter(Boolean).join('\n')}
<div class="over">${markers.map(({ atMs }) => `<div class="wrong-at" style="left:${scale.share(atMs)}"></div>`).join('')}<div class="cursor"></div></div>
</div></div>`;
}

interface Scale {
  readonly totalMs: number;
  share(atMs: number): string;
  span(startMs: number, endMs: number): string;
}

function scaleOf(totalMs: number): Scale {
  const within = (atMs: number) => Math.max(0, Math.min(atMs, totalMs));
  const percent = (ms: number) => `${((ms / totalMs) * 100).toFixed(3)}%`;
  return {
    totalMs,
    share: (atMs) => percent(within(atMs)),
    span: (startMs, endMs) => `left:${percent(within(startMs))};width:${percent(within(endMs) - within(startMs))}`,
  };
}

function failureLane(markers: readonly Marker[], { share, totalMs }: Scale, id: string): string {
  if (markers.length === 0) return '';
  const edge = (atMs: number) => (atMs > totalMs * 0.97 ? ' late' : atMs < totalMs * 0.03 ? ' early' : '');
  const links = markers.map(
    (marker) =>
      `<a class="wrong-here${edge(marker.atMs)}" id="${marker.id}" href="#${id}-f${marker.numbers[0]}" data-at="${marker.atMs / 1000}" style="left:${share(marker.atMs)}" title="${escapeXml(`not as expected, at ${(marker.atMs / 1000).toFixed(2)} s: number ${marker.numbers.join(', ')} of the list below`)}">✗ ${marker.numbers.join(', ')}</a>`,
  );
  return `<div class="lane wrongs"><div class="label">failures</div>${links.join('')}</div>`;
}

function voiceLane(who: 'caller' | 'agent', mulaw: Uint8Array, { totalMs }: Scale, parts: readonly string[]): string {
  const stepMs = Math.max(20, Math.ceil(totalMs / MOST_COLUMNS / 20) * 20);
  const wave = `<svg viewBox="0 -100 ${totalMs} 200" preserveAspectRatio="none" role="img" aria-label="waveform of the ${who}"><path stroke-width="${stepMs}" d="${waveformPath(mulaw, stepMs)}"/></svg>`;
  return `<div class="lane voice ${who}"><div class="label">${who}</div>${wave}${parts.join('')}</div>`;
}

function callerWords(call: ReplayedCall, { span }: Scale): string[] {
  return call.callerActs
    .filter(({ kind }) => kind === 'say')
    .map(({ words, voice, startMs, endMs }) => block(words, span(voice?.startMs ?? startMs, voice?.endMs ?? endMs)));
}

function agentWords(record: CallRecord | undefined, { span }: Scale): string[] {
  const turns = record?.turns ?? [];
  return turns
    .filter((turn) => turn.role === 'agent')
    .map((turn) => block(turn.heardText, span(turn.startMs, turn.endMs)));
}

function waitsForAnswers(call: ReplayedCall, { span }: Scale): string[] {
  return responseGaps(call).map(
    ({ atMs, gapMs }) => `<div class="gap" style="${span(atMs - gapMs, atMs)}"><span>${ms(gapMs)}</span></div>`,
  );
}

/** Something in a lane. Without an end it is a moment. */
interface Thing {
  readonly text: string;
  readonly startMs: number;
  readonly endMs?: number;
  readonly title?: string;
  readonly kind?: string;
}

function interruptions(call: ReplayedCall): Thing[] {
  return heardInterruptions(call).map(({ atMs, stoppedAfterMs }) => ({
    text: `silent after ${ms(stoppedAfterMs)}`,
    startMs: atMs,
    endMs: atMs + stoppedAfterMs,
    kind: 'cut',
  }));
}

function tools(record: CallRecord | undefined): Thing[] {
  return (record?.toolCalls ?? []).map(({ name, outcome, startMs, durationMs }) => ({
    text: outcome === 'answered' ? name : `${name} (${outcome})`,
    startMs,
    endMs: startMs + durationMs,
    title: `${ms(durationMs)}, ${outcome}`,
    kind: 'tool',
  }));
}

function waits({ waits: spans }: ReplayedCall): Thing[] {
  return spans.map(({ startMs, endMs }) => ({ text: 'sound of waiting', startMs, endMs, kind: 'wait' }));
}

function events(call: ReplayedCall): Thing[] {
  const acts = call.callerActs
    .filter(({ kind }) => kind !== 'say')
    .map(({ kind, words, startMs }) => ({ text: kind === 'press' ? `⌨ ${words}` : '☎ hangs up', startMs }));
  const spoken = call.spoken
    .filter(({ atMs }) => atMs >= 0)
    .map(({ text, atMs }) => ({ text: `carrier: ${text}`, startMs: atMs }));
  const dialled = call.dialled.map(({ to, atMs }) => ({ text: `carrier: dials ${to}`, startMs: atMs }));
  return [...acts, ...spoken, ...dialled];
}

/** Rows enough that no label lies on another. */
function lane(label: string, things: readonly Thing[], { totalMs, share, span }: Scale): string {
  if (things.length === 0) return '';
  const msPerCharacter = totalMs / CHARACTERS_WIDE;
  const rowEnds: number[] = [];
  const parts = [...things]
    .sort((a, b) => a.startMs - b.startMs)
    .map(({ text, startMs, endMs = startMs, title = '', kind }) => {
      const labelMs = (text.length + 3) * msPerCharacter;
      // Near the right edge the text stands to the left of its time.
      const isLate = endMs + labelMs > totalMs;
      const fromMs = isLate ? startMs - labelMs : startMs;
      const free = rowEnds.findIndex((untilMs) => untilMs <= fromMs);
      const row = free < 0 ? rowEnds.length : free;
      rowEnds[row] = isLate ? endMs : endMs + labelMs;
      const top = `top:${5 + row * 26}px`;
      const late = isLate ? ' late' : '';
      if (kind === undefined)
        return `<div class="note${late}" style="left:${share(startMs)};${top}">${escapeXml(text)}</div>`;
      return `<div class="bar ${kind}${late}" style="${span(startMs, endMs)};${top}" title="${escapeXml(title)}"><span>${escapeXml(text)}</span></div>`;
    });
  return `<div class="lane things" style="height:${rowEnds.length * 26 + 4}px"><div class="label">${label}</div>${parts.join('')}</div>`;
}

function marksLane(call: ReplayedCall, { share }: Scale): string {
  const marks = call.marks
    .filter(({ returnedMs }) => returnedMs !== undefined)
    .map(
      ({ name, returnedMs = 0, cleared }) =>
        `<div class="tick${cleared ? ' cleared' : ''}" style="left:${share(returnedMs)}" title="${escapeXml(`mark ${name}${cleared ? ', cleared' : ''} at ${ms(returnedMs)}`)}"></div>`,
    );
  return marks.length === 0 ? '' : `<div class="lane things"><div class="label">marks</div>${marks.join('')}</div>`;
}

function axis(totalMs: number): number[] {
  const stepMs = [1000, 2000, 5000, 10_000, 30_000, 60_000].find((step) => totalMs / step <= 16) ?? 300_000;
  return Array.from({ length: Math.floor(totalMs / stepMs) + 1 }, (_, index) => index * stepMs);
}

function block(text: string, style: string): string {
  return `<div class="turn" style="${style}" title="${escapeXml(text)}">${escapeXml(text)}</div>`;
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
