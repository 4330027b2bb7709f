import type { ErrorCode } from '../errors.js';
import type { AgentSpeech } from './agent-speech.js';
import type { OpenUtterance } from './open-utterance.js';
import type { Situation, VoiceEvent, VoiceLeg } from './ports.js';
import type { Signal } from './state.js';
import type { StreamLog } from './stream-log.js';
import type { Transcript } from './transcript.js';

export interface ModelStreamsOptions {
  log: StreamLog;
  open: OpenUtterance;
  speech: AgentSpeech;
  transcript: Transcript;
  agent: () => Situation['agent'];
  now: () => number;
  fault: (code: ErrorCode) => void;
  apply: (signal: Signal) => void;
}

/** What it means for a call that a model stream goes and another one comes. */
export class ModelStreams {
  /** Whether one serves the call now. */
  isServed = true;
  /** What sounds was said by one that is gone: the one that hears the caller does not know of it, and will not stop it. */
  #isOrphaned = false;
  /** Since when one serves, after none did. */
  #servedFromMs = Number.NEGATIVE_INFINITY;
  readonly #options: ModelStreamsOptions;

  constructor(options: ModelStreamsOptions) {
    this.#options = options;
  }

  /** To be called now and then: the caller's voice stops words that no stream will stop. */
  look(isCallerOverAgent: boolean): void {
    const { agent, apply } = this.#options;
    const isOrphaned = this.#isOrphaned && agent() !== 'silent';
    if (isOrphaned && isCallerOverAgent) apply({ kind: 'interrupted', byCaller: true });
  }

  /** For how long there has been one, in ms. */
  get servedMs(): number {
    return this.isServed ? this.#options.now() - this.#servedFromMs : 0;
  }

  /** The first one serves the call. */
  opened(voice: Pick<VoiceLeg, 'modelId' | 'region'>): void {
    this.#options.log.opened(voice);
  }

  /** The call ends here. */
  closed(reason: string): void {
    this.#options.log.closed(reason);
  }

  /** Something comes of the stream that hears the caller, or of what there is in its place. */
  came(event: VoiceEvent): void {
    switch (event.kind) {
      case 'audioStarted':
        this.#isOrphaned = false;
        this.#options.open.answered();
        break;
      case 'toolCalled':
        this.#options.open.answered();
        break;
      case 'gone':
        this.#gone(event);
        break;
      case 'replaced':
        this.#replaced(event);
        break;
      case 'closed':
        if (!event.asked) this.#lost(event.reason);
        break;
    }
  }

  /** No stream serves the call; another is on its way. What was said is heard to its end. */
  #gone({ reason, loss, offence }: Extract<VoiceEvent, { kind: 'gone' }>): void {
    const { log, open, speech, transcript, fault, apply } = this.#options;
    this.isServed = false;
    open.heardAnew(false);
    log.closed(loss ? reason : 'renewed', loss);
    if (loss) fault('VOICE_STREAM_LOST');
    if (offence) transcript.filteredOver(offence, speech.sentMs);
    this.#complete();
    // Words that are not taken are said all the same: whoever said them waits.
    if (loss === 'filtered' && open.giveUp()) apply({ kind: 'callerSpoke', overAgent: false });
  }

  #replaced({ planned, modelId, region }: Extract<VoiceEvent, { kind: 'replaced' }>): void {
    const { log, open, now } = this.#options;
    open.heardAnew(true);
    if (planned) log.closed('renewed');
    log.opened({ modelId, region });
    if (!this.isServed) this.#servedFromMs = now();
    this.isServed = true;
    this.#complete();
  }

  /** No stream can be had any more. */
  #lost(reason: string): void {
    const { log, speech, apply } = this.#options;
    log.closed(reason);
    this.#complete();
    apply({ kind: 'voiceLost', unheardMs: speech.unheardMs });
  }

  #complete(): void {
    const { transcript, speech, agent, apply } = this.#options;
    if (agent() === 'speaking') apply({ kind: 'agentCut' });
    transcript.forgetUnspoken();
    speech.completeNow();
    this.#isOrphaned = true;
  }
}
