import type { VoiceEvent, VoiceLeg, VoiceListener, VoiceLoss, VoiceProfile } from '../call/ports.js';
import type { Clock } from '../clock.js';
import { takesLiveText } from '../directory/model-generation.js';
import type { Ids } from '../ids.js';
import { parseSonicEvent, type SonicEvent } from './events.js';
import { shapedHistory } from './history.js';
import {
  audioEnvelope,
  audioStart,
  contentEnd,
  promptEnd,
  promptStart,
  type SonicInput,
  sessionEnd,
  sessionStart,
  textBlock,
  toolResult,
} from './input.js';
import { lossOf } from './loss.js';
import { admit, type InputAction, type InputStage, PRIMING_MS } from './order.js';
import type { ModelStream, ModelTransport, StreamOutcome } from './stream.js';

/**
 * Caller audio that may wait for the model, in ms: before the stream is open, or while it takes nothing. What is older
 * is given up. Bursts of up to 3 s are what AWS's own session continuation sample replays.
 */
export const MAX_BACKLOG_MS = 3000;

/** The service may end a response without a word; to the call that is a loss like any other. */
const UNASKED_END = 'StreamEnded: the service ended the stream unasked';

/** An event without audio may be this long; the largest real ones are a few KB. */
const MAX_EVENT_BYTES = 256 * 1024;

export interface LegParts {
  transport: ModelTransport;
  ids: Ids;
  clock: Clock;
  /** Whether the stream waits for `begin`; else it begins at once, with the history of its profile. */
  held: boolean;
  /** The stream was lost, or is given up as one that stalls. */
  lost: (loss: VoiceLoss) => void;
}

type OpenText = { role: 'caller' | 'agent'; isFinal: boolean; hasWords?: boolean };

/** One stream of Nova Sonic behind the call's port. */
export class SonicLeg implements VoiceLeg {
  readonly modelId: string;
  readonly region: string;
  readonly takesText: boolean;
  readonly openedAtMs: number;
  readonly #ids: Ids;
  readonly #lost: (loss: VoiceLoss) => void;
  readonly #listener: VoiceListener;
  readonly #stream: ModelStream;
  readonly #promptName: string;
  readonly #audioName: string;
  readonly #profile: VoiceProfile;
  readonly #openTexts = new Map<string, OpenText>();
  #stage: InputStage = { at: 'held' };
  #audioBlockId: string | undefined;
  #lastAudioBlockId: string | undefined;
  #isInterrupted = false;
  #isClosed = false;

  constructor(profile: VoiceProfile, listener: VoiceListener, { transport, ids, clock, held, lost }: LegParts) {
    this.modelId = profile.modelId;
    this.region = transport.region;
    this.takesText = takesLiveText(profile.modelId);
    this.openedAtMs = clock.now();
    this.#ids = ids;
    this.#lost = lost;
    this.#listener = listener;
    this.#promptName = ids.uuid();
    this.#audioName = ids.uuid();
    this.#profile = profile;
    this.#stream = transport.open(
      { modelId: profile.modelId, maxBacklogMs: MAX_BACKLOG_MS },
      {
        opened: (info) => this.#emit({ kind: 'ready', ...info }),
        event: (json) => this.#take(json),
        dropped: (durationMs) => this.#emit({ kind: 'dropped', durationMs }),
        closed: (outcome) => this.#streamClosed(outcome),
      },
    );
    const { head, tail } = audioEnvelope(this.#promptName, this.#audioName);
    this.#stream.setAudioEnvelope(head, tail);
    this.#configure(profile);
    if (!held) this.begin(profile.history);
  }

  begin(history: VoiceProfile['history']): void {
    if (!this.#admits({ kind: 'openAudio' })) return;
    for (const { role, text } of shapedHistory(history)) {
      const wireRole = role === 'caller' ? 'USER' : 'ASSISTANT';
      this.#send(textBlock(this.#promptName, this.#ids.uuid(), text, { role: wireRole, interactive: false }));
    }
    this.#send([audioStart(this.#profile, this.#promptName, this.#audioName)]);
  }

  hear(s16le: Uint8Array, durationMs: number): void {
    const isPrimed = this.#stage.at === 'live' && this.#stage.audioMs >= PRIMING_MS;
    if (isPrimed || this.#admits({ kind: 'audio', durationMs })) this.#stream.sendAudio(s16le, durationMs);
  }

  tell(text: string): void {
    if (!this.takesText || !this.#admits({ kind: 'text' })) return;
    this.#send(textBlock(this.#promptName, this.#ids.uuid(), text, { role: 'USER', interactive: true }));
  }

  answerTool(callId: string, output: Readonly<Record<string, unknown>>): void {
    if (!this.#admits({ kind: 'toolResult', toolUseId: callId })) return;
    this.#send(toolResult(this.#promptName, this.#ids.uuid(), callId, output));
  }

  close(): void {
    this.begin([]);
    if (!this.#admits({ kind: 'end' })) return;
    this.#send([contentEnd(this.#promptName, this.#audioName), promptEnd(this.#promptName), sessionEnd()]);
    this.#stream.end();
  }

  abort(): void {
    if (this.#stage.at !== 'ended') this.#lost('stalled');
    this.#stage = { at: 'ended' };
    this.#stream.abort();
  }

  #configure(profile: VoiceProfile): void {
    this.#send([sessionStart(profile), promptStart(profile, this.#promptName)]);
    const block = { role: 'SYSTEM', interactive: false } as const;
    this.#send(textBlock(this.#promptName, this.#ids.uuid(), profile.systemPrompt, block));
  }

  /** Whether the action is legal now; sends the silence that it needs before it. */
  #admits(action: InputAction): boolean {
    const admitted = admit(this.#stage, action);
    if (!admitted) return false;
    this.#stage = admitted.stage;
    if (admitted.silenceMs > 0) {
      const sampleCount = Math.ceil((admitted.silenceMs * this.#profile.audio.inputRateHz) / 1000);
      this.#stream.sendAudio(new Uint8Array(sampleCount * 2), admitted.silenceMs);
    }
    return true;
  }

  #send(inputs: readonly SonicInput[]): void {
    for (const input of inputs) this.#stream.send(JSON.stringify(input));
  }

  #take(json: Buffer): void {
    const event = parseSonicEvent(json);
    if (event.kind !== 'audio' && json.length > MAX_EVENT_BYTES) {
      this.#emit({ kind: 'faulted', code: 'VOICE_EVENT_OVERSIZED' });
      return;
    }
    this.#translate(event);
  }

  #translate(event: SonicEvent): void {
    switch (event.kind) {
      case 'audio':
        if (!this.#isClosed) this.#listener.audio(event.contentId, event.s16le);
        break;
      case 'contentStarted':
        if (event.type === 'TEXT') this.#openTexts.set(event.contentId, { role: event.role, isFinal: event.isFinal });
        else if (event.type === 'AUDIO') this.#audioStarted(event.contentId);
        break;
      case 'text':
        this.#textCame(event);
        break;
      case 'interruption':
        this.#interrupted();
        break;
      case 'toolUse':
        this.#admits({ kind: 'toolCalled', toolUseId: event.toolUseId });
        this.#emit({
          kind: 'toolCalled',
          callId: event.toolUseId,
          name: event.name,
          input: event.input,
          ...(event.rawInput !== undefined && { rawInput: event.rawInput }),
        });
        break;
      case 'contentEnded':
        this.#contentEnded(event);
        break;
      case 'completionEnded':
        // Documented once per answer, seen once per session: it closes a turn only where no audio block did.
        if (this.#lastAudioBlockId !== undefined) {
          this.#emit({ kind: 'audioEnded', blockId: this.#lastAudioBlockId, turnEnded: true });
          this.#lastAudioBlockId = undefined;
        }
        break;
      case 'usage':
        this.#emit({ kind: 'usage', usage: event.usage });
        break;
      case 'unknown':
        this.#emit({ kind: 'faulted', code: 'VOICE_EVENT_UNKNOWN' });
        break;
      case 'invalid':
        this.#emit({ kind: 'faulted', code: 'VOICE_EVENT_INVALID' });
        break;
      case 'completionStarted':
        break;
    }
  }

  #audioStarted(blockId: string): void {
    if (this.#audioBlockId !== undefined) this.#audioEnded(this.#audioBlockId, false);
    this.#audioBlockId = blockId;
    this.#lastAudioBlockId = blockId;
    this.#isInterrupted = false;
    this.#emit({ kind: 'audioStarted', blockId });
  }

  #audioEnded(blockId: string, turnEnded: boolean): void {
    if (blockId === this.#audioBlockId) this.#audioBlockId = undefined;
    if (turnEnded) this.#lastAudioBlockId = undefined;
    this.#emit({ kind: 'audioEnded', blockId, turnEnded });
  }

  #textCame(event: Extract<SonicEvent, { kind: 'text' }>): void {
    const open = this.#openTexts.get(event.contentId);
    const role = open?.role ?? event.role;
    if (role === undefined) {
      this.#emit({ kind: 'faulted', code: 'VOICE_EVENT_INVALID' });
      return;
    }
    const text = event.text.trim();
    if (text === '') return;
    if (open) open.hasWords = true;
    if (role === 'caller') this.#emit({ kind: 'callerText', text });
    else this.#emit({ kind: 'agentText', text, stage: open && !open.isFinal ? 'spoken' : 'confirmed' });
  }

  #contentEnded(event: Extract<SonicEvent, { kind: 'contentEnded' }>): void {
    const text = this.#openTexts.get(event.contentId);
    this.#openTexts.delete(event.contentId);
    // Words of a cut turn end so too, seconds later: only the sounding block and a block without words tell of the cut.
    const tells = event.contentId === this.#audioBlockId || (text !== undefined && !text.hasWords);
    if (event.stopReason === 'INTERRUPTED' && tells) this.#interrupted();
    if (event.type === 'AUDIO' || event.contentId === this.#audioBlockId) {
      this.#audioEnded(event.contentId, event.stopReason === 'END_TURN' || event.stopReason === 'INTERRUPTED');
    }
  }

  /** Text, its end and the audio's end may all say so; it is one interruption until the agent speaks again. */
  #interrupted(): void {
    if (this.#isInterrupted) return;
    this.#isInterrupted = true;
    this.#emit({ kind: 'interrupted' });
  }

  #streamClosed(outcome: StreamOutcome): void {
    const asked = this.#stage.at === 'ended';
    const reason = outcome.kind === 'failed' ? `${outcome.name}: ${outcome.message}` : endOf(outcome.kind, asked);
    this.#stage = { at: 'ended' };
    const loss = asked ? undefined : lossOf(outcome);
    if (loss) this.#lost(loss);
    this.#emit({ kind: 'closed', asked, reason, ...(loss && { loss }) });
    this.#isClosed = true;
  }

  #emit(event: VoiceEvent): void {
    if (!this.#isClosed) this.#listener.event(event);
  }
}

function endOf(kind: 'ended' | 'aborted', asked: boolean): string {
  return asked || kind === 'aborted' ? kind : UNASKED_END;
}
