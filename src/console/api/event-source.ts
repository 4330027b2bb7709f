/** What the workers tell the page: events in their order, those together that came together. */
export type WorkerMessage =
  /** `refused`: nobody is logged in any more; it stays closed until somebody is. */
  | { readonly type: 'open' | 'lost' | 'refused' }
  | { readonly type: 'events'; readonly events: readonly { readonly kind: string; readonly data: string }[] };

/** What comes within this is told at once, in ms: the page draws once for all of it. */
const GATHER_MS = 40;
/** Before what was refused is asked for again, in ms: twice as long each time, and up to half of it longer by chance. */
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 20_000;
/** `EventSource.CLOSED`: the browser does not come back by itself. */
const CLOSED = 2;

/** What is used of an EventSource. */
interface Stream {
  readonly readyState: number;
  onopen: ((event: Event) => void) | null;
  onerror: ((event: Event) => void) | null;
  addEventListener(kind: string, listener: (event: Event) => void): void;
  close(): void;
}

/** What the stream is opened with. */
export interface StreamMeans {
  connect(): Stream;
  /** Whether the bridge knows nobody by the cookie that is sent along. */
  isLoggedOut(): Promise<boolean>;
  /** Runs it once, so much later; returns what cancels it. */
  after(delayMs: number, action: () => void): () => void;
  /** From 0 to 1. */
  chance(): number;
}

const IN_BROWSER: StreamMeans = {
  connect: () => new EventSource('/api/events'),
  isLoggedOut: async () => (await fetch('/api/sessions/current')).status === 401,
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
  chance: Math.random,
};

const KINDS = [
  'snapshot',
  'reset',
  'rang',
  'answered',
  'takenUp',
  'handedOver',
  'connectedAgain',
  'streamChanged',
  'turnChanged',
  'interrupted',
  'toolChanged',
  'keysEntered',
  'sensitiveChanged',
  'recordingChanged',
  'answererDetected',
  'carrierReported',
  'transferred',
  'dialEnded',
  'used',
  'audioCounted',
  'faulted',
  'ended',
];

/**
 * The event stream of all calls, opened anew whenever `open` is called. One that broke off is opened again by the browser;
 * one that was refused (a proxy without a bridge behind it, too many at once) is opened again here, after a growing pause.
 */
export function callEvents(
  tell: (message: WorkerMessage) => void,
  means: StreamMeans = IN_BROWSER,
): { open(): void; close(): void } {
  let source: Stream | undefined;
  let gathered: { kind: string; data: string }[] = [];
  let cancelTelling: (() => void) | undefined;
  let cancelAgain: (() => void) | undefined;
  let waitMs = FIRST_WAIT_MS;
  const tellGathered = () => {
    cancelTelling?.();
    cancelTelling = undefined;
    const events = gathered;
    gathered = [];
    if (events.length > 0) tell({ type: 'events', events });
  };
  const close = () => {
    cancelAgain?.();
    source?.close();
    source = undefined;
    tellGathered();
  };
  const connect = () => {
    close();
    const opened = means.connect();
    source = opened;
    opened.onopen = () => {
      waitMs = FIRST_WAIT_MS;
      tell({ type: 'open' });
    };
    opened.onerror = () => {
      tellGathered();
      tell({ type: 'lost' });
      if (opened.readyState !== CLOSED) return;
      cancelAgain = means.after(waitMs * (1 + means.chance() / 2), () => void again(opened));
      waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
    };
    for (const kind of KINDS) {
      opened.addEventListener(kind, (event) => {
        gathered.push({ kind, data: (event as MessageEvent<string>).data });
        // Whoever waits for how things stand is not kept waiting for more.
        if (kind === 'snapshot') tellGathered();
        else cancelTelling ??= means.after(GATHER_MS, tellGathered);
      });
    }
  };
  const again = async (refused: Stream) => {
    // Who does not answer has not said no.
    const isLoggedOut = await means.isLoggedOut().catch(() => false);
    if (source !== refused) return;
    if (isLoggedOut) tell({ type: 'refused' });
    else connect();
  };
  return {
    open() {
      waitMs = FIRST_WAIT_MS;
      connect();
    },
    close,
  };
}
