import type { DocumentBody } from './types.ts';

/** Most of a file that an index takes, in bytes. */
export const MAX_FILE_BYTES = 16_000_000;
/** Most of a document that Bedrock reads from a bucket. Source: Amazon Bedrock, quotas of knowledge bases. */
export const MAX_SOURCE_FILE_BYTES = 50_000_000;
const MAX_NAME_LENGTH = 200;

type IndexMediaType = DocumentBody['mediaType'];

const KINDS: Readonly<Record<string, IndexMediaType>> = {
  pdf: 'application/pdf',
  html: 'text/html',
  htm: 'text/html',
  md: 'text/markdown',
  markdown: 'text/markdown',
  txt: 'text/plain',
  text: 'text/plain',
};
/** Bedrock reads these from a bucket; an index takes none of them. */
const OFFICE = ['doc', 'docx', 'xls', 'xlsx', 'csv'];
const INSTEAD = `put it into the source of a knowledge base (up to ${shownBytes(MAX_SOURCE_FILE_BYTES)} each)`;

/** What Bedrock reads from a bucket, by the endings that it knows it by. Source: Amazon Bedrock user guide, supported formats. */
const SOURCE_KINDS: Readonly<Record<string, string>> = {
  txt: 'text/plain',
  md: 'text/markdown',
  html: 'text/html',
  csv: 'text/csv',
  pdf: 'application/pdf',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xls: 'application/vnd.ms-excel',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

interface Given {
  readonly name: string;
  readonly size: number;
  readonly type: string;
}

export type Judgement = { readonly mediaType: string } | { readonly refused: string };

/** What a place takes of files. */
export interface FileRules {
  /** What the picker offers. */
  readonly accepted: string;
  /** In words: kinds and limit. */
  readonly words: string;
  /** Before anything of a file is read or sent: what it is, or why it is not taken and what to do. */
  readonly judge: (file: Given) => Judgement;
}

export const INDEX_FILES: FileRules = {
  accepted: acceptedOf(KINDS),
  words: `PDF, HTML, Markdown or text, up to ${shownBytes(MAX_FILE_BYTES)} each`,
  judge,
};

export const SOURCE_FILES: FileRules = {
  accepted: acceptedOf(SOURCE_KINDS),
  words: `PDF, HTML, Markdown, text, Word, Excel or CSV, up to ${shownBytes(MAX_SOURCE_FILE_BYTES)} each`,
  judge: judgeForSource,
};

function acceptedOf(kinds: Readonly<Record<string, string>>): string {
  return Object.keys(kinds)
    .map((extension) => `.${extension}`)
    .join(',');
}

/** Whether a file can be a document of an index. */
export function judge(file: Given): Judgement {
  const extension = extensionOf(file);
  const mediaType = KINDS[extension] ?? Object.values(KINDS).find((known) => known === file.type);
  if (!mediaType) {
    const what = extension === '' ? 'This kind of file' : `.${extension}`;
    const also = OFFICE.includes(extension) ? `save it as PDF, or ${INSTEAD}` : 'save it as one of these';
    return {
      refused: `${what} is not read into an index: only PDF, HTML, Markdown and plain text are. Please ${also}.`,
    };
  }
  return sized(file, mediaType, MAX_FILE_BYTES, `, or ${INSTEAD}`);
}

/** Whether Bedrock can read a file from a bucket. */
export function judgeForSource(file: Given): Judgement {
  const extension = extensionOf(file);
  const mediaType = SOURCE_KINDS[extension];
  if (!mediaType) {
    const what = extension === '' ? 'This kind of file' : `.${extension}`;
    return { refused: `Bedrock does not read ${what}: only ${Object.keys(SOURCE_KINDS).join(', ')}.` };
  }
  return sized(file, mediaType, MAX_SOURCE_FILE_BYTES, '');
}

function extensionOf({ name }: Given): string {
  return /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
}

function sized(file: Given, mediaType: string, limitBytes: number, instead: string): Judgement {
  if (file.size > limitBytes) {
    const limit = shownBytes(limitBytes);
    return { refused: `${shownBytes(file.size)}, the limit is ${limit}: split it${instead}.` };
  }
  if (file.size === 0) return { refused: 'The file is empty.' };
  if (file.name.length > MAX_NAME_LENGTH) {
    return { refused: `Its name is longer than ${MAX_NAME_LENGTH} characters: give it a shorter one.` };
  }
  return { mediaType };
}

/** `640 bytes`, `12 kB`, `3.2 MB`. */
export function shownBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} byte${bytes === 1 ? '' : 's'}`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0).replace('.0', '')} MB`;
}
