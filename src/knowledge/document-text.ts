import { convert, type HtmlToTextOptions } from 'html-to-text';
import { BridgeError, messageOf } from '../errors.js';
import type { Section } from './chunks.js';
import { markdownSections } from './markdown.js';

export const MEDIA_TYPES = ['text/plain', 'text/markdown', 'text/html', 'application/pdf'] as const;
export type MediaType = (typeof MEDIA_TYPES)[number];

/**
 * The text of a document with its headings or pages. What cannot be read, or holds no text, is REQUEST_INVALID. Takes
 * seconds for a megabyte of HTML: not to be run where calls are carried.
 */
export async function sectionsOf(mediaType: MediaType, content: Uint8Array): Promise<Section[]> {
  const sections = await read(mediaType, content);
  if (sections.some(({ text }) => text.trim() !== '')) return sections;
  const hint = mediaType === 'application/pdf' ? ' It may be a scan.' : '';
  throw unreadable(`The document holds no text.${hint}`);
}

async function read(mediaType: MediaType, content: Uint8Array): Promise<Section[]> {
  switch (mediaType) {
    case 'text/plain':
      return [{ text: decoded(content) }];
    case 'text/markdown':
      return markdownSections(decoded(content));
    case 'text/html':
      return markdownSections(convert(decoded(content), HTML_OPTIONS));
    case 'application/pdf':
      return pagesOf(content);
  }
}

function decoded(content: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content).replaceAll('\r\n', '\n');
  } catch (error) {
    throw unreadable('The document is not encoded as UTF-8.', error);
  }
}

/** Headings become those of Markdown; links are their words; what is there to be looked at or clicked goes. */
const HTML_OPTIONS: HtmlToTextOptions = {
  wordwrap: false,
  formatters: {
    markdownHeading(element, walk, builder) {
      builder.openBlock({ leadingLineBreaks: 2 });
      builder.addInline(`${'#'.repeat(Number(element.name?.slice(1) ?? 1))} `, { noWordTransform: true });
      walk(element.children, builder);
      builder.closeBlock({ trailingLineBreaks: 2 });
    },
  },
  selectors: [
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, format: 'markdownHeading' })),
    ...['img', 'nav', 'form', 'button', 'noscript'].map((selector) => ({ selector, format: 'skip' })),
    { selector: 'a', options: { ignoreHref: true } },
    { selector: 'table', format: 'dataTable', options: { uppercaseHeaderCells: false } },
    { selector: 'ul', options: { itemPrefix: '- ' } },
  ],
};

async function pagesOf(content: Uint8Array): Promise<Section[]> {
  const { extractText, getDocumentProxy } = await import('unpdf');
  try {
    // A copy, because the parser takes what it is given; its warnings are for people who draw pages.
    const pdf = await getDocumentProxy(Uint8Array.from(content), { verbosity: 0 });
    const { text } = await extractText(pdf);
    return text.map((page, i) => ({ page: i + 1, text: page }));
  } catch (error) {
    const isLocked = error instanceof Error && error.name === 'PasswordException';
    throw unreadable(
      isLocked ? 'The PDF is locked with a password.' : `The PDF is damaged: ${messageOf(error)}`,
      error,
    );
  }
}

function unreadable(message: string, cause?: unknown): BridgeError {
  return new BridgeError('REQUEST_INVALID', message, { field: 'content' }, { cause });
}
