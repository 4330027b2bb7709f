import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { request } from '../../api/client.ts';
import type { ListedNumber, NumberCheck } from '../../api/types.ts';
import { inTurns } from './in-turns.ts';
import { NUMBERS_KEY } from './use-numbers.ts';

/** Numbers whose results are shown together: each time the whole list is drawn anew. */
const AT_ONCE = 20;

interface Progress {
  readonly done: number;
  readonly all: number;
  readonly error?: unknown;
}

/** Has the bridge look at what Twilio has for numbers; the list shows it as it comes. The first that fails ends it. */
export function useChecks() {
  const queries = useQueryClient();
  const [progress, setProgress] = useState<Progress>();
  const leaving = useRef<AbortController>(undefined);
  useEffect(() => () => leaving.current?.abort(), []);

  const show = (found: ReadonlyMap<string, NumberCheck>) =>
    queries.setQueryData<readonly ListedNumber[]>(NUMBERS_KEY, (before) =>
      before?.map((number) => {
        const carrier = found.get(number.number);
        return carrier ? { ...number, carrier } : number;
      }),
    );

  const check = async (numbers: readonly string[]) => {
    leaving.current = new AbortController();
    const { signal } = leaving.current;
    const all = numbers.length;
    setProgress({ done: 0, all });
    try {
      for (let done = 0; done < all; done += AT_ONCE) {
        const some = numbers.slice(done, done + AT_ONCE);
        const found = await inTurns(some, async (number) => {
          const path = `/numbers/${encodeURIComponent(number)}/check`;
          return [number, await request<NumberCheck>(path, { method: 'POST', signal })] as const;
        });
        show(new Map(found));
        setProgress({ done: done + some.length, all });
      }
    } catch (error) {
      if (signal.aborted) return;
      setProgress((before) => ({ done: before?.done ?? 0, all, error }));
      // What was found beside the one that failed.
      void queries.invalidateQueries({ queryKey: NUMBERS_KEY });
    }
  };

  const isChecking = progress !== undefined && progress.error === undefined && progress.done < progress.all;
  return { check, isChecking, words: progress ? wordsOf(progress) : '', error: progress?.error };
}

function wordsOf({ done, all, error }: Progress): string {
  if (error !== undefined) return done === 0 ? '' : `${done} of ${all} are checked.`;
  if (done < all) return `Asking Twilio: ${done} of ${all} are checked. Nothing is changed.`;
  return all === 1 ? '1 number is checked.' : `${all} numbers are checked.`;
}
