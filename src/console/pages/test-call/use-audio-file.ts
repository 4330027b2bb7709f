import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiProblem } from '../../api/problem.ts';
import type { Problem } from '../../api/types.ts';
import { type AudioFile, lookAtFile } from '../../audio/audio-file.ts';

export interface ChosenFile {
  readonly file: AudioFile;
  readonly durationMs: number;
}

/**
 * The recording that is to speak in place of the microphone: one that was chosen here, else the caller of the recorded call
 * that the address names.
 */
export function useAudioFile(recordedCallSid: string) {
  const [chosen, setChosen] = useState<ChosenFile>();
  const [error, setError] = useState<unknown>();
  const recorded = useQuery({
    queryKey: ['caller-of', recordedCallSid],
    queryFn: ({ signal }) => callerOf(recordedCallSid, signal),
    enabled: recordedCallSid !== '',
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });

  return {
    chosen: chosen ?? recorded.data,
    error: error ?? recorded.error ?? undefined,
    isReading: recordedCallSid !== '' && recorded.isPending && !chosen,
    /** Resolves with the file when it can be played. */
    async choose(bytes: File): Promise<AudioFile | undefined> {
      setError(undefined);
      try {
        const file = { name: bytes.name, bytes, onlyLeft: false };
        setChosen({ file, durationMs: await lookAtFile(file) });
        return file;
      } catch (reason) {
        setError(reason);
        return undefined;
      }
    },
    drop(): void {
      setChosen(undefined);
      setError(undefined);
    },
  };
}

/** What the caller of a recorded call said, with all its pauses. Rejects with an `ApiProblem`. */
async function callerOf(callSid: string, signal: AbortSignal): Promise<ChosenFile> {
  const response = await fetch(`/api/calls/${encodeURIComponent(callSid)}/audio.wav`, { signal });
  if (!response.ok) {
    const problem = await response.json().catch(() => undefined);
    throw new ApiProblem(response.status, problem as Problem | undefined);
  }
  const file = { name: `the caller of ${callSid}`, bytes: await response.blob(), onlyLeft: true };
  return { file, durationMs: await lookAtFile(file) };
}
