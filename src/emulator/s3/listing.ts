import type { Answer, StoredObject } from './contract.js';
import { invalidArgument } from './problem.js';
import { element, S3_NAMESPACE, XML_HEAD } from './xml.js';

const MAX_KEYS = 1000;

/** A key, or what several keys have in common up to the delimiter. */
interface Item {
  readonly name: string;
  readonly object: StoredObject | undefined;
}

/** Answers ListObjectsV2 from what the bucket holds. Source: Amazon S3, ListObjectsV2. */
export function listObjects(
  bucket: string,
  objects: ReadonlyMap<string, StoredObject>,
  query: ReadonlyMap<string, string>,
): Answer {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const startAfter = query.get('start-after') ?? '';
  const token = query.get('continuation-token');
  const maxKeys = maxKeysOf(query.get('max-keys'));
  const name = nameWriter(query.get('encoding-type'));

  const keys = [...objects.keys()]
    .filter((key) => key.startsWith(prefix) && (startAfter === '' || compareKeys(key, startAfter) > 0))
    .sort(compareKeys);
  const last = token === undefined ? undefined : keyFrom(token);
  const rest = foldKeys(keys, prefix, delimiter, objects).filter(
    (item) => last === undefined || compareKeys(item.name, last) > 0,
  );
  const page = rest.slice(0, maxKeys);
  const isTruncated = maxKeys > 0 && rest.length > page.length;

  const head = [
    element('Name', bucket),
    element('Prefix', name(prefix)),
    ...(delimiter === '' ? [] : [element('Delimiter', name(delimiter))]),
    ...(startAfter === '' ? [] : [element('StartAfter', name(startAfter))]),
    ...(token === undefined ? [] : [element('ContinuationToken', token)]),
    ...(isTruncated ? [element('NextContinuationToken', tokenFor(page.at(-1)!.name))] : []),
    ...(query.has('encoding-type') ? [element('EncodingType', 'url')] : []),
    element('MaxKeys', maxKeys),
    element('KeyCount', page.length),
    element('IsTruncated', isTruncated),
  ];
  const body = page.map((item) =>
    item.object
      ? `<Contents>${element('Key', name(item.name))}${propertiesOf(item.object)}</Contents>`
      : `<CommonPrefixes>${element('Prefix', name(item.name))}</CommonPrefixes>`,
  );
  return {
    status: 200,
    headers: { 'Content-Type': 'application/xml' },
    body: `${XML_HEAD}<ListBucketResult ${S3_NAMESPACE}>${[...head, ...body].join('')}</ListBucketResult>`,
  };
}

function propertiesOf(object: StoredObject): string {
  return [
    element('LastModified', new Date(object.lastModifiedMs).toISOString()),
    element('ETag', object.etag),
    ...(object.crc32 === undefined
      ? []
      : [element('ChecksumAlgorithm', 'CRC32'), element('ChecksumType', 'FULL_OBJECT')]),
    element('Size', object.body.length),
    element('StorageClass', 'STANDARD'),
  ].join('');
}

function foldKeys(
  keys: readonly string[],
  prefix: string,
  delimiter: string,
  objects: ReadonlyMap<string, StoredObject>,
): Item[] {
  const items = new Map<string, Item>();
  for (const key of keys) {
    const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const name = at < 0 ? key : key.slice(0, at + delimiter.length);
    items.set(name, { name, object: at < 0 ? objects.get(key) : undefined });
  }
  return [...items.values()];
}

/** In the order of their UTF-8 bytes. */
function compareKeys(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function maxKeysOf(text: string | undefined): number {
  if (text === undefined) return MAX_KEYS;
  if (!/^\d{1,9}$/.test(text))
    throw invalidArgument('Provided max-keys not an integer or within integer range', 'max-keys', text);
  return Math.min(MAX_KEYS, Number(text));
}

function nameWriter(encoding: string | undefined): (name: string) => string {
  if (encoding === undefined) return (name) => name;
  if (encoding !== 'url')
    throw invalidArgument('Invalid Encoding Method specified in Request', 'encoding-type', encoding);
  return (name) => name.split('/').map(encodeURIComponent).join('/');
}

function tokenFor(key: string): string {
  return Buffer.from(key).toString('base64');
}

function keyFrom(token: string): string {
  const key = Buffer.from(token, 'base64').toString();
  if (key === '' || tokenFor(key) !== token)
    throw invalidArgument('The continuation token provided is incorrect', 'continuation-token', token);
  return key;
}
