import { request } from '../../api/client.ts';
import type { CreatorJobSummary } from '../../api/types.ts';

export type JobNews =
  | { readonly kind: 'open' | 'lost' | 'over' }
  | { readonly kind: 'progress'; readonly job: CreatorJobSummary };

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;

/**
 * Hears how a job goes on, to its end. A stream that is cut is opened again. Only while the page is seen: each open stream
 * takes one of the six connections that a browser has to a server, and pages behind it need none. `again` follows a job that
 * has come to its end and goes on all the same.
 */
export function followJob(id: string, tell: (news: JobNews) => void): { leave(): void; again(): void } {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waitMs = FIRST_WAIT_MS;
  let isOver = false;

  const close = () => {
    source?.close();
    source = undefined;
    clearTimeout(timer);
  };
  const end = () => {
    isOver = true;
    close();
  };
  const open = () => {
    if (source || isOver || document.hidden) return;
    const opened = new EventSource(`/api/creator/jobs/${encodeURIComponent(id)}/events`);
    source = opened;
    opened.onopen = () => {
      waitMs = FIRST_WAIT_MS;
      tell({ kind: 'open' });
    };
    opened.addEventListener('progress', ({ data }: MessageEvent<string>) =>
      tell({ kind: 'progress', job: JSON.parse(data) as CreatorJobSummary }),
    );
    opened.addEventListener('end', () => {
      end();
      tell({ kind: 'over' });
    });
    opened.onerror = () => {
      tell({ kind: 'lost' });
      // A stream that broke off is opened again by the browser; one that was refused is not.
      if (opened.readyState !== EventSource.CLOSED) return;
      close();
      timer = setTimeout(() => void afterLogIn(), waitMs);
      waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
    };
  };
  /** A session that does not hold any more is the likeliest reason: asking for it waits until somebody has logged in. */
  const afterLogIn = async () => {
    await request('/sessions/current').catch(() => undefined);
    open();
  };
  const turned = () => (document.hidden ? close() : open());

  document.addEventListener('visibilitychange', turned);
  open();
  return {
    leave() {
      document.removeEventListener('visibilitychange', turned);
      end();
    },
    again() {
      isOver = false;
      open();
    },
  };
}
