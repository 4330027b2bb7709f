import { BedrockRuntimeClient, InvokeModelWithBidirectionalStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import type { Credentials } from '../../../src/emulator/aws/signature.js';
import { readRecording } from '../../../src/emulator/bedrock/wave-file.js';

export const MODEL_ID = 'amazon.nova-2-sonic-v1:0';

type Fields = Readonly<Record<string, unknown>>;

/** An output event as the real SDK gave it. */
export interface Received {
  name: string;
  body: Record<string, unknown>;
}

/** How the stream was over, for the client: the loop ended, or something was thrown. */
export interface Ending {
  error: (Error & { $metadata?: { httpStatusCode?: number } }) | undefined;
}

/** The real SDK's client on a stream to the stand-in, with legal events by name. */
export class SdkCall {
  readonly received: Received[] = [];
  readonly ended: Promise<Ending>;
  readonly #queue: string[] = [];
  readonly #abort = new AbortController();
  #wake: () => void = () => undefined;
  #isFinished = false;
  readonly #watchers = new Set<() => void>();
  #ending: Ending | undefined;

  constructor(url: string, credentials: Credentials, modelId = MODEL_ID) {
    const client = new BedrockRuntimeClient({
      endpoint: url,
      region: 'us-east-1',
      credentials,
      authSchemePreference: ['sigv4'],
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    });
    this.ended = this.#run(client, modelId).then((ending) => {
      this.#ending = ending;
      this.#notify();
      return ending;
    });
  }

  /** One event in the service's envelope. */
  send(name: string, fields: Fields): void {
    this.sendText(JSON.stringify({ event: { [name]: fields } }));
  }

  sendText(json: string): void {
    this.#queue.push(json);
    this.#wake();
  }

  /** Ends the input, as a client does after `sessionEnd`. */
  finish(): void {
    this.#isFinished = true;
    this.#wake();
  }

  abort(): void {
    this.#abort.abort();
  }

  /** Session, prompt and system text; the caller's audio block with `audio: true`, primed with silence. */
  open(options: { tools?: readonly string[]; rateHz?: number; outputRateHz?: number; audio?: boolean } = {}): void {
    for (const [name, fields] of openingEvents(options)) this.send(name, fields);
    if (options.audio !== false) this.audio(new Int16Array((options.rateHz ?? 16_000) / 10));
  }

  audio(samples: Int16Array): void {
    const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    for (let at = 0; at < bytes.length; at += 3200) {
      const content = bytes.subarray(at, at + 3200).toString('base64');
      this.send('audioInput', { promptName: 'prompt', contentName: 'audio', content });
    }
  }

  silence(durationMs: number, rateHz = 16_000): void {
    this.audio(new Int16Array((durationMs * rateHz) / 1000));
  }

  /** A person who speaks, and 600 ms of silence after it. */
  speech(file: string): void {
    this.audio(readRecording(`fixtures/speech/${file}`).samples);
    this.silence(600);
  }

  text(content: string, contentName = `text-${this.#queue.length}-${content}`): void {
    for (const [name, fields] of textBlock(contentName, 'USER', true, content)) this.send(name, fields);
  }

  toolResult(toolUseId: unknown, content: string): void {
    const names = { promptName: 'prompt', contentName: `result-${toolUseId}` };
    this.send('contentStart', {
      ...names,
      type: 'TOOL',
      interactive: false,
      role: 'TOOL',
      toolResultInputConfiguration: {
        toolUseId,
        type: 'TEXT',
        textInputConfiguration: { mediaType: 'text/plain' },
      },
    });
    this.send('toolResult', { ...names, content });
    this.send('contentEnd', names);
  }

  close(): void {
    this.send('contentEnd', { promptName: 'prompt', contentName: 'audio' });
    this.send('promptEnd', { promptName: 'prompt' });
    this.send('sessionEnd', {});
    this.finish();
  }

  /** Waits until `count` output events match; fails when the stream ends before. */
  async until(matches: (event: Received) => boolean, count = 1): Promise<Received> {
    for (;;) {
      const found = this.received.filter(matches);
      if (found.length >= count) return found[count - 1]!;
      if (this.#ending) throw this.#ending.error ?? new Error('the stream ended before the awaited event');
      await new Promise<void>((resolve) => {
        this.#watchers.add(resolve);
      });
    }
  }

  named(name: string): Received[] {
    return this.received.filter((event) => event.name === name);
  }

  /** What was said in text blocks of a role and stage, in order. */
  texts(role: string, stage: string): string[] {
    const blocks = new Set(
      this.received
        .filter(({ name, body }) => name === 'contentStart' && body.role === role)
        .filter(({ body }) => body.additionalModelFields === JSON.stringify({ generationStage: stage }))
        .map(({ body }) => body.contentId),
    );
    return this.named('textOutput')
      .filter(({ body }) => blocks.has(body.contentId))
      .map(({ body }) => String(body.content));
  }

  /** All audio received, in bytes. */
  get audioBytes(): Buffer {
    return Buffer.concat(this.named('audioOutput').map(({ body }) => Buffer.from(String(body.content), 'base64')));
  }

  async *#input() {
    for (;;) {
      for (const json of this.#queue.splice(0)) yield { chunk: { bytes: Buffer.from(json) } };
      if (this.#isFinished) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async #run(client: BedrockRuntimeClient, modelId: string): Promise<Ending> {
    try {
      const command = new InvokeModelWithBidirectionalStreamCommand({ modelId, body: this.#input() });
      const output = await client.send(command, { abortSignal: this.#abort.signal });
      for await (const part of output.body ?? []) {
        const text = Buffer.from(part.chunk?.bytes ?? new Uint8Array()).toString('utf8');
        this.received.push(parse(text));
        this.#notify();
      }
      return { error: undefined };
    } catch (error) {
      return { error: error instanceof Error ? error : new Error(String(error)) };
    }
  }

  #notify(): void {
    for (const wake of this.#watchers) wake();
    this.#watchers.clear();
  }
}

/** The legal events up to the open audio block (or before it, with `audio: false`). */
export function openingEvents(
  options: { tools?: readonly string[]; rateHz?: number; outputRateHz?: number; audio?: boolean } = {},
): [string, Fields][] {
  const tools = (options.tools ?? []).map((name) => ({
    toolSpec: { name, description: 'A tool.', inputSchema: { json: '{"type":"object"}' } },
  }));
  const events: [string, Fields][] = [
    [
      'sessionStart',
      {
        inferenceConfiguration: { maxTokens: 1024, topP: 0.9, temperature: 0.7 },
        turnDetectionConfiguration: { endpointingSensitivity: 'HIGH' },
      },
    ],
    [
      'promptStart',
      {
        promptName: 'prompt',
        textOutputConfiguration: { mediaType: 'text/plain' },
        audioOutputConfiguration: {
          ...lpcm(options.outputRateHz ?? 24_000),
          voiceId: 'matthew',
        },
        ...(tools.length > 0
          ? { toolUseOutputConfiguration: { mediaType: 'application/json' }, toolConfiguration: { tools } }
          : {}),
      },
    ],
    ...textBlock('system', 'SYSTEM', false, 'You are helpful.'),
  ];
  if (options.audio !== false) events.push(audioStart(options.rateHz ?? 16_000));
  return events;
}

export function audioStart(rateHz: number, contentName = 'audio'): [string, Fields] {
  return [
    'contentStart',
    {
      promptName: 'prompt',
      contentName,
      type: 'AUDIO',
      interactive: true,
      role: 'USER',
      audioInputConfiguration: lpcm(rateHz),
    },
  ];
}

export function textBlock(
  contentName: string,
  role: string,
  interactive: boolean,
  content: string,
): [string, Fields][] {
  const names = { promptName: 'prompt', contentName };
  const textInputConfiguration = { mediaType: 'text/plain' };
  return [
    ['contentStart', { ...names, type: 'TEXT', interactive, role, textInputConfiguration }],
    ['textInput', { ...names, content }],
    ['contentEnd', names],
  ];
}

function lpcm(sampleRateHertz: number): Fields {
  return {
    mediaType: 'audio/lpcm',
    sampleRateHertz,
    sampleSizeBits: 16,
    channelCount: 1,
    encoding: 'base64',
    audioType: 'SPEECH',
  };
}

function parse(text: string): Received {
  try {
    const [entry] = Object.entries((JSON.parse(text) as { event: Record<string, Record<string, unknown>> }).event);
    return entry ? { name: entry[0], body: entry[1] } : { name: '', body: {} };
  } catch {
    return { name: 'malformed', body: { text } };
  }
}
