import pc from 'picocolors';
import type { AgentTurn, ToolCallRecord, Turn } from '../../call/record.js';
import { heardInterruptions, longestDeadAir, type ResponseGap, responseGaps } from '../expect/measures.js';
import type { Failure, ReplayResult } from '../replayed-call.js';

/** Longest tool input or output on a terminal, in characters. */
const LONGEST_SHOWN = 90;

/** Everything known about a replayed call but its audio: `report.json`. Times in ms of the media stream. */
export function jsonReport(result: ReplayResult) {
  const { name, description, call, record, failures, tookMs } = result;
  if (!call) return { name, description, passed: false, failures, tookMs };
  const { heard: _heard, said: _said, logLines: _logLines, ...facts } = call;
  return {
    name,
    description,
    passed: failures.length === 0,
    failures,
    tookMs,
    measured: {
      responseGaps: responseGaps(call),
      interruptions: heardInterruptions(call),
      longestDeadAir: longestDeadAir(call),
      gaps: call.gaps,
      heardMs: call.heardMs,
    },
    call: facts,
    record: record ?? null,
  };
}

export function failureLine({ field, message, atMs }: Failure): string {
  return `${field}: ${message}${atMs === undefined ? '' : ` (at ${(atMs / 1000).toFixed(2)} s)`}`;
}

/** Who said what, as heard. */
export function transcriptLines(turns: readonly Turn[]): string[] {
  return turns.map((turn) => {
    const time = pc.dim(`${(turn.startMs / 1000).toFixed(1).padStart(5)} s`);
    if (turn.role === 'caller') return `${time}  ${pc.cyan('caller')}  ${turn.text}`;
    return `${time}  ${pc.magenta('agent ')}  ${agentWords(turn)}`;
  });
}

function agentWords({ text, heardText, interrupted }: AgentTurn): string {
  if (!interrupted) return heardText;
  const unheard = text.startsWith(heardText) ? text.slice(heardText.length).trim() : '';
  return `${heardText} ${pc.yellow('[interrupted]')} ${pc.dim(`not heard: ${unheard}`)}`;
}

/** A tool call in one line. */
export function toolLine({ name, kind, input, output, outcome, durationMs }: ToolCallRecord): string {
  const call = `${name} (${kind}) ${short(JSON.stringify(input))}`;
  return outcome === 'running'
    ? call
    : `${call} -> ${short(JSON.stringify(output))} (${outcome}, ${Math.round(durationMs)} ms)`;
}

function short(text: string): string {
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN - 1)}…` : text;
}

/** Why the parts of a response gap add up to a little more than what the telephone measured. */
export const GAP_NOTE =
  'The parts are measured in the bridge, which hears the caller end a little earlier than the telephone does.';

/** Where the time went between the caller's last sound and the agent's first, turn by turn. */
export function latencyTable(result: ReplayResult): string[] {
  const { call, record } = result;
  if (!call || !record) return [];
  const gaps = responseGaps(call);
  const answers = record.turns.filter((turn) => turn.role === 'agent' && turn.responseGapParts !== undefined);
  const columns = ['answer', 'gap heard', 'endpointing', 'model', 'tools', 'bridge', 'playout'];
  const rows = answers.map((turn, index) => {
    if (turn.role !== 'agent' || !turn.responseGapParts) return [];
    const { endpointing, model, tools, bridge, playout } = turn.responseGapParts;
    const heardGap = nearest(gaps, turn.startMs)?.gapMs ?? turn.responseGapMs ?? 0;
    return [
      String(index + 1),
      ...[heardGap, endpointing, model, tools, bridge, playout].map((ms) => `${Math.round(ms)} ms`),
    ];
  });
  if (rows.length === 0) return [];
  const widths = columns.map((column, index) => Math.max(column.length, ...rows.map((row) => row[index]?.length ?? 0)));
  const line = (cells: readonly string[]) => cells.map((cell, index) => cell.padStart(widths[index] ?? 0)).join('  ');
  return [pc.dim(line(columns)), ...rows.map(line), pc.dim(GAP_NOTE)];
}

/** The gap that ended where the bridge saw a turn begin. */
export function nearest(gaps: readonly ResponseGap[], atMs: number): ResponseGap | undefined {
  const near = [...gaps].sort((a, b) => Math.abs(a.atMs - atMs) - Math.abs(b.atMs - atMs))[0];
  return near && Math.abs(near.atMs - atMs) < 250 ? near : undefined;
}

/** For text and attributes; what XML cannot hold at all is left out. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&apos;');
}
