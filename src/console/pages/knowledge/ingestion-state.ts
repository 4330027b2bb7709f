import type { Look } from './state-mark.tsx';
import type { Ingestion } from './types.ts';

const ENDS = ['COMPLETE', 'FAILED', 'STOPPED'];

export const isOver = ({ status }: Ingestion) => ENDS.includes(status);

/** How an ingestion stands, in words. */
export function stateOf({ status, documents }: Ingestion): { look: Look; words: string } {
  switch (status) {
    case 'STARTING':
      return { look: 'waits', words: 'starting' };
    case 'IN_PROGRESS':
      return { look: 'works', words: 'reading and embedding' };
    case 'COMPLETE':
      return documents.failed === 0
        ? { look: 'good', words: 'complete' }
        : { look: 'again', words: `complete but for ${countOf(documents.failed, 'document')}` };
    case 'FAILED':
      return { look: 'bad', words: 'failed' };
    case 'STOPPING':
      return { look: 'waits', words: 'stopping' };
    case 'STOPPED':
      return { look: 'again', words: 'stopped' };
    default:
      return { look: 'waits', words: status.toLowerCase() };
  }
}

/** `1 document`, `2 documents`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Documents that something has come of; those that have not changed are in no figure of Bedrock's. */
export function dealtWith({ documents }: Ingestion): number {
  const { added, modified, deleted, failed, skipped } = documents;
  return added + modified + deleted + failed + skipped;
}

/** `3 scanned, 2 added, 1 failed`: what is none is left out. */
export function figuresOf({ documents }: Ingestion): string {
  const { scanned, added, modified, deleted, skipped, failed } = documents;
  const others = Object.entries({ added, changed: modified, deleted, skipped, failed });
  return [`${scanned} scanned`, ...others.flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : []))].join(
    ', ',
  );
}

/** What is worked on first; undefined when nothing more happens to it. */
export function rankOf(ingestion: Ingestion): number | undefined {
  return isOver(ingestion) ? undefined : ingestion.status === 'STARTING' ? 1 : 0;
}

/** Reasons as people read them, each once: Bedrock sends several as one text that is a JSON list. */
export function reasonsOf({ failureReasons }: Pick<Ingestion, 'failureReasons'>): string[] {
  return [...new Set(failureReasons.flatMap(listed))];
}

function listed(text: string): string[] {
  if (!text.startsWith('[')) return [text];
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((item) => typeof item === 'string') ? list : [text];
  } catch {
    return [text];
  }
}
