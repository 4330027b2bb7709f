import { type Document, isCollection, isMap, isNode, isScalar, isSeq, parseDocument } from 'yaml';
import type { CallRecord, ToolCallRecord, Turn } from '../../call/record.js';
import { failuresOf } from '../expect/expectations.js';
import { callSchema } from '../fixture/schema.js';
import { parseYamlFile } from '../fixture/yaml-file.js';
import type { Failure, ReplayResult } from '../replayed-call.js';

/** What of a `call.yaml` can be written anew from a replay. */
export interface UpdatedFile {
  text: string;
  /** What is still not as expected: it is no matter of words, tools or ending, and a person has to decide. */
  left: readonly Failure[];
}

/**
 * A `call.yaml` that expects what was found: texts of turns, calls of tools and the end reason, and only where the replay
 * failed. Everything else stays as it is, comments included. Throws `FIXTURE_INVALID` when the file is none.
 */
export function updatedCall(text: string, path: string, { call, record, failures }: ReplayResult): UpdatedFile {
  if (!call || !record) return { text, left: failures };
  const document = parseDocument(text);
  const isAnyOrder = document.getIn(['expect', 'toolOrder']) === 'any';
  for (const { field } of failures) {
    if (field === 'endReason' && record.endReason) document.setIn(['expect', 'endReason'], record.endReason);
    else if (field === 'heard.text') document.setIn(['expect', 'heard', 'text'], literally(heardWords(record)));
    else if (field === 'turnCount') writeTurnCount(document, record.turns);
    else if (field.startsWith('turns[')) writeTurn(document, field, record.turns);
  }
  if (!isAnyOrder) writeToolCalls(document, failures, record.toolCalls);
  const updated = withExpectations(text, document.toString({ lineWidth: 0 }));
  const { value } = parseYamlFile(updated, path, callSchema);
  const failed = new Set(failures.map(({ field }) => field));
  return { text: updated, left: failuresOf(value, call, record).filter(({ field }) => failed.has(field)) };
}

/** Everything but what is expected stays letter by letter: folded texts elsewhere would be folded anew. */
function withExpectations(text: string, written: string): string {
  const place = expectationsIn(text);
  const now = expectationsIn(written);
  if (!place || !now) return text;
  return `${text.slice(0, place.start)}${written.slice(now.start, now.end)}${text.slice(place.end)}`;
}

function expectationsIn(text: string): { start: number; end: number } | undefined {
  const { contents } = parseDocument(text);
  const pair = isMap(contents) ? contents.items.find(({ key }) => isScalar(key) && key.value === 'expect') : undefined;
  const start = isNode(pair?.key) ? pair.key.range?.[0] : undefined;
  const end = isNode(pair?.value) ? pair.value.range?.[2] : undefined;
  return start === undefined || end === undefined ? undefined : { start, end };
}

function heardWords({ turns }: CallRecord): string {
  const heard = turns.map((turn) => (turn.role === 'agent' ? turn.heardText : ''));
  return heard.filter(Boolean).join(' ');
}

function writeTurnCount(document: Document, turns: readonly Turn[]): void {
  const list = document.getIn(['expect', 'turns']);
  // A list that named every turn goes on doing so.
  if (isSeq(list) && list.items.length === document.getIn(['expect', 'turnCount'])) {
    for (const turn of turns.slice(list.items.length)) append(document, ['expect', 'turns'], expectedTurn(turn));
  }
  document.setIn(['expect', 'turnCount'], turns.length);
}

function writeTurn(document: Document, field: string, turns: readonly Turn[]): void {
  const [, index = '', part] = /^turns\[(\d+)\](?:\.(\w+))?$/.exec(field) ?? [];
  const path = ['expect', 'turns', Number(index)];
  const turn = turns[Number(index)];
  if (!turn) truncate(document, ['expect', 'turns'], turns.length);
  else if (part === 'role') replace(document, path, expectedTurn(turn));
  else if (part === 'text') document.setIn([...path, 'text'], literally(turn.text));
  else if (part === 'heardText' && turn.role === 'agent') document.setIn([...path, part], literally(turn.heardText));
  else if (part === 'interrupted' && turn.role === 'agent') document.setIn([...path, part], turn.interrupted);
}

function expectedTurn(turn: Turn): Record<string, unknown> {
  if (turn.role === 'caller') return { role: 'caller', text: literally(turn.text) };
  return { role: 'agent', heardText: literally(turn.heardText), interrupted: turn.interrupted };
}

/** First what differs in calls that came, then those go that did not come, and those come that nobody expected. */
function writeToolCalls(document: Document, failures: readonly Failure[], toolCalls: readonly ToolCallRecord[]): void {
  const gone: number[] = [];
  const come: number[] = [];
  for (const { field, tool } of failures) {
    const [, index, part] = /^toolCalls\[(\d+)\](?:\.(\w+))?$/.exec(field) ?? [];
    if (index === undefined) continue;
    if (tool === undefined) gone.push(Number(index));
    else if (part === undefined) come.push(tool - 1);
    else if (toolCalls[tool - 1]) writeToolCall(document, Number(index), part, toolCalls[tool - 1]!);
  }
  const list = document.getIn(['expect', 'toolCalls']);
  if (!isSeq(list)) return;
  for (const index of gone.sort((a, b) => b - a)) list.items.splice(index, 1);
  for (const index of come.sort((a, b) => a - b)) {
    const toolCall = toolCalls[index];
    if (toolCall) list.items.splice(index, 0, document.createNode(expectedToolCall(toolCall), { flow: true }));
  }
}

function writeToolCall(document: Document, index: number, part: string, toolCall: ToolCallRecord): void {
  const path = ['expect', 'toolCalls', index];
  if (part === 'name') replace(document, path, expectedToolCall(toolCall));
  else if (part === 'kind' || part === 'outcome') document.setIn([...path, part], toolCall[part]);
  else if (part === 'atOnce') document.setIn([...path, part], document.getIn([...path, part]) !== true);
  else if (part === 'input' || part === 'output') writeData(document, [...path, part], toolCall[part]);
  else if (part === 'exactInput') replace(document, [...path, part], dataLiterally(toolCall.input));
  else if (part === 'exactOutput') replace(document, [...path, part], dataLiterally(toolCall.output));
}

function expectedToolCall({ name, input, outcome }: ToolCallRecord): Record<string, unknown> {
  return { name, input: dataLiterally(input), outcome };
}

/** Only what the file asked about: what else is in the data stays free. */
function writeData(document: Document, path: Path, found: unknown): void {
  const node = document.getIn(path);
  if (!isMap(node) || typeof found !== 'object' || found === null) {
    replace(document, path, dataLiterally(found));
    return;
  }
  for (const key of Object.keys(node.toJSON() as object)) {
    const value = (found as Record<string, unknown>)[key];
    if (value === undefined) document.deleteIn([...path, key]);
    else writeData(document, [...path, key], value);
  }
}

type Path = readonly (string | number)[];

/** A new value in the old one's place, written as that was, with its comments. */
function replace(document: Document, path: Path, value: unknown): void {
  const old = document.getIn(path, true);
  if (typeof value !== 'object' || value === null) {
    document.setIn(path, value);
    return;
  }
  const node = document.createNode(value, { flow: isCollection(old) ? (old.flow ?? false) : true });
  if (isNode(old))
    Object.assign(node, { comment: old.comment, commentBefore: old.commentBefore, spaceBefore: old.spaceBefore });
  document.setIn(path, node);
}

function append(document: Document, path: Path, value: unknown): void {
  document.addIn(path, document.createNode(value, { flow: true }));
}

function truncate(document: Document, path: Path, length: number): void {
  const list = document.getIn(path);
  if (isSeq(list)) list.items.splice(length);
}

/** Found words that look like a `/pattern/` are written as a pattern of just these words. */
function literally(text: string): string {
  return /^\/.*\/[imsu]*$/s.test(text) ? `/^${text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}$/` : text;
}

function dataLiterally(value: unknown): unknown {
  if (typeof value === 'string') return literally(value);
  if (Array.isArray(value)) return value.map(dataLiterally);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, dataLiterally(each)]));
}
