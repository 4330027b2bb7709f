import type { Ids } from '../../ids.js';

export type CompletionMode =
  /** One completion for the whole session, as measured: it ends after `promptEnd`. */
  | 'session'
  /** One per turn, as documented. */
  | 'docs';

export interface OutputPlace {
  ids: Ids;
  sessionId: string;
  promptName: string;
  rateHz: number;
  send(json: string): void;
}

type TextStage = 'FINAL' | 'SPECULATIVE';
type TextStop = 'PARTIAL_TURN' | 'END_TURN' | 'INTERRUPTED';

/**
 * The model's output events with their ids. One content block is open at a time: text that comes while an audio block is
 * open waits for its end. Source: Nova Sonic user guide, output events; `role` in textOutput is in real traffic only.
 */
export class Output {
  readonly #place: OutputPlace;
  readonly #waiting: (() => void)[] = [];
  #completionId: string | undefined;
  #openAudioId: string | undefined;

  constructor(place: OutputPlace) {
    this.#place = place;
  }

  /** A whole text block, now or after the open audio block. */
  text(role: 'USER' | 'ASSISTANT', stage: TextStage, content: string, stopReason: TextStop): void {
    this.#whenFree(() => {
      const contentId = this.#place.ids.uuid();
      this.#emit('contentStart', {
        additionalModelFields: JSON.stringify({ generationStage: stage }),
        contentId,
        role,
        textOutputConfiguration: { mediaType: 'text/plain' },
        type: 'TEXT',
      });
      this.#emit('textOutput', { content, contentId, role });
      this.#emit('contentEnd', { contentId, stopReason, type: 'TEXT' });
    });
  }

  /** The signal that the caller was heard over the answer. With `atOnce` it does not wait for an open audio block. */
  interrupted(atOnce: boolean): void {
    const held = this.#openAudioId;
    if (atOnce) this.#openAudioId = undefined;
    this.text('ASSISTANT', 'FINAL', '{ "interrupted" : true }', 'INTERRUPTED');
    if (atOnce) this.#openAudioId = held;
  }

  toolUse(toolUseId: string, toolName: string, content: string): void {
    this.#whenFree(() => {
      const contentId = this.#place.ids.uuid();
      this.#emit('contentStart', {
        contentId,
        role: 'TOOL',
        toolUseOutputConfiguration: { mediaType: 'application/json' },
        type: 'TOOL',
      });
      this.#emit('toolUse', { content, contentId, role: 'TOOL', toolName, toolUseId });
      this.#emit('contentEnd', { contentId, stopReason: 'TOOL_USE', type: 'TOOL' });
    });
  }

  /** Opens an audio block; every other block waits until `endAudio`. Answers its content id. */
  startAudio(): string {
    const contentId = this.#place.ids.uuid();
    this.#openAudioId = contentId;
    this.#emit('contentStart', {
      audioOutputConfiguration: {
        channelCount: 1,
        encoding: 'base64',
        mediaType: 'audio/lpcm',
        sampleRateHertz: this.#place.rateHz,
        sampleSizeBits: 16,
      },
      contentId,
      role: 'ASSISTANT',
      type: 'AUDIO',
    });
    return contentId;
  }

  audio(contentId: string, s16le: Uint8Array): void {
    this.#emit('audioOutput', {
      content: Buffer.from(s16le.buffer, s16le.byteOffset, s16le.byteLength).toString('base64'),
      contentId,
    });
  }

  endAudio(contentId: string, stopReason: TextStop): void {
    this.#emit('contentEnd', { contentId, stopReason, type: 'AUDIO' });
    if (this.#openAudioId !== contentId) return;
    this.#openAudioId = undefined;
    for (const action of this.#waiting.splice(0)) action();
  }

  usage(body: Readonly<Record<string, unknown>>): void {
    this.#emit('usageEvent', body);
  }

  /** An event that no documentation names. */
  unknown(name: string): void {
    this.#emit(name, {});
  }

  get hasCompletion(): boolean {
    return this.#completionId !== undefined;
  }

  /** Ends the completion if one was started; the next output starts another. */
  endCompletion(): void {
    if (this.#completionId === undefined) return;
    this.#emit('completionEnd', { stopReason: 'END_TURN' });
    this.#completionId = undefined;
  }

  #whenFree(action: () => void): void {
    if (this.#openAudioId === undefined) action();
    else this.#waiting.push(action);
  }

  #emit(name: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.#completionId === undefined) {
      this.#completionId = this.#place.ids.uuid();
      this.#send('completionStart', {});
    }
    this.#send(name, fields);
  }

  #send(name: string, fields: Readonly<Record<string, unknown>>): void {
    const { sessionId, promptName } = this.#place;
    this.#place.send(
      JSON.stringify({ event: { [name]: { completionId: this.#completionId, ...fields, promptName, sessionId } } }),
    );
  }
}
