import { useEffect, useRef, useState } from 'react';
import { request } from '../../api/client.ts';
import { wordsOf } from '../../api/problem.ts';
import type { FileRules } from './files.ts';
import type { Metadata } from './metadata.ts';

/** A file on its way into an index or a bucket. What has arrived is none any more: it is a document. */
export interface Upload {
  readonly id: number;
  readonly file: File;
  /** As it was when the file was dropped. */
  readonly metadata: Metadata;
  readonly state: 'waiting' | 'sending' | 'failed' | 'refused';
  /** Why it was refused, by the page or by the API. */
  readonly words?: string;
}

/** Sends files one after the other, as they are, to where documents are listed in the API. */
export function useUploads<Document>(path: string, { judge }: FileRules, arrived: (document: Document) => void) {
  const [uploads, setUploads] = useState<readonly Upload[]>([]);
  const lastId = useRef(0);
  const change = (id: number, fields: Partial<Upload>) =>
    setUploads((before) => before.map((upload) => (upload.id === id ? { ...upload, ...fields } : upload)));
  const remove = (id: number) => setUploads((before) => before.filter((upload) => upload.id !== id));

  const send = async ({ id, file, metadata }: Upload) => {
    const judged = judge(file);
    if (!('mediaType' in judged)) return;
    change(id, { state: 'sending' });
    try {
      await requireReadable(file);
      const headers = { 'Content-Type': judged.mediaType };
      const query = new URLSearchParams({
        name: file.name,
        ...(Object.keys(metadata).length > 0 && { metadata: JSON.stringify(metadata) }),
      });
      arrived(await request<Document>(`${path}?${query}`, { method: 'POST', body: file, headers }));
      remove(id);
    } catch (error) {
      change(id, { state: 'failed', words: wordsOf(error) });
    }
  };
  useEffect(() => {
    const next = uploads.find(({ state }) => state === 'waiting');
    if (next && !uploads.some(({ state }) => state === 'sending')) void send(next);
  });

  return {
    uploads,
    /** Whether something is lost when the page is left now. */
    isSending: uploads.some(({ state }) => state === 'waiting' || state === 'sending'),
    add(files: readonly File[], metadata: Metadata) {
      const added = files.map((file): Upload => {
        const judged = judge(file);
        const id = ++lastId.current;
        return 'refused' in judged
          ? { id, file, metadata, state: 'refused', words: judged.refused }
          : { id, file, metadata, state: 'waiting' };
      });
      setUploads((before) => [...before, ...added]);
    },
    again: (id: number) => change(id, { state: 'waiting' }),
    remove,
  };
}

/** A file that is not there any more would look like a bridge that does not answer. */
async function requireReadable(file: File): Promise<void> {
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch {
    throw new Error('The file cannot be read from here any more: it was moved or changed. Drop it in again.');
  }
}
