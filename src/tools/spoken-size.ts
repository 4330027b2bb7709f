import { fieldsLeftOut, itemsLeftOut, LEFT_OUT, saidOfFields, saidOfItems } from '../left-out.js';
import { cleaned } from './clean.js';

type Output = Readonly<Record<string, unknown>>;

/** Longest result in characters of JSON: about a thousand tokens, more than any agent can say in a turn. */
export const SPOKEN_SIZE = 4000;

/** How much is kept at each attempt: characters of a text, items of a list, fields of an object, levels of nesting. */
interface Measure {
  readonly textLength: number;
  readonly itemCount: number;
  readonly fieldCount: number;
  readonly depth: number;
}

const LARGEST: Measure = { textLength: 2800, itemCount: 64, fieldCount: 128, depth: 8 };
const SMALLEST_TEXT = 24;

/**
 * The result as JSON of at most `limit` characters, without broken characters and binary data. Long texts and lists are
 * shortened and say so; what is small comes back as it is.
 */
export function spokenSize(output: Output, limit = SPOKEN_SIZE): Output {
  if (fits(output, limit)) {
    const clean = cleaned(output) as Output;
    if (clean === output || fits(clean, limit)) return clean;
  }
  for (let measure = LARGEST; measure.textLength >= SMALLEST_TEXT; measure = smaller(measure)) {
    const short = cleaned(shortened(output, measure, 0)) as Output;
    if (fits(short, limit)) return short;
  }
  const note = { note: 'the result was too long to be read' };
  return fits(note, limit) ? note : {};
}

function smaller({ textLength, itemCount, fieldCount, depth }: Measure): Measure {
  return {
    textLength: textLength * 0.7,
    itemCount: Math.max(1, Math.floor(itemCount * 0.7)),
    fieldCount: Math.max(4, Math.floor(fieldCount * 0.7)),
    depth: Math.max(2, depth - 1),
  };
}

function shortened(value: unknown, measure: Measure, level: number): unknown {
  if (typeof value === 'string') return shortText(value, measure.textLength);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (level >= measure.depth) return '(left out: nested too deeply)';
  const inner = (child: unknown) => shortened(child, measure, level + 1);
  if (Array.isArray(value)) {
    const items = value.slice(0, measure.itemCount).map(inner);
    if (items.length === value.length) return items;
    const already = saidOfItems(value.at(-1));
    const length = already === undefined ? value.length : value.length - 1 + already;
    return [...items, itemsLeftOut(length - items.length)];
  }
  const names = Object.keys(value);
  const kept = names.slice(0, measure.fieldCount).filter((name) => name.length <= measure.textLength);
  const fields = kept.map((name) => [name, inner(Reflect.get(value, name))] as const);
  if (names.length === kept.length) return Object.fromEntries(fields);
  const already = saidOfFields(Reflect.get(value, LEFT_OUT));
  const length = already === undefined ? names.length : names.length - 1 + already;
  const shown = fields.filter(([name]) => already === undefined || name !== LEFT_OUT);
  return Object.fromEntries([...shown, [LEFT_OUT, fieldsLeftOut(length - shown.length)]]);
}

function shortText(text: string, length: number): string {
  const note = '… (shortened)';
  if (text.length <= length + note.length) return text;
  return text.slice(0, length).trimEnd() + note;
}

function fits(value: unknown, limit: number): boolean {
  return roomAfter(value, limit) >= 0;
}

/** Characters of room that are left after the value's JSON; negative as soon as there is none, without reading on. */
function roomAfter(value: unknown, room: number): number {
  switch (typeof value) {
    case 'string':
      return value.length + 2 > room ? -1 : room - JSON.stringify(value).length;
    case 'object':
      break;
    default:
      return room - String(value).length;
  }
  if (value === null) return room - 4;
  if (ArrayBuffer.isView(value)) return room;
  return Array.isArray(value) ? roomAfterList(value, room) : roomAfterFields(value, room);
}

function roomAfterList(items: readonly unknown[], room: number): number {
  let left = room - 2 - Math.max(0, items.length - 1);
  for (const item of items) {
    if (left < 0) break;
    left = roomAfter(item, left);
  }
  return left;
}

function roomAfterFields(fields: object, room: number): number {
  const names = Object.keys(fields);
  let left = room - 2 - Math.max(0, names.length - 1);
  for (const name of names) {
    if (left < 0) break;
    left = roomAfter(Reflect.get(fields, name), roomAfter(name, left) - 1);
  }
  return left;
}
