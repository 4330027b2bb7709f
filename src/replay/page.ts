import { decodeMulaw } from '../audio/mulaw.js';
import { writeWav } from '../audio/wav.js';
import type { AgentTurn, CallRecord, Turn } from '../call/record.js';
import { heardInterruptions, longestDeadAir, responseGaps } from './measures.js';
import { PAGE_SCRIPT, PAGE_STYLE } from './page-style.js';
import type { ReplayedCall, ReplayResult } from './replayed-call.js';
import { escapeXml, failureLine, GAP_NOTE } from './report.js';
import { waveformPath } from './waveform.js';

/** One page that shows a call: voices, turns, interruptions, tools, marks and delays. Needs nothing but itself. */
export function htmlPage(result: ReplayResult): string {
  const { name, description, failures, call, record } = result;
  const verdict =
    failures.length === 0
      ? '<span class="badge good">as expected</span>'
      : `<span class="badge bad">${failures.length === 1 ? '1 expectation' : `${failures.length} expectations`} not met</span>`;
  const body = call ? [figures(call, record), timeline(call, record), turnTable(record), toolTable(record)] : [];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeXml(name)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<h1>${escapeXml(name.replaceAll('-', ' '))}</h1>
<p class="soft">${escapeXml(description)}</p>
<p>${verdict} ${record ? `<span class="soft">${escapeXml(`${record.from} to ${record.to}, ended: ${record.endReason ?? 'not yet'}`)}</span>` : ''}</p>
${failures.length > 0 ? `<div class="card failures"><ul>${failures.map((each) => `<li>${escapeXml(failureLine(each))}</li>`).join('')}</ul></div>` : ''}
${body.join('\n')}
</main>
${call ? `<script>${PAGE_SCRIPT}</script>` : ''}
</body>
</html>
`;
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
  ];
  return `<div class="figures">${cards
    .map(([value, label]) => `<div class="figure"><b>${escapeXml(value)}</b><span>${escapeXml(label)}</span></div>`)
    .join('')}</div>`;
}

function timeline(call: ReplayedCall, record: CallRecord | undefined): string {
  const totalMs = Math.max(1, call.mediaEndMs);
  const share = (atMs: number) => `${((Math.max(0, Math.min(atMs, totalMs)) / totalMs) * 100).toFixed(3)}%`;
  const span = (startMs: number, endMs: number) => `left:${share(startMs)};width:${share(endMs - startMs)}`;
  const turns = record?.turns ?? [];

  const callerWords = call.callerActs
    .filter(({ kind }) => kind === 'say')
    .map(({ words, voice, startMs, endMs }) => block(words, span(voice?.startMs ?? startMs, voice?.endMs ?? endMs)));
  const agentWords = turns
    .filter((turn) => turn.role === 'agent')
    .map((turn) => block(turn.heardText, span(turn.startMs, turn.endMs)));
  const gaps = responseGaps(call).map(
    ({ atMs, gapMs }) => `<div class="gap" style="${span(atMs - gapMs, atMs)}"><span>${ms(gapMs)}</span></div>`,
  );
  const cuts = heardInterruptions(call).map(
    ({ atMs, stoppedAfterMs }) =>
      `<div class="cut" style="left:${share(atMs)}"><span>interrupted, silent after ${ms(stoppedAfterMs)}</span></div>`,
  );
  const tools = (record?.toolCalls ?? []).map(
    (tool) =>
      `<div class="bar" style="${span(tool.startMs, tool.startMs + tool.durationMs)}" title="${escapeXml(`${ms(tool.durationMs)}, ${tool.outcome}`)}"><span>${escapeXml(tool.name)}</span></div>`,
  );
  const waits = call.waits.map(
    ({ startMs, endMs }) => `<div class="bar" style="${span(startMs, endMs)}"><span>sound of waiting</span></div>`,
  );
  const acts = call.callerActs
    .filter(({ kind }) => kind !== 'say')
    .map(({ kind, words, startMs }) =>
      note(kind === 'press' ? `⌨ ${words}` : '☎ hangs up', share(startMs), startMs > totalMs * 0.85),
    );
  const spoken = call.spoken
    .filter(({ atMs }) => atMs >= 0)
    .map(({ text, atMs }) => note(`carrier: ${text}`, share(atMs), atMs > totalMs / 2));
  const dialled = call.dialled.map(({ to, atMs }) => note(`carrier: dials ${to}`, share(atMs), atMs > totalMs / 2));
  const marks = call.marks
    .filter(({ returnedMs }) => returnedMs !== undefined)
    .map(
      ({ name, returnedMs = 0, cleared }) =>
        `<div class="tick${cleared ? ' cleared' : ''}" style="left:${share(returnedMs)}" title="${escapeXml(`mark ${name}${cleared ? ', cleared' : ''} at ${ms(returnedMs)}`)}"></div>`,
    );
  const events = [...tools, ...waits, ...acts, ...spoken, ...dialled];

  return `<h2>The call as the caller had it</h2>
<div class="card"><div class="scroll"><div class="timeline" data-seconds="${totalMs / 1000}">
<div class="lane voice caller"><div class="label">caller</div>${waves(call.said, totalMs)}${callerWords.join('')}</div>
<div class="lane voice agent"><div class="label">agent</div>${waves(call.heard, totalMs)}${agentWords.join('')}${gaps.join('')}</div>
${events.length > 0 ? `<div class="lane events"><div class="label">events</div>${events.join('')}</div>` : ''}
<div class="lane events"><div class="label">marks</div>${marks.join('')}</div>
<div class="lane axis">${axis(totalMs)
    .map((atMs) => `<span class="at" style="left:${share(atMs)}">${atMs / 1000} s</span>`)
    .join('')}</div>
<div style="position:absolute;left:64px;right:0;top:0;bottom:0;pointer-events:none">${cuts.join('')}</div>
<div id="cursor"></div>
</div></div>
<audio controls preload="metadata" src="data:audio/wav;base64,${soundOf(call)}"></audio>
<p class="soft">Caller on the left, agent on the right. Marks are what the carrier said was played; red ones came back because of a clear.</p></div>`;
}

function turnTable(record: CallRecord | undefined): string {
  if (!record || record.turns.length === 0) return '';
  const rows = record.turns.map((turn) => {
    const parts = turn.role === 'agent' ? turn.responseGapParts : undefined;
    const cells = parts
      ? [parts.endpointing, parts.model, parts.tools, parts.bridge, parts.playout].map((part) => number(ms(part)))
      : Array<string>(5).fill('<td></td>');
    const gapMs = turn.role === 'agent' ? turn.responseGapMs : undefined;
    return `<tr>${number(seconds(turn.startMs))}<td class="role-${turn.role}">${turn.role}</td><td>${words(turn)}</td>${number(gapMs === undefined ? '' : ms(gapMs))}${cells.join('')}</tr>`;
  });
  const heads = ['response gap', 'endpointing', 'model', 'tools', 'bridge', 'playout'];
  return `<h2>Turns</h2>
<div class="card scroll"><table><tr><th class="number">at</th><th>who</th><th>words, as heard</th>${heads.map((head) => `<th class="number">${head}</th>`).join('')}</tr>
${rows.join('\n')}</table><p class="soft">${GAP_NOTE}</p></div>`;
}

function toolTable(record: CallRecord | undefined): string {
  if (!record || record.toolCalls.length === 0) return '';
  const rows = record.toolCalls.map(
    (tool) =>
      `<tr>${number(seconds(tool.startMs))}<td>${escapeXml(tool.name)}</td><td><code>${escapeXml(JSON.stringify(tool.input))}</code></td><td><code>${escapeXml(JSON.stringify(tool.output))}</code></td><td>${tool.outcome}</td>${number(ms(tool.durationMs))}</tr>`,
  );
  return `<h2>Tool calls</h2>
<div class="card scroll"><table><tr><th class="number">at</th><th>tool</th><th>input</th><th>output</th><th>outcome</th><th class="number">took</th></tr>
${rows.join('\n')}</table></div>`;
}

function words(turn: Turn): string {
  if (turn.role === 'caller') return escapeXml(turn.text);
  return `${escapeXml(turn.heardText)}${unheard(turn)}${turn.interrupted ? ' <span class="soft">(interrupted)</span>' : ''}`;
}

function unheard(turn: AgentTurn): string {
  if (!turn.interrupted || !turn.text.startsWith(turn.heardText)) return '';
  return `<del>${escapeXml(turn.text.slice(turn.heardText.length))}</del>`;
}

function waves(mulaw: Uint8Array, totalMs: number): string {
  return `<svg viewBox="0 -100 ${totalMs} 200" preserveAspectRatio="none" role="img" aria-label="waveform"><path d="${waveformPath(mulaw)}"/></svg>`;
}

function soundOf(call: ReplayedCall): string {
  const channels = [call.said, call.heard].map((mulaw) => {
    const samples = new Int16Array(mulaw.length);
    decodeMulaw(mulaw, samples);
    return samples;
  });
  return Buffer.from(writeWav({ rateHz: 8000, channels, mulaw: true })).toString('base64');
}

function axis(totalMs: number): number[] {
  const stepMs = [1000, 2000, 5000, 10_000, 30_000, 60_000].find((step) => totalMs / step <= 16) ?? 300_000;
  return Array.from({ length: Math.floor(totalMs / stepMs) + 1 }, (_, index) => index * stepMs);
}

function block(text: string, style: string): string {
  return `<div class="turn" style="${style}" title="${escapeXml(text)}">${escapeXml(text)}</div>`;
}

/** Near the right edge the text stands to the left of its time. */
function note(text: string, left: string, isLate: boolean): string {
  return `<div class="note${isLate ? ' late' : ''}" style="left:${left}">${escapeXml(text)}</div>`;
}

function number(text: string): string {
  return `<td class="number">${text}</td>`;
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}

function seconds(value: number): string {
  return `${(value / 1000).toFixed(1)} s`;
}
