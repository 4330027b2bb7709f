import type { CallFact } from './events.js';
import type { VoiceLeg } from './ports.js';

export interface StreamLogOptions {
  /** Which of the call's model streams this is. */
  index: number;
  openedMs: number;
  callMs: () => number;
  emit: (fact: CallFact) => void;
}

/** Puts one model stream on record: when it opened, and when and why it closed, once. */
export class StreamLog {
  readonly #options: StreamLogOptions;
  #isClosed = false;

  constructor(options: StreamLogOptions) {
    this.#options = options;
  }

  opened(voice: VoiceLeg): void {
    this.#report(voice, null);
  }

  /** `ended` with the call, or the name of what was lost. */
  closed(voice: VoiceLeg, reason: string): void {
    if (!this.#isClosed) this.#report(voice, reason);
    this.#isClosed = true;
  }

  #report({ modelId, region }: VoiceLeg, closed: string | null): void {
    const { index, openedMs, callMs, emit } = this.#options;
    const closedMs = closed === null ? null : Math.round(callMs());
    emit({ kind: 'streamChanged', index, stream: { modelId, region, openedMs, closedMs, closed } });
  }
}
