import type { Failure, ReplayResult } from '../replayed-call.js';
import type { CallDifferences, EarlierRun } from '../run/compare.js';
import { escapeXml } from '../run/report.js';
import {
  type Cell,
  failureCounts,
  type Row,
  type Run,
  type RunCall,
  rowsOf,
  runSentence,
  type Verdict,
  verdictOf,
} from '../run/run-results.js';
import { page } from './page.js';
import { callView, type Sound } from './page-call.js';
import { failureWords, fieldWords, isAboutOneMoreCall } from './page-words.js';
import { RUN_SCRIPT, RUN_STYLE } from './run-page-style.js';

/** Sound that a page holds, in bytes; a page much larger than this is slow to open. */
const MOST_SOUND = 24_000_000;
/** Calls that are not as expected are open when the page is, up to so many. */
const MOST_OPEN = 3;

/** What a run is compared with. */
export interface Against {
  readonly earlier: EarlierRun;
  readonly differences: readonly CallDifferences[];
}

const VERDICTS: Readonly<Record<Verdict, { badge: string; words: string; mark: string }>> = {
  passed: { badge: 'good', words: 'as expected', mark: '✓' },
  failed: { badge: 'bad', words: 'not as expected', mark: '✗' },
  'not-run': { badge: 'bad', words: 'not run', mark: '!' },
};

/**
 * One page that shows a run, what is not as expected first. Needs nothing but itself; the sound of what is as expected stays in
 * the file that `soundFile` names, relative to the page.
 */
export function runPage(run: Run, soundFile: (call: RunCall) => string, against?: Against): string {
  const rows = [...rowsOf(run)].sort((a, b) => order(a.verdict) - order(b.verdict));
  const sounds = soundsOf(run, soundFile);
  // One call needs no list.
  const isAlone = rows.length === 1;
  const body = [
    `<h1>${escapeXml(runSentence(run))}</h1>`,
    `<p class="soft">${escapeXml(`Recorded calls on ${run.where}, ${run.startedAt.replace('T', ' ').slice(0, 19)} UTC, in ${(run.tookMs / 1000).toFixed(0)} s`)}</p>`,
    isAlone ? '' : figures(run, rows),
    run.variants.length > 1 ? matrix(run, rows) : '',
    against ? againstSentence(against) : '',
    ...(isAlone ? [] : ['<h2>Calls</h2>', filter(against !== undefined)]),
    `<div class="heads"><span></span><span>call</span><span>length</span><span>slowest answer</span><span>result</span></div>`,
    `<div id="calls">${rows.map((row, index) => rowDetails(run, row, index, sounds, against)).join('\n')}</div>`,
    isAlone ? '' : '<p id="none" class="soft" hidden>No call is like that.</p>',
  ];
  return page(runSentence(run), body.filter(Boolean).join('\n'), RUN_STYLE, isAlone ? '' : RUN_SCRIPT);
}

function order(verdict: Verdict): number {
  return verdict === 'passed' ? 1 : 0;
}

/** What is not as expected is heard in the page itself, as far as there is room. */
function soundsOf(run: Run, soundFile: (call: RunCall) => string): Map<RunCall, Sound> {
  let left = MOST_SOUND;
  return new Map(
    run.calls.map((call): [RunCall, Sound] => {
      const { result } = call;
      if (!result.call) return [call, 'none'];
      const byteLength = result.call.heard.length * 2;
      if (verdictOf(result) === 'passed' || byteLength > left) return [call, { file: soundFile(call) }];
      left -= byteLength;
      return [call, 'embedded'];
    }),
  );
}

function figures(run: Run, rows: readonly Row[]): string {
  const count = (verdict: Verdict) => rows.filter((row) => row.verdict === verdict).length;
  const slowest = rows.flatMap(({ cells }) => cells.flatMap(({ slowestGapMs }) => slowestGapMs ?? []));
  const cards: [string, string][] = [
    [String(rows.length), 'calls'],
    [String(count('passed')), 'as expected'],
    [String(count('failed')), 'not as expected'],
    ...(count('not-run') > 0 ? [[String(count('not-run')), 'could not be run'] as [string, string]] : []),
    ...(run.rounds > 1 ? [[String(run.rounds), 'times each'] as [string, string]] : []),
    ...(slowest.length > 0 ? [[`${Math.round(Math.max(...slowest))} ms`, 'slowest answer'] as [string, string]] : []),
  ];
  return `<div class="figures">${cards.map(([value, label]) => `<div class="figure"><b>${value}</b><span>${label}</span></div>`).join('')}</div>`;
}

function matrix(run: Run, rows: readonly Row[]): string {
  const heads = run.variants.map((variant) => `<th scope="col">${escapeXml(variant)}</th>`).join('');
  const lines = rows.map((row, index) => {
    const cells = run.variants.map((variant) => {
      const cell = row.cells.find((each) => each.variant === variant);
      if (!cell) return '<td class="soft">not begun</td>';
      return `<td class="cell-${cell.verdict}"><a href="#${cellId(index, run, cell)}">${VERDICTS[cell.verdict].mark} ${resultWords(cell)}</a> <span class="soft">${gapWords(cell)}</span></td>`;
    });
    return `<tr><th scope="row" class="name">${escapeXml(row.name)}</th>${cells.join('')}</tr>`;
  });
  return `<h2>Side by side</h2><div class="card scroll" tabindex="0" role="group" aria-label="Side by side"><table class="matrix"><thead><tr><th scope="col">call</th>${heads}</tr></thead><tbody>${lines.join('\n')}</tbody></table></div>`;
}

function againstSentence({ earlier, differences }: Against): string {
  const compared = differences.filter(({ state }) => state === 'compared');
  const changed = compared.filter((call) => call.differences.length > 0).length;
  return `<p>Against the run of ${escapeXml(earlier.startedAt.replace('T', ' ').slice(0, 19))} UTC: ${changed} of ${compared.length} replays are not as they were.</p>`;
}

function filter(hasChanges: boolean): string {
  const choices: [string, string][] = [
    ['all', 'all'],
    ['failed', 'not as expected'],
    ['passed', 'as expected'],
    ...(hasChanges ? [['changed', 'not as it was'] as [string, string]] : []),
  ];
  const radios = choices.map(
    ([value, words]) =>
      `<label><input type="radio" name="show" value="${value}"${value === 'all' ? ' checked' : ''}> ${words}</label>`,
  );
  return `<div class="filter" hidden><input type="search" aria-label="Words in name or failure" placeholder="Words in name or failure"><fieldset><legend>show</legend>${radios.join('')}</fieldset><button type="button" data-open="true">Open all</button><button type="button" data-open="false">Close all</button><span id="count" class="soft" role="status"></span></div>`;
}

function rowDetails(
  run: Run,
  row: Row,
  index: number,
  sounds: Map<RunCall, Sound>,
  against: Against | undefined,
): string {
  const calls = row.cells.flatMap((cell) => cell.calls);
  const results = calls.map(({ result }) => result);
  const failures = results.flatMap((result) => result.failures);
  const changes = calls.map((call) => changesOf(call, against));
  const changeCount = changes.reduce((sum, { length }) => sum + length, 0);
  const inside =
    calls.length === 1
      ? callView(results[0]!, { id: `c${index + 1}`, sound: sounds.get(calls[0]!) ?? 'none', differences: changes[0]! })
      : row.cells.map((cell) => cellDetails(run, row, cell, index, sounds, against)).join('\n');
  const isOpen = row.verdict !== 'passed' && index < MOST_OPEN;
  const words = [row.name, row.description, ...failures.map(({ field, message }) => `${field} ${message}`)]
    .join(' ')
    .toLowerCase();
  return `<details class="row ${row.verdict}" id="c${index + 1}" data-verdict="${row.verdict}" data-words="${escapeXml(words)}"${changeCount > 0 ? ' data-changed' : ''}${isOpen ? ' open' : ''}>
<summary><span class="name">${escapeXml(row.name)}</span>${summaryCells(row, results)}${firstFailure(results)}${changeCount > 0 ? `<span class="changed">not as it was: ${changeCount === 1 ? '1 thing' : `${changeCount} things`}</span>` : ''}</summary>
<div class="inside"><p class="soft">${escapeXml(row.description)}</p>
${inside}</div></details>`;
}

function summaryCells(row: Row, results: readonly ReplayResult[]): string {
  const lengths = results.flatMap(({ call }) => (call ? [call.mediaEndMs] : []));
  const gaps = row.cells.flatMap(({ slowestGapMs }) => slowestGapMs ?? []);
  const passedCount = row.cells.reduce((sum, cell) => sum + cell.passedCount, 0);
  const { badge, words, mark } = VERDICTS[row.verdict];
  const verdict = results.length === 1 ? `${mark} ${words}` : `${mark} ${passedCount}/${results.length}`;
  return `<span class="figure-cell">${lengths.length === 0 ? '–' : `${(Math.max(...lengths) / 1000).toFixed(1)} s`}</span><span class="figure-cell">${gaps.length === 0 ? '–' : `${Math.round(Math.max(...gaps))} ms`}</span><span class="figure-cell"><span class="badge ${badge}">${verdict}</span></span>`;
}

function firstFailure(results: readonly ReplayResult[]): string {
  const result = results.find(({ failures }) => failures.length > 0);
  const [first, ...others] = result?.failures ?? [];
  if (!result || !first) return '';
  const more = others.length > 0 ? ` … and ${others.length} more` : '';
  return `<span class="first">${escapeXml(`${sentence(first, result)}${more}`)}</span>`;
}

function sentence(failure: Failure, { record }: ReplayResult): string {
  const time = failure.atMs === undefined ? '' : ` (at ${(failure.atMs / 1000).toFixed(2)} s)`;
  const about = isAboutOneMoreCall(failure) ? '' : `${failureWords(failure, record)}: `;
  return `${about}${failure.message}${time}`;
}

function cellDetails(
  run: Run,
  row: Row,
  cell: Cell,
  index: number,
  sounds: Map<RunCall, Sound>,
  against: Against | undefined,
): string {
  const results = cell.calls.map(({ result }) => result);
  const title =
    run.variants.length > 1 && run.rounds > 1
      ? `<h3 id="${cellId(index, run, cell)}">${escapeXml(cell.variant)}: ${resultWords(cell)}</h3>`
      : '';
  const counts = run.rounds > 1 ? countTable(failureCounts(results), results) : '';
  const replays = cell.calls.map((call) => {
    const verdict = verdictOf(call.result);
    const id = run.rounds > 1 ? `${cellId(index, run, cell)}-${call.round}` : cellId(index, run, cell);
    const name = run.rounds > 1 ? `${call.round} of ${run.rounds}` : cell.variant;
    const isFirstFailed = call.result === results.find(({ failures }) => failures.length > 0);
    const view = callView(call.result, {
      id,
      sound: sounds.get(call) ?? 'none',
      differences: changesOf(call, against),
    });
    return `<details class="row ${verdict}" id="${id}"${isFirstFailed ? ' open' : ''}><summary><span class="name">${escapeXml(name)}</span>${summaryCells({ ...row, verdict, cells: [{ ...cell, calls: [call], passedCount: verdict === 'passed' ? 1 : 0, verdict }] }, [call.result])}${firstFailure([call.result])}</summary><div class="inside">${view}</div></details>`;
  });
  return `${title}${counts}${replays.join('\n')}`;
}

function countTable(counts: ReturnType<typeof failureCounts>, results: readonly ReplayResult[]): string {
  if (counts.length === 0) return '';
  const rows = counts.map(
    ({ field, count, example }) =>
      `<tr><td class="number">${count} of ${results.length}</td><td>${escapeXml(fieldWords(field, results[0]?.record, example.tool))} <code>${escapeXml(field)}</code></td><td>${escapeXml(example.message)}</td></tr>`,
  );
  return `<div class="card scroll" tabindex="0" role="group" aria-label="How often expectations failed"><table><thead><tr><th class="number">failed</th><th>expectation</th><th>for instance</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function changesOf({ result, variant, round }: RunCall, against: Against | undefined): CallDifferences['differences'] {
  const found = against?.differences.find(
    (each) => each.name === result.name && each.variant === variant && each.round === round,
  );
  return found?.differences ?? [];
}

function cellId(index: number, { variants }: Run, { variant }: Cell): string {
  return `c${index + 1}-v${variants.indexOf(variant) + 1}`;
}

function resultWords(cell: Cell): string {
  return cell.calls.length > 1 ? `${cell.passedCount}/${cell.calls.length}` : VERDICTS[cell.verdict].words;
}

function gapWords({ slowestGapMs }: Cell): string {
  return slowestGapMs === undefined ? '' : `${Math.round(slowestGapMs)} ms`;
}
