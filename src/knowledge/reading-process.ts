import { messageOf } from '../errors.js';
import { type Chunk, chunksOf } from './chunks.js';
import { type MediaType, sectionsOf } from './document-text.js';

/** What the process is sent, once. */
export interface ReadingOrder {
  readonly mediaType: MediaType;
  readonly content: Uint8Array;
}

export type ReadingAnswer = { readonly chunks: readonly Chunk[] } | { readonly problem: string };

// The main file of a process of its own: reads one document and ends.
process.once('message', (order: ReadingOrder) => {
  sectionsOf(order.mediaType, order.content)
    .then(
      (sections): ReadingAnswer => ({ chunks: chunksOf(sections) }),
      (error: unknown): ReadingAnswer => ({ problem: messageOf(error) }),
    )
    .then((answer) => process.send?.(answer, () => process.disconnect()));
});
