import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { realClock } from '../../clock.js';
import { type ModelScript, parseModelScript } from '../../emulator/bedrock/script.js';
import { type BedrockEmulator, startBedrock } from '../../emulator/bedrock/server.js';
import { BridgeError, messageOf } from '../../errors.js';
import { VOICE_DIR } from '../fixture/fixture.js';
import type { Terminal } from '../run/terminal.js';
import { lineWriter } from './event-lines.js';
import { modelLine } from './model-lines.js';

export interface ModelRunOptions {
  /** Of 127.0.0.1; 0 is any free one. */
  port: number;
  /** A file with the model's lines; without it the model answers by itself. */
  script?: string | undefined;
  /** Pause that ends the caller's turn, in ms; default as the client asks for, 1,500 to 2,000. */
  endpointingMs?: number | undefined;
}

const ENDED = 0;
const COULD_NOT_RUN = 2;

/** What a client's environment must hold to reach a stand-in in place of Amazon Bedrock. */
export function modelEnvironment({ url, region, credentials }: BedrockEmulator): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
}

/**
 * Runs the voice model until the signal aborts, and tells of each session. Resolves with the exit code: 0, or 2 when it could
 * not be started. Never rejects.
 */
export async function runModel(options: ModelRunOptions, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const { port, script, endpointingMs } = options;
  let bedrock: BedrockEmulator;
  try {
    bedrock = await startBedrock({
      port,
      voiceDir: VOICE_DIR,
      // A model that runs for days must not keep what it hears.
      keepsAudio: false,
      ...(script !== undefined && { script: scriptAt(script) }),
      ...(endpointingMs !== undefined && { endpointingMs }),
    });
  } catch (error) {
    terminal.tell(`${error instanceof BridgeError && script ? `${script}: ` : ''}${messageOf(error)}\n`);
    return COULD_NOT_RUN;
  }
  for (const [name, value] of Object.entries(modelEnvironment(bedrock))) terminal.print(`${name}=${value}\n`);
  await tellSessions(bedrock, terminal, signal);
  await bedrock.close();
  return ENDED;
}

/** Follows every session that begins, until the signal aborts. */
async function tellSessions(bedrock: BedrockEmulator, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const write = lineWriter(realClock(), terminal.print);
  const aborted = new Promise<void>((done) => {
    signal.addEventListener('abort', () => done(), { once: true });
  });
  let told = 0;
  while (!signal.aborted) {
    await Promise.race([bedrock.nextSession(), aborted]);
    for (const session of bedrock.sessions.slice(told)) {
      const name = `session ${++told}`;
      write(name, `opened for ${session.modelId}`);
      session.listen((event) => {
        const words = modelLine(event);
        if (words !== undefined) write(name, words);
      });
    }
  }
}

function scriptAt(path: string): ModelScript {
  return parseModelScript(readFileSync(path, 'utf8'), { dir: dirname(resolve(path)), voiceDir: VOICE_DIR });
}
