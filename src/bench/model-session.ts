import {
  eventBase64,
  FrameCutter,
  isAudioInput,
  isLoudAudio,
  isSound,
  payloadOf,
  signatureOf,
} from './event-stream.js';
import { event, IDS } from './model-events.js';
import type { Probe, Recorder } from './probe.js';
import {
  CHUNK_INTERVAL_MS,
  chunkLengthsMs,
  TEXT_LEAD_MS,
  UTTERANCE_INTERVAL_MS,
  utterancePhaseMs,
} from './schedule.js';
import type { ToolRecorder } from './tool-recorder.js';
import { type ToolLoad, ToolUser } from './tool-user.js';

export interface ModelSessionOptions {
  write: (bytes: Buffer) => void;
  recorder: Recorder;
  toolRecorder: ToolRecorder;
  /** The call that a prompt speaks of; undefined when it speaks of none that is measured. */
  probeOf: (prompt: string) => Probe | undefined;
  calls: () => number;
  now: () => number;
}

type EventBody = Record<string, unknown>;

/** How long after the beginning of an utterance it is interrupted: its audio still comes, or has all come. */
const INTERRUPTION_POINTS_MS = [130, 450];

/** One stream of the model stand-in: checks what comes, looks for markers, speaks without end. Bound to no transport. */
export class ModelSession {
  readonly violations: string[] = [];
  /** Prompt, audio and session were ended in this order. */
  isEnded = false;
  readonly #options: ModelSessionOptions;
  readonly #cutter = new FrameCutter();
  readonly #names: string[] = [];
  readonly #tools: ToolUser;
  #probe: Probe | undefined;
  #outputRateHz = 24_000;
  #audio: readonly string[] = [];
  #isListening = false;
  /** The name of the caller's block of audio. */
  #listeningTo: unknown;
  #nextUtteranceMs = Number.POSITIVE_INFINITY;
  #nextChunkMs = Number.POSITIVE_INFINITY;
  #interruptMs = Number.POSITIVE_INFINITY;
  #chunk = 0;
  #blockId = '';
  #blockCount = 0;
  #interrupts = false;

  constructor(options: ModelSessionOptions) {
    this.#options = options;
    this.#tools = new ToolUser(options);
  }

  get isSpeaking(): boolean {
    return this.#nextUtteranceMs !== Number.POSITIVE_INFINITY;
  }

  push(bytes: Buffer): void {
    this.#cutter.push(bytes, (frame) => this.#take(frame));
  }

  /** From now on every utterance is interrupted, or none. */
  interruptUtterances(on: boolean): void {
    this.#interrupts = on;
  }

  /** From now on tools are used like this, or not at all. */
  useTools(load: ToolLoad | undefined): void {
    const probe = this.#probe;
    if (!probe) return;
    const { now, calls } = this.#options;
    const wasQuiet = this.#tools.isQuiet;
    this.#tools.use(load, probe, calls());
    if (this.#tools.isQuiet) this.#nextUtteranceMs = Number.POSITIVE_INFINITY;
    else if (wasQuiet) this.#nextUtteranceMs = now() + utterancePhaseMs(probe.index, calls());
  }

  silence(): void {
    this.#nextUtteranceMs = Number.POSITIVE_INFINITY;
    this.#nextChunkMs = Number.POSITIVE_INFINITY;
    this.#interruptMs = Number.POSITIVE_INFINITY;
  }

  tick(nowMs: number): void {
    if (nowMs >= this.#nextChunkMs) this.#speak();
    if (nowMs >= this.#interruptMs) this.#interrupt();
    if (nowMs >= this.#nextUtteranceMs) this.#begin(nowMs);
    this.#tools.tick(nowMs);
  }

  #take(frame: Buffer): void {
    if (!isSound(frame)) this.violations.push('wrong checksum');
    if (!signatureOf(frame)) this.violations.push('frame without date and signature');
    const inner = payloadOf(frame);
    if (inner.length === 0) return;
    const base64 = eventBase64(payloadOf(inner));
    if (base64 === undefined) {
      this.violations.push('chunk without bytes');
    } else if (isAudioInput(base64)) {
      this.#hear(base64);
    } else {
      const { event } = JSON.parse(Buffer.from(base64, 'base64').toString()) as { event: Record<string, EventBody> };
      for (const [name, body] of Object.entries(event)) this.#takeEvent(name, body);
    }
  }

  #hear(base64: string): void {
    if (!this.#isListening) this.violations.push('audio outside of its block');
    const { recorder, now, calls } = this.#options;
    const isLoud = isLoudAudio(base64);
    if (isLoud === undefined) this.violations.push('audio without content');
    const probe = this.#probe;
    if (!probe) return;
    if (recorder.isOn) recorder.frames++;
    if (isLoud) recorder.markerHeard(probe, now());
    if (this.#blockCount === 0 && !this.isSpeaking) {
      this.#nextUtteranceMs = now() + TEXT_LEAD_MS + utterancePhaseMs(probe.index, calls());
    }
  }

  #takeEvent(name: string, body: EventBody): void {
    const expected = ['sessionStart', 'promptStart', 'contentStart'][this.#names.length];
    if (expected !== undefined && name !== expected) this.violations.push(`${name} where ${expected} belongs`);
    this.#names.push(name);
    if (this.#tools.take(name, body) && this.#tools.isQuiet) this.#nextUtteranceMs = this.#options.now();
    if (name === 'promptStart') {
      const { audioOutputConfiguration } = body as { audioOutputConfiguration: { sampleRateHertz: number } };
      this.#outputRateHz = audioOutputConfiguration.sampleRateHertz;
    } else if (name === 'textInput') {
      this.#probe ??= this.#options.probeOf(String(body.content));
    } else if (name === 'contentStart' && body.type === 'AUDIO') {
      this.#isListening = true;
      this.#listeningTo = body.contentName;
      this.#audio = audioBase64(this.#outputRateHz);
    } else if (name === 'contentEnd' && this.#isListening && body.contentName === this.#listeningTo) {
      this.#isListening = false;
      this.silence();
    } else if (name === 'sessionEnd') {
      if (this.#names.at(-2) !== 'promptEnd') this.violations.push('sessionEnd without promptEnd');
      this.isEnded = true;
    }
  }

  /** The words of the next utterance; its audio follows a little later. */
  #begin(nowMs: number): void {
    const contentId = `text-${++this.#blockCount}`;
    const fields = { ...IDS, contentId };
    const words = 'Your call is now first in line and will be answered.';
    const first = this.#blockCount === 1 ? [event('completionStart', IDS)] : [];
    this.#options.write(
      Buffer.concat([
        ...first,
        event('contentStart', {
          ...fields,
          type: 'TEXT',
          role: 'ASSISTANT',
          additionalModelFields: '{"generationStage":"SPECULATIVE"}',
          textOutputConfiguration: { mediaType: 'text/plain' },
        }),
        event('textOutput', { ...fields, role: 'ASSISTANT', content: words }),
        event('contentEnd', { ...fields, type: 'TEXT', stopReason: 'PARTIAL_TURN' }),
      ]),
    );
    this.#chunk = 0;
    this.#blockId = `audio-${this.#blockCount}`;
    this.#nextChunkMs = nowMs + TEXT_LEAD_MS;
    this.#nextUtteranceMs = this.#tools.isQuiet
      ? Number.POSITIVE_INFINITY
      : this.#nextUtteranceMs + UTTERANCE_INTERVAL_MS;
    const point = INTERRUPTION_POINTS_MS[this.#blockCount % INTERRUPTION_POINTS_MS.length]!;
    if (this.#interrupts) this.#interruptMs = this.#nextChunkMs + point;
  }

  #speak(): void {
    const { write, now, recorder } = this.#options;
    const content = this.#audio[this.#chunk]!;
    const fields = { ...IDS, contentId: this.#blockId };
    const frames = [event('audioOutput', { ...fields, content, role: 'ASSISTANT' })];
    if (this.#chunk === 0) {
      const configuration = { mediaType: 'audio/lpcm', sampleRateHertz: this.#outputRateHz, sampleSizeBits: 16 };
      const start = { ...fields, type: 'AUDIO', role: 'ASSISTANT', audioOutputConfiguration: configuration };
      frames.unshift(event('contentStart', start));
      if (recorder.isOn) recorder.utterances++;
      if (this.#probe) this.#probe.utteranceSentMs = now();
    }
    this.#chunk++;
    this.#nextChunkMs += CHUNK_INTERVAL_MS;
    if (this.#chunk === this.#audio.length) {
      frames.push(event('contentEnd', { ...fields, type: 'AUDIO', stopReason: 'END_TURN' }), USAGE);
      this.#nextChunkMs = Number.POSITIVE_INFINITY;
    }
    write(frames.length === 1 ? frames[0]! : Buffer.concat(frames));
  }

  /** Barge-in as the service reports it: a text, its end, and the end of an audio block that was still open. */
  #interrupt(): void {
    this.#interruptMs = Number.POSITIVE_INFINITY;
    const { write, now, recorder } = this.#options;
    const fields = { ...IDS, contentId: `interruption-${this.#blockCount}` };
    const frames = [
      event('contentStart', {
        ...fields,
        type: 'TEXT',
        role: 'ASSISTANT',
        additionalModelFields: '{"generationStage":"FINAL"}',
        textOutputConfiguration: { mediaType: 'text/plain' },
      }),
      event('textOutput', { ...fields, role: 'ASSISTANT', content: '{ "interrupted" : true }' }),
      event('contentEnd', { ...fields, type: 'TEXT', stopReason: 'INTERRUPTED' }),
    ];
    if (this.#nextChunkMs !== Number.POSITIVE_INFINITY) {
      frames.push(event('contentEnd', { ...IDS, contentId: this.#blockId, type: 'AUDIO', stopReason: 'INTERRUPTED' }));
      this.#nextChunkMs = Number.POSITIVE_INFINITY;
    }
    const probe = this.#probe;
    if (probe) {
      recorder.interruptionCounted(probe);
      probe.interruptionSentMs = now();
    }
    write(Buffer.concat(frames));
  }
}

const USAGE = event('usageEvent', {
  ...IDS,
  details: { delta: { input: { speechTokens: 25, textTokens: 0 }, output: { speechTokens: 25, textTokens: 12 } } },
});

const audioByRate = new Map<number, readonly string[]>();

/** One second of two tones at telephone loudness, in the pieces in which it is sent. */
function audioBase64(rateHz: number): readonly string[] {
  let pieces = audioByRate.get(rateHz);
  if (!pieces) {
    let at = 0;
    pieces = chunkLengthsMs().map((lengthMs) => {
      const bytes = Buffer.alloc(((lengthMs * rateHz) / 1000) * 2);
      for (let i = 0; i < bytes.length; i += 2, at++) {
        const phase = (2 * Math.PI * at) / rateHz;
        bytes.writeInt16LE(Math.round(4000 * Math.sin(430 * phase) + 3000 * Math.sin(1170 * phase)), i);
      }
      return bytes.toString('base64');
    });
    audioByRate.set(rateHz, pieces);
  }
  return pieces;
}
