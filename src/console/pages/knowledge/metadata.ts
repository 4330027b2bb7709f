/** What documents are filtered by, as the API takes it. */
export type Metadata = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export const METADATA_KINDS = { text: 'Text', number: 'Number', boolean: 'Yes or no', list: 'List' } as const;
export type MetadataKind = keyof typeof METADATA_KINDS;

/** A field as it is typed. */
export interface MetadataField {
  readonly id: number;
  readonly key: string;
  readonly kind: MetadataKind;
  /** Of yes or no `true` or `false`; of a list its parts with commas between. */
  readonly value: string;
}

export interface FieldProblem {
  readonly key?: string;
  readonly value?: string;
}

/** Written by the bridge itself. */
const OWN_KEYS = ['documentId', 'source', 'page', 'AMAZON_BEDROCK_TEXT', 'AMAZON_BEDROCK_METADATA'];
const MAX_TEXT = 500;
const MAX_PART = 200;
const MAX_PARTS = 20;
export const MAX_FIELDS = 20;
const MAX_BYTES = 1000;

/** What was typed as metadata, or what is wrong with which field; those without a name and a value are none. */
export function readMetadata(
  fields: readonly MetadataField[],
): { readonly metadata: Metadata } | { readonly problems: ReadonlyMap<number, FieldProblem> } {
  const problems = new Map<number, FieldProblem>();
  const metadata = new Map<string, Metadata[string]>();
  for (const { id, key, kind, value } of fields) {
    const name = key.trim();
    if (name === '' && value.trim() === '') continue;
    const about = keyProblem(name) ?? (metadata.has(name) ? 'There is one of this name already.' : undefined);
    const read = readValue(kind, value.trim());
    if (about !== undefined || 'problem' in read) {
      problems.set(id, {
        ...(about !== undefined && { key: about }),
        ...('problem' in read && { value: read.problem }),
      });
    } else metadata.set(name, read.value);
    if (problems.size === 0 && sizeOf(metadata) > MAX_BYTES) {
      problems.set(id, { value: `All together is more than ${MAX_BYTES} bytes: make it shorter.` });
    }
  }
  return problems.size > 0 ? { problems } : { metadata: Object.fromEntries(metadata) };
}

function keyProblem(name: string): string | undefined {
  if (OWN_KEYS.includes(name)) return `${name} is written by the bridge itself.`;
  return /^[A-Za-z0-9_-]{1,63}$/.test(name) ? undefined : '1 to 63 letters, digits, “_” and “-”.';
}

function readValue(kind: MetadataKind, text: string): { value: Metadata[string] } | { problem: string } {
  switch (kind) {
    case 'text':
      if (text === '') return { problem: 'A value is missing.' };
      return text.length > MAX_TEXT ? { problem: `At most ${MAX_TEXT} characters.` } : { value: text };
    case 'number': {
      const value = Number(text);
      return text !== '' && Number.isFinite(value) ? { value } : { problem: 'A number, such as 2026 or 1.5.' };
    }
    case 'boolean':
      return { value: text === 'true' };
    case 'list': {
      const value = text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '');
      if (value.length === 0) return { problem: 'At least one, with commas between.' };
      if (value.length > MAX_PARTS) return { problem: `At most ${MAX_PARTS}.` };
      return value.some((part) => part.length > MAX_PART)
        ? { problem: `At most ${MAX_PART} characters each.` }
        : { value };
    }
  }
}

function sizeOf(metadata: ReadonlyMap<string, Metadata[string]>): number {
  return new TextEncoder().encode(JSON.stringify(Object.fromEntries(metadata))).byteLength;
}

/** `product = lamps, rooms = hall, kitchen`; empty where there is none. */
export function shownMetadata(metadata: Metadata): string {
  const shown = (value: Metadata[string]) => (Array.isArray(value) ? value.join(', ') : String(value));
  return Object.entries(metadata)
    .map(([key, value]) => `${key} = ${shown(value)}`)
    .join('; ');
}
