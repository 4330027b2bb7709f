import { connect, type Socket } from 'node:net';
import type { Caller } from './caller.js';
import { eventBase64, FrameCutter, inputFrame, payloadOf } from './event-stream.js';
import type { Probe, Recorder } from './probe.js';
import { dueCount, FRAME_INTERVAL_MS, framePhaseMs, MARKER_EVERY_FRAMES } from './schedule.js';

const PROMPT = 'bench-prompt-of-36-characters-as-uuid';
const BLOCK = 'bench-block-of-36-characters-as-a-uui';
/** As much of an event as surely tells what it is. */
const HEAD_CHARACTERS = 400;

/**
 * The control: a caller that sends the model stand-in itself the frames a bridge would, and reads its answers, over one
 * plain loopback connection. What this takes is the harness's own share of every figure.
 */
export class DirectCaller implements Caller {
  readonly probe: Probe;
  readonly #port: number;
  readonly #recorder: Recorder;
  readonly #ask: (prompt: string) => Promise<string>;
  readonly #now: () => number;
  readonly #outputRateHz: number;
  readonly #loud: Buffer;
  readonly #quiet: Buffer;
  readonly #cutter = new FrameCutter();
  #socket: Socket | undefined;
  #nextFrameMs = Number.POSITIVE_INFINITY;
  #frames = 0;

  constructor(
    probe: Probe,
    options: {
      port: number;
      recorder: Recorder;
      ask: (prompt: string) => Promise<string>;
      now: () => number;
      inputRateHz: number;
      outputRateHz: number;
    },
  ) {
    this.probe = probe;
    this.#port = options.port;
    this.#recorder = options.recorder;
    this.#ask = options.ask;
    this.#now = options.now;
    this.#outputRateHz = options.outputRateHz;
    this.#loud = audioFrame(options.inputRateHz, 12_000);
    this.#quiet = audioFrame(options.inputRateHz, 30);
  }

  async connect(): Promise<void> {
    const socket = connect({ host: '127.0.0.1', port: this.#port, noDelay: true });
    this.#socket = socket;
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => this.#cutter.push(bytes, (frame) => this.#take(frame)));
    const text = { promptName: PROMPT, contentName: 'system' };
    this.#send('sessionStart', { inferenceConfiguration: {} });
    this.#send('promptStart', {
      promptName: PROMPT,
      audioOutputConfiguration: { sampleRateHertz: this.#outputRateHz },
    });
    this.#send('contentStart', { ...text, type: 'TEXT', role: 'SYSTEM' });
    this.#send('textInput', { ...text, content: `client:bench-${this.probe.index}.` });
    this.#send('contentEnd', text);
    this.#send('contentStart', { promptName: PROMPT, contentName: BLOCK, type: 'AUDIO' });
  }

  startAudio(nowMs: number, calls: number): void {
    this.#nextFrameMs = nowMs + framePhaseMs(this.probe.index, calls);
  }

  tick(nowMs: number): void {
    for (let due = dueCount(this.#nextFrameMs, nowMs); due > 0; due--) {
      const isMarker = this.#frames++ % MARKER_EVERY_FRAMES === MARKER_EVERY_FRAMES - 1;
      if (isMarker) this.probe.markerSentMs = this.#now();
      this.#socket?.write(isMarker ? this.#loud : this.#quiet);
      this.#nextFrameMs += FRAME_INTERVAL_MS;
    }
  }

  async hangUp(): Promise<void> {
    const socket = this.#socket;
    if (!socket) return;
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    this.#nextFrameMs = Number.POSITIVE_INFINITY;
    this.#send('contentEnd', { promptName: PROMPT, contentName: BLOCK });
    this.#send('promptEnd', { promptName: PROMPT });
    this.#send('sessionEnd', {});
    socket.end();
    await closed;
  }

  #send(name: string, body: object): void {
    if (this.#socket?.writable) this.#socket.write(inputFrame(JSON.stringify({ event: { [name]: body } })));
  }

  #take(frame: Buffer): void {
    const base64 = eventBase64(payloadOf(frame)) ?? '';
    const head = Buffer.from(base64.slice(0, HEAD_CHARACTERS), 'base64');
    if (head.includes('"audioOutput"')) this.#recorder.utteranceHeard(this.probe, this.#now());
    else if (head.includes('interrupted')) this.#recorder.cleared(this.probe, this.#now());
    else if (head.includes('"toolUse"')) void this.#useTool(Buffer.from(base64, 'base64').toString());
  }

  /** Asks the agent what the model wants to know; a failure is told to the model, which counts it. */
  async #useTool(json: string): Promise<void> {
    const { toolUseId, content } = (JSON.parse(json) as { event: { toolUse: Record<string, string> } }).event.toolUse;
    const { prompt } = JSON.parse(content!) as { prompt: string };
    const output = await this.#ask(prompt).then(
      (answer) => ({ answer }),
      () => ({ error: 'the agent could not be asked' }),
    );
    const block = { promptName: PROMPT, contentName: `result-${toolUseId}` };
    this.#send('contentStart', { ...block, type: 'TOOL', toolResultInputConfiguration: { toolUseId } });
    this.#send('toolResult', { ...block, content: JSON.stringify(output) });
    this.#send('contentEnd', block);
  }
}

/** 20 ms of a 500 Hz square wave in a whole input frame. */
function audioFrame(rateHz: number, amplitude: number): Buffer {
  const samples = Buffer.alloc((rateHz / 50) * 2);
  const halfPeriod = rateHz / 1000;
  for (let i = 0; i < samples.length / 2; i++) {
    samples.writeInt16LE(Math.floor(i / halfPeriod) % 2 === 0 ? amplitude : -amplitude, 2 * i);
  }
  const body = { promptName: PROMPT, contentName: BLOCK, content: samples.toString('base64') };
  return inputFrame(JSON.stringify({ event: { audioInput: body } }));
}
