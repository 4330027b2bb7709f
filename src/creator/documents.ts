import { createHash } from 'node:crypto';

/** Something for the model to read. */
export interface Document {
  readonly name: string;
  readonly body: string;
}

const FENCE_DIGITS = 12;

/** A value as a document: JSON with two spaces. */
export function jsonDocument(name: string, value: unknown): Document {
  return { name, body: JSON.stringify(value, null, 2) };
}

/** Text as a document, unless there is none. */
export function textDocument(name: string, body: string | undefined): Document[] {
  return body === undefined || body.trim() === '' ? [] : [{ name, body }];
}

/**
 * The document between two lines that only it can have: its end line names a digest of its own text, so that no text can
 * pretend that the document is over.
 */
export function fenced({ name, body }: Document): string {
  const fence = createHash('sha256').update(body).digest('hex').slice(0, FENCE_DIGITS);
  return `<document name="${name}" fence="${fence}">\n${body}\n</document ${fence}>`;
}
