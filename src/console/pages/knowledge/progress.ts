import { request } from '../../api/client.ts';
import { ApiProblem } from '../../api/problem.ts';

/** What a follower of something's progress hears. */
export interface ProgressListener<State> {
  told(state: State): void;
  /** Nothing more will come: it is over, or gone. */
  ended(): void;
  /** Whether news would come at the moment. */
  connected(isConnected: boolean): void;
}

/** Between asking why a stream was refused and opening it again, in ms. */
const AGAIN_MS = 2000;

/** Follows `<path>/events` to its end, over cut streams and restarts of the bridge. Returns how to stop. */
export function followProgress<State>(path: string, listener: ProgressListener<State>): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const asking = new AbortController();
  const stop = () => {
    asking.abort();
    source?.close();
    clearTimeout(timer);
  };
  const end = () => {
    if (asking.signal.aborted) return;
    stop();
    listener.ended();
  };
  const openLater = () => {
    if (!asking.signal.aborted) timer = setTimeout(open, AGAIN_MS);
  };
  /** Says why it was refused; somebody whose session has ended logs in meanwhile. */
  const look = async () => {
    try {
      const state = await request<State>(path, { signal: asking.signal });
      if (asking.signal.aborted) return;
      listener.told(state);
      openLater();
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 404) end();
      else openLater();
    }
  };
  const open = () => {
    source = new EventSource(`/api${path}/events`);
    source.onopen = () => listener.connected(true);
    source.addEventListener('progress', ({ data }: MessageEvent<string>) => listener.told(JSON.parse(data) as State));
    source.addEventListener('end', end);
    source.onerror = () => {
      listener.connected(false);
      // Otherwise the browser comes back by itself.
      if (source?.readyState === EventSource.CLOSED) void look();
    };
  };
  open();
  return stop;
}
