import { decodeMulaw } from '../../audio/mulaw.js';
import { writeWav } from '../../audio/wav.js';
import type { AgentTurn, CallRecord, Turn } from '../../call/record.js';
import { heardInterruptions, longestDeadAir, responseGaps } from '../expect/measures.js';
import type { Failure, ReplayedCall, ReplayResult } from '../replayed-call.js';
import type { Difference } from '../run/compare.js';
import { escapeXml, GAP_NOTE, nearest } from '../run/report.js';
import { type Marker, markersOf, timeline } from './page-timeline.js';
import { failureWords, isAboutOneMoreCall, markedPair, timeOf, toolIndexOf, turnIndexOf } from './page-words.js';

/** Failures that are read at once; the others may follow from them. */
const MOST_SHOWN = 3;

/** Where the sound of a call is: in the page, in a file beside it, or nowhere. */
export type Sound = 'embedded' | 'none' | { readonly file: string };

/** What a page shows of one replay. `id` is its own on the page. */
export interface CallView {
  readonly id: string;
  readonly sound: Sound;
  /** Against an earlier run. */
  readonly differences?: readonly Difference[];
}

/** One replay: both voices with what is not as expected, the list of it, turns, tools and delays. */
export function callView(result: ReplayResult, { id, sound, differences = [] }: CallView): string {
  const { call, record, failures } = result;
  const markers = call ? markersOf(id, failures, call, record) : [];
  const parts = [
    ...(call ? [`<div class="card">${timeline(call, record, markers, id)}${player(call, sound)}${LEGEND}</div>`] : []),
    failureList(id, result, markers),
    differenceList(differences),
    ...(call ? [figures(call, record), turnTable(id, result), toolTable(id, result)] : []),
  ];
  return `<div class="call-view" id="${id}-view">${parts.filter(Boolean).join('\n')}</div>`;
}

const LEGEND =
  '<p class="soft">Brackets over the agent’s words are waits for an answer. Marks are what the carrier said was played; red ones came back because of a clear.</p>';

function failureList(id: string, { failures, record }: ReplayResult, markers: readonly Marker[]): string {
  if (failures.length === 0) return '';
  const items = failures.map((failure, index) => {
    const marker = markers.find(({ numbers }) => numbers.includes(index + 1));
    return `<li id="${id}-f${index + 1}"><div class="what"><b>${escapeXml(failureWords(failure, record))}</b> <code>${escapeXml(failure.field)}</code>${jump(id, failure, record, marker)}</div>${pair(failure)}</li>`;
  });
  return `<section class="card failures"><h3>${failures.length === 1 ? 'What is not as expected' : `${failures.length} things are not as expected`}</h3><ol>${items.slice(0, MOST_SHOWN).join('')}</ol>${folded(items.slice(MOST_SHOWN))}</section>`;
}

function folded(items: readonly string[]): string {
  if (items.length === 0) return '';
  const consequences = items.length === 1 ? 'perhaps a consequence' : 'perhaps consequences';
  return `<details class="more"><summary>${items.length} more, ${consequences}</summary><ol start="${MOST_SHOWN + 1}">${items.join('')}</ol></details>`;
}

/** A link to the place in the picture, else in the transcript. */
function jump(id: string, failure: Failure, record: CallRecord | undefined, marker: Marker | undefined): string {
  const atMs = timeOf(failure, record);
  const time = atMs === undefined ? '' : ` at ${seconds(atMs, 2)}`;
  const turn = isAboutATurn(failure) ? turnIndexOf(failure, record) : undefined;
  const links = [
    ...(marker ? [`<a class="jump" href="#${marker.id}">show${time}</a>`] : []),
    ...(turn === undefined
      ? []
      : [`<a class="jump" href="#${id}-t${turn + 1}">turn ${turn + 1} in the transcript</a>`]),
  ];
  return links.length === 0 ? '' : ` ${links.join(' ')}`;
}

/** Others only fall into the time of a turn. */
function isAboutATurn({ field }: Failure): boolean {
  return /^(turns\[|limits\.(responseGap|interruption)|heard\.|said\.)/.test(field);
}

function pair(failure: Failure): string {
  const { message, expected, found } = failure;
  if (isAboutOneMoreCall(failure)) return '';
  if (expected === undefined || found === undefined) return `<p>${escapeXml(message)}</p>`;
  const marked = markedPair(expected, found);
  return `<dl class="pair"><dt>expected</dt><dd class="expected">${marked.expected}</dd><dt>found</dt><dd class="found">${marked.found}</dd></dl>`;
}

function differenceList(differences: readonly Difference[]): string {
  if (differences.length === 0) return '';
  const items = differences.map(({ about, before, now, atMs }) => {
    const marked = markedPair(before, now);
    const time = atMs === undefined ? '' : ` <span class="soft">at ${seconds(atMs, 2)}</span>`;
    return `<li><div class="what"><b>${escapeXml(about)}</b>${time}</div><dl class="pair"><dt>before</dt><dd class="expected">${marked.expected}</dd><dt>now</dt><dd class="found">${marked.found}</dd></dl></li>`;
  });
  return `<section class="card changes"><h3>Not as it was in the earlier run</h3><ul>${items.join('')}</ul></section>`;
}

function figures(call: ReplayedCall, record: CallRecord | undefined): string {
  const gaps = responseGaps(call).map(({ gapMs }) => gapMs);
  const stops = heardInterruptions(call).map(({ stoppedAfterMs }) => stoppedAfterMs);
  const cards: [string, string][] = [
    [seconds(call.mediaEndMs), 'length of the call'],
    [gaps.length === 0 ? '–' : ms(Math.max(...gaps)), 'longest wait for an answer'],
    ...(stops.length > 0 ? [[ms(Math.max(...stops)), 'from interruption to silence'] as [string, string]] : []),
    [seconds(longestDeadAir(call).forMs), 'longest dead air'],
    [String(call.gaps.length), 'gaps inside speech'],
    [String(call.clears.length), 'clears'],
    ...(record ? [[ms(record.audio.filledMs), 'missing caller audio filled'] as [string, string]] : []),
    ...(record ? [[record.endReason ?? 'not yet', 'how it ended'] as [string, string]] : []),
  ];
  return `<div class="figures">${cards
    .map(([value, label]) => `<div class="figure"><b>${escapeXml(value)}</b><span>${escapeXml(label)}</span></div>`)
    .join('')}</div>`;
}

function player(call: ReplayedCall, sound: Sound): string {
  if (sound === 'none') return '';
  if (sound === 'embedded') {
    return `<audio controls preload="metadata" aria-label="the call: caller left, agent right" src="data:audio/wav;base64,${soundOf(call)}"></audio><p class="soft">Caller on the left, agent on the right. Click into the picture to hear it from there.</p>`;
  }
  return `<p class="soft">The sound of this call is not in this page: <a href="${escapeXml(encodeURI(sound.file))}">${escapeXml(sound.file)}</a> beside it.</p>`;
}

function soundOf(call: ReplayedCall): string {
  const channels = [call.said, call.heard].map((mulaw) => {
    const samples = new Int16Array(mulaw.length);
    decodeMulaw(mulaw, samples);
    return samples;
  });
  return Buffer.from(writeWav({ rateHz: 8000, channels, mulaw: true })).toString('base64');
}

function turnTable(id: string, { call, record, failures }: ReplayResult): string {
  if (!record || record.turns.length === 0) return '';
  const heardGaps = call ? responseGaps(call) : [];
  const rows = record.turns.map((turn, index) => {
    const wrong = notes(
      id,
      record,
      failures,
      (failure) => isAboutATurn(failure) && turnIndexOf(failure, record) === index,
    );
    const parts = turn.role === 'agent' ? turn.responseGapParts : undefined;
    const cells = parts
      ? [parts.endpointing, parts.model, parts.tools, parts.bridge, parts.playout].map((part) => number(ms(part)))
      : Array<string>(5).fill('<td></td>');
    const gapMs = turn.role === 'agent' ? turn.responseGapMs : undefined;
    const heardGapMs = turn.role === 'agent' ? nearest(heardGaps, turn.startMs)?.gapMs : undefined;
    return `<tr id="${id}-t${index + 1}"${wrong && ' class="wrong"'}>${number(String(index + 1))}${number(seconds(turn.startMs))}<td class="role-${turn.role}">${turn.role}</td><td class="words">${words(turn)}${wrong}</td>${number(heardGapMs === undefined ? '' : ms(heardGapMs))}${number(gapMs === undefined ? '' : ms(gapMs))}${cells.join('')}</tr>`;
  });
  const heads = ['gap heard', 'gap in the bridge', 'endpointing', 'model', 'tools', 'bridge', 'playout'];
  return `<h3>Turns</h3>
<div class="card scroll" tabindex="0" role="group" aria-label="Turns"><table><thead><tr><th class="number">turn</th><th class="number">at</th><th>who</th><th>words, as heard</th>${heads.map((head) => `<th class="number">${head}</th>`).join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table><p class="soft">${GAP_NOTE}</p></div>`;
}

function toolTable(id: string, { record, failures }: ReplayResult): string {
  if (!record || record.toolCalls.length === 0) return '';
  const rows = record.toolCalls.map((tool, index) => {
    const wrong = notes(id, record, failures, (failure) => toolIndexOf(failure, record) === index);
    return `<tr${wrong && ' class="wrong"'}>${number(seconds(tool.startMs))}<td>${escapeXml(tool.name)}${wrong}</td><td><code>${escapeXml(JSON.stringify(tool.input))}</code></td><td><code>${escapeXml(JSON.stringify(tool.output))}</code></td><td>${tool.outcome}</td>${number(ms(tool.durationMs))}</tr>`;
  });
  return `<h3>Tool calls</h3>
<div class="card scroll" tabindex="0" role="group" aria-label="Tool calls"><table><thead><tr><th class="number">at</th><th>tool</th><th>input</th><th>output</th><th>outcome</th><th class="number">took</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
}

/** What is not as expected in one row of a table. */
function notes(
  id: string,
  record: CallRecord,
  failures: readonly Failure[],
  isHere: (failure: Failure) => boolean,
): string {
  return failures
    .map((failure, index) => ({ failure, number: index + 1 }))
    .filter(({ failure }) => isHere(failure))
    .map(({ failure, number: count }) => {
      return `<div class="wrong-note"><a href="#${id}-f${count}">✗ ${count}</a> ${escapeXml(noteWords(failure, record))}</div>`;
    })
    .join('');
}

function noteWords(failure: Failure, record: CallRecord): string {
  const { message, expected, found } = failure;
  if (expected === undefined || found === undefined || isAboutOneMoreCall(failure)) return message;
  // What it is about is plain from the row itself but for what was measured.
  const about = /^(turns|toolCalls)\[/.test(failure.field) ? '' : `${failureWords(failure, record)}: `;
  return `${about}found ${found}, expected ${expected}`;
}

function words(turn: Turn): string {
  if (turn.role === 'caller') return escapeXml(turn.text);
  return `${escapeXml(turn.heardText)}${unheard(turn)}${turn.interrupted ? ' <span class="soft">(interrupted)</span>' : ''}`;
}

function unheard(turn: AgentTurn): string {
  if (!turn.interrupted || !turn.text.startsWith(turn.heardText)) return '';
  return `<del>${escapeXml(turn.text.slice(turn.heardText.length))}</del>`;
}

function number(text: string): string {
  return `<td class="number">${text}</td>`;
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}

function seconds(value: number, digits = 1): string {
  return `${(value / 1000).toFixed(digits)} s`;
}
