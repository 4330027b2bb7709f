/** Control characters but tab and line breaks, halves of surrogate pairs, and what broken UTF-8 was replaced by. */
const UNSPEAKABLE = /\p{Cs}|\uFFFD|(?![\t\n\r])\p{Cc}/gu;
/** More of them than one in this many characters, and the text is no text. */
const TEXT_PER_UNSPEAKABLE = 10;

/**
 * The value as JSON that can be spoken about: broken characters are taken out of texts, binary data becomes a note.
 * What needs no cleaning comes back as it is.
 */
export function cleaned(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
      return cleanedText(value);
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'boolean':
      return value;
    case 'bigint':
      return value.toString();
    case 'object':
      return value === null ? null : cleanedObject(value);
    default:
      return null;
  }
}

function cleanedText(text: string): string {
  const unspeakable = text.match(UNSPEAKABLE)?.length ?? 0;
  if (unspeakable === 0) return text;
  if (unspeakable * TEXT_PER_UNSPEAKABLE > text.length) return '(binary data, left out)';
  return text.replaceAll(UNSPEAKABLE, '');
}

function cleanedObject(value: object): unknown {
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes of binary data, left out)`;
  if (Array.isArray(value)) {
    const items = value.map(cleaned);
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  const fields = Object.entries(value);
  const clean = fields
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => [cleanedText(name), cleaned(field)] as const);
  const isSame =
    clean.length === fields.length &&
    clean.every(([name, field], index) => name === fields[index]![0] && field === fields[index]![1]);
  return isSame ? value : Object.fromEntries(clean);
}
