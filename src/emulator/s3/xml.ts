import { XMLParser, XMLValidator } from 'fast-xml-parser';

export type XmlValue = string | number | boolean | XmlFields | undefined | readonly (string | XmlFields)[];
/** Children by name, in order; an array is repeated, undefined is left out. */
export interface XmlFields {
  readonly [name: string]: XmlValue;
}

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
const parser = new XMLParser({ parseTagValue: false, ignoreAttributes: true, trimValues: false, alwaysCreateTextNode: false });

/** A document as S3 writes it; errors have no name space. */
export function xmlDocument(name: string, fields: XmlFields, isError = false): string {
  const attributes = isError ? '' : ` xmlns="${NAMESPACE}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name}${attributes}>${children(fields)}</${name}>`;
}

/** The children of a document's root, undefined when it is no XML or has another root. */
export function parseXml(text: string, root: string): Readonly<Record<string, unknown>> | undefined {
  if (XMLValidator.validate(text) !== true) return undefined;
  const found = (parser.parse(text) as Readonly<Record<string, unknown>>)[root];
  if (found === '') return {};
  return isFields(found) ? found : undefined;
}

/** The children of one name: none, one or several. */
export function childrenOf(parent: Readonly<Record<string, unknown>>, name: string): Readonly<Record<string, unknown>>[] {
  const found = parent[name];
  return (Array.isArray(found) ? found : [found]).filter(isFields);
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function children(fields: XmlFields): string {
  return Object.entries(fields)
    .map(([name, value]) => element(name, value))
    .join('');
}

function element(name: string, value: XmlValue): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.map((each: XmlValue) => element(name, each)).join('');
  const inner = typeof value === 'object' ? children(value as XmlFields) : escapeText(String(value));
  return `<${name}>${inner}</${name}>`;
}

function escapeText(text: string): string {
  return text.replace(/[&<>"'\r\n\t]/g, (char) => `&#${char.charCodeAt(0)};`);
}
