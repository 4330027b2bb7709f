/** What the workers tell the page. */
export interface WorkerMessage {
  readonly type: 'event' | 'open' | 'lost';
  readonly kind?: string;
  readonly data?: string;
}

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
  return {
    open() {
      source?.close();
      source = new EventSource('/api/events');
      source.onopen = () => tell({ type: 'open' });
      source.onerror = () => tell({ type: 'lost' });
      for (const kind of KINDS) {
        source.addEventListener(kind, (event) =>
          tell({ type: 'event', kind, data: (event as MessageEvent<string>).data }),
        );
      }
    },
    close() {
      source?.close();
      source = undefined;
    },
  };
}
