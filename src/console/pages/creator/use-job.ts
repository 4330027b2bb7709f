import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { ask } from '../../api/client.ts';
import type { CreatorJob, CreatorJobSummary } from '../../api/types.ts';
import { followJob } from './follow-job.ts';

/** A job as it was looked at: the tag names exactly this state of it. */
export interface SeenJob {
  readonly job: CreatorJob;
  readonly etag: string;
}

/** One job with all that it has made, kept up as it goes on. */
export function useJob(id: string) {
  const [seen, setSeen] = useState<SeenJob>();
  const [error, setError] = useState<unknown>();
  const [connection, setConnection] = useState<'connecting' | 'open' | 'lost' | 'over'>('connecting');
  const [heardAtMs, setHeardAtMs] = useState(() => Date.now());
  const lookAgain = useRef<() => void>(() => undefined);
  const followAgain = useRef<() => void>(() => undefined);
  const queries = useQueryClient();

  useEffect(() => {
    const abort = new AbortController();
    let known: CreatorJobSummary | undefined;
    let latest: CreatorJobSummary | undefined;
    let isLooking = false;
    const look = async () => {
      if (isLooking) return;
      isLooking = true;
      try {
        do {
          const looked = await askJob(id, abort.signal);
          known = looked.job;
          setSeen(looked);
          setError(undefined);
        } while (isBehind(known, latest));
      } catch (reason) {
        if (!abort.signal.aborted) setError(reason);
      } finally {
        isLooking = false;
      }
    };
    lookAgain.current = () => void look();
    void look();
    const following = followJob(id, (news) => {
      if (news.kind !== 'lost') setHeardAtMs(Date.now());
      if (news.kind !== 'progress') {
        setConnection(news.kind);
        return;
      }
      setConnection('open');
      latest = news.job;
      if (known && known.state !== latest.state) {
        void queries.invalidateQueries({ queryKey: ['pages'] });
        // What was published is an agent from now on.
        void queries.invalidateQueries({ queryKey: ['agents'] });
      }
      if (isBehind(known, latest)) void look();
    });
    followAgain.current = following.again;
    return () => {
      abort.abort();
      following.leave();
    };
  }, [id, queries]);

  const set = (next: SeenJob) => {
    setSeen(next);
    // One that had failed and goes on is told of by a stream of its own.
    if (next.job.state === 'running') followAgain.current();
  };
  return { seen, error, connection, heardAtMs, again: () => lookAgain.current(), set };
}

async function askJob(id: string, signal: AbortSignal): Promise<SeenJob> {
  const { answer, etag } = await ask<CreatorJob>(`/creator/jobs/${encodeURIComponent(id)}`, { signal });
  return { job: answer, etag: tagOf(etag) };
}

/** As `If-Match` is given here: without the quotes around it. */
export function tagOf(etag: string | null): string {
  return (etag ?? '').replace(/^(?:W\/)?"|"$/g, '');
}

/** Whether something has happened since. */
export function isBehind(known: CreatorJobSummary | undefined, latest: CreatorJobSummary | undefined): boolean {
  if (!known || !latest) return false;
  const ended = (job: CreatorJobSummary) => job.stages.filter(({ endedAt }) => endedAt !== null).length;
  return (
    known.updatedAt < latest.updatedAt || known.stages.length < latest.stages.length || ended(known) < ended(latest)
  );
}
