import type { CallFact } from './events.js';
import type { VoiceLoss } from './ports.js';
import type { StreamRecord } from './record.js';

export interface StreamLogOptions {
  /** How many model streams the call has had before. */
  count: number;
  /** When the first one was opened. */
  openedMs: number;
  callMs: () => number;
  emit: (fact: CallFact) => void;
}

/** Puts the model streams of a call on record, one after another: when each opened, and when and why it closed, once. */
export class StreamLog {
  readonly #options: StreamLogOptions;
  #index: number;
  #open: StreamRecord | undefined;

  constructor(options: StreamLogOptions) {
    this.#options = options;
    this.#index = options.count - 1;
  }

  opened({ modelId, region }: Pick<StreamRecord, 'modelId' | 'region'>): void {
    const { count, openedMs, callMs } = this.#options;
    this.#index++;
    this.#report({
      modelId,
      region,
      openedMs: this.#index === count ? openedMs : Math.round(callMs()),
      closedMs: null,
      closed: null,
    });
  }

  /** `ended` with the call, `renewed`, or the name of what was lost. */
  closed(reason: string, loss?: VoiceLoss): void {
    if (this.#open) this.#report({ ...this.#open, closedMs: Math.round(this.#options.callMs()), closed: reason }, loss);
    this.#open = undefined;
  }

  #report(stream: StreamRecord, loss?: VoiceLoss): void {
    this.#open = stream;
    this.#options.emit({ kind: 'streamChanged', index: this.#index, stream, ...(loss && { loss }) });
  }
}
