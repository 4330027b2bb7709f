import { JsonHead } from '../json-head.js';
import { fieldsLeftOut, LEFT_OUT } from '../left-out.js';
import { ItemLists } from './item-lists.js';

type Fields = Readonly<Record<string, unknown>>;

/** Of a passage's text: a caller is told no more than 900 characters of it. */
const TEXT_LENGTH = 1000;
const LOCATION_LENGTH = 1500;
/** Metadata of one passage, and of all together: it takes the SDK longest to parse. The best come first and have most. */
const METADATA_LENGTH = 1000;
const ALL_METADATA_LENGTH = 24_576;
const METADATA_SHARE = 1 / 8;

/** Answers of a knowledge base, with what is worth reading of each passage. */
export function shortResults(): ItemLists {
  const metadataOf = sharedRoom();
  return new ItemLists(({ content, location, score, documentId, metadata }) => ({
    content: isFields(content) ? shortContent(content) : content,
    ...(isFields(location) && { location: shortFields(location, LOCATION_LENGTH) }),
    ...{ score, documentId },
    ...(isFields(metadata) && { metadata: metadataOf(metadata) }),
  }));
}

/** Answers of an index whose vectors have their text under `textKey`, likewise. */
export function shortVectors(textKey: string): ItemLists {
  const metadataOf = sharedRoom();
  return new ItemLists(({ key, distance, metadata }) => {
    if (!isFields(metadata)) return { key, distance };
    const { [textKey]: text, ...others } = metadata;
    return { key, distance, metadata: { ...metadataOf(others), [textKey]: shortText(text) } };
  });
}

/** Pictures and sounds are not told. */
function shortContent({ type, text, row }: Fields): Fields {
  return { type, text: shortText(text), ...(Array.isArray(row) && { row: shortRow(row) }) };
}

/** The first columns of a row of a table. */
function shortRow(row: readonly unknown[]): unknown[] {
  let left = TEXT_LENGTH;
  return row.filter((column) => {
    left -= JSON.stringify(column).length;
    return left >= 0;
  });
}

function shortText(text: unknown): unknown {
  if (typeof text !== 'string' || text.length <= TEXT_LENGTH) return text;
  return `${text.slice(0, TEXT_LENGTH).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** The smallest fields, as many as there is room for: they say what a passage is and where it is from. */
function shortFields(fields: Fields, room: number): Fields {
  const entries = Object.entries(fields).map(([name, value]) => [name, shortJson(value)] as const);
  const sizes = new Map(entries.map(([name, value]) => [name, name.length + JSON.stringify(value).length]));
  const kept = new Set<string>();
  let left = room;
  for (const [name, size] of [...sizes].sort(([, a], [, b]) => a - b)) {
    left -= size;
    if (left < 0) break;
    kept.add(name);
  }
  if (kept.size === entries.length) return Object.fromEntries(entries);
  const shown = entries.filter(([name]) => kept.has(name));
  return Object.fromEntries([...shown, [LEFT_OUT, fieldsLeftOut(entries.length - shown.length)]]);
}

/** Of JSON in a text what is worth reading, so that it is JSON still. */
function shortJson(value: unknown): unknown {
  if (typeof value !== 'string' || value.length <= METADATA_LENGTH || !/^\s*[[{]/.test(value)) return value;
  const head = new JsonHead(METADATA_LENGTH);
  head.push(value);
  return head.end() ?? value;
}

function sharedRoom(): (metadata: Fields) => Fields {
  let left = ALL_METADATA_LENGTH;
  return (metadata) => {
    const short = shortFields(metadata, Math.min(METADATA_LENGTH, left * METADATA_SHARE));
    left -= JSON.stringify(short).length;
    return short;
  };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
