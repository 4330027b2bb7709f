import { createHash } from 'node:crypto';
import { isObject } from '../aws/json.js';

/** An object of a bucket, as a data source sees it. */
export interface SourceObject {
  readonly key: string;
  readonly body: string | Uint8Array;
  /** Attributes as a `.metadata.json` beside it would give them; such a file has the last word. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A document that is to be indexed, or the reason why it cannot be. */
export interface SourceDocument {
  readonly uri: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Changes whenever the content does. */
  readonly contentHash: string;
  readonly attributesHash: string;
  readonly text: string;
  readonly fault?: string;
  /** It is nothing that could be read, now or later. */
  readonly isIgnored?: boolean;
}

export interface Scan {
  readonly documents: readonly SourceDocument[];
  readonly metadataFiles: number;
}

const SIDECAR = '.metadata.json';
const MAX_DOCUMENT_BYTES = 50 * 1024 * 1024;
const MAX_SIDECAR_BYTES = 10 * 1024;

/** Reads all documents under a prefix. Folders are nothing, files with metadata belong to the document they name. */
export async function scan(bucket: string, objects: AsyncIterable<SourceObject>): Promise<Scan> {
  const found: SourceObject[] = [];
  const sidecars = new Map<string, Buffer>();
  for await (const object of objects) {
    if (object.key.endsWith('/')) continue;
    if (object.key.endsWith(SIDECAR)) {
      sidecars.set(object.key.slice(0, -SIDECAR.length), Buffer.from(object.body));
    } else found.push(object);
  }
  const documents = found.map((object) => readDocument(bucket, object, sidecars.get(object.key)));
  return { documents, metadataFiles: sidecars.size };
}

function readDocument(bucket: string, object: SourceObject, sidecar: Buffer | undefined): SourceDocument {
  const { key, metadata = {} } = object;
  const body = Buffer.from(object.body);
  const given = sidecar ? readSidecar(sidecar) : { attributes: {} };
  const attributes = { ...metadata, ...given.attributes };
  const content = readContent(key, body);
  const fault = content.fault ?? given.fault;
  return {
    uri: `s3://${bucket}/${key}`,
    attributes,
    contentHash: hash(body),
    attributesHash: hash(JSON.stringify(attributes)),
    text: content.text,
    ...(fault !== undefined && { fault }),
    ...(content.fault !== undefined && { isIgnored: true }),
  };
}

function readContent(key: string, body: Buffer): { text: string; fault?: string } {
  if (body.length > MAX_DOCUMENT_BYTES) return { text: '', fault: 'File size exceeds the limit of 50 MB' };
  const extension = /\.([a-z0-9]+)$/i.exec(key)?.[1]?.toLowerCase() ?? '';
  const text = body.toString();
  if (['txt', 'md', 'csv'].includes(extension)) return { text };
  if (extension === 'html') return { text: withoutTags(text) };
  return { text: '', fault: 'The format is not one of txt, md, html and csv, which this stand-in reads' };
}

function withoutTags(html: string): string {
  const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: ' ' };
  return html
    .replace(/<(script|style)\b.*?<\/\1\s*>/gis, ' ')
    .replace(/<\/?(p|div|h[1-6]|li|ul|ol|tr|table|br|section|article)\b[^>]*>/gi, '\n\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&(amp|lt|gt|quot|nbsp);/g, (whole, name: string) => entities[name] ?? whole)
    .replace(/\s*\n\s*\n\s*/g, '\n\n');
}

/** Values stand for themselves, or say their type: `{ "value": { "type": "STRING", "stringValue": "a" } }`. */
function readSidecar(body: Buffer): { attributes: Record<string, unknown>; fault?: string } {
  const fault = 'The metadata file is not valid';
  if (body.length > MAX_SIDECAR_BYTES) return { attributes: {}, fault: 'The metadata file exceeds the limit of 10 KB' };
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString());
  } catch {
    return { attributes: {}, fault };
  }
  const attributes = isObject(parsed) ? parsed.metadataAttributes : undefined;
  if (!isObject(attributes)) return { attributes: {}, fault };
  return { attributes: Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, plain(value)])) };
}

function plain(value: unknown): unknown {
  if (!isObject(value) || !isObject(value.value)) return value;
  const { stringValue, numberValue, booleanValue, stringListValue } = value.value;
  return stringValue ?? numberValue ?? booleanValue ?? stringListValue;
}

const hash = (content: Buffer | string) => createHash('sha256').update(content).digest('hex');
