/** What the workers tell the page: events in their order, those together that came together. */
export type WorkerMessage =
  | { readonly type: 'open' | 'lost' }
  | { readonly type: 'events'; readonly events: readonly { readonly kind: string; readonly data: string }[] };

/** What comes within this is told at once, in ms: the page draws once for all of it. */
const GATHER_MS = 40;

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

/** The event stream of all calls, opened anew whenever `open` is called. */
export function callEvents(tell: (message: WorkerMessage) => void): { open(): void; close(): void } {
  let source: EventSource | undefined;
  let gathered: { kind: string; data: string }[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tellGathered = () => {
    clearTimeout(timer);
    timer = undefined;
    const events = gathered;
    gathered = [];
    if (events.length > 0) tell({ type: 'events', events });
  };
  return {
    open() {
      source?.close();
      gathered = [];
      source = new EventSource('/api/events');
      source.onopen = () => tell({ type: 'open' });
      source.onerror = () => {
        tellGathered();
        tell({ type: 'lost' });
      };
      for (const kind of KINDS) {
        source.addEventListener(kind, (event) => {
          gathered.push({ kind, data: (event as MessageEvent<string>).data });
          timer ??= setTimeout(tellGathered, GATHER_MS);
        });
      }
    },
    close() {
      source?.close();
      source = undefined;
      tellGathered();
    },
  };
}
