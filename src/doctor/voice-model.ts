import type { VoiceProfile } from '../call/ports.js';
import type { Clock } from '../clock.js';
import type { Ids } from '../ids.js';
import { createLeanTransport } from '../sonic/lean.js';
import { sonicModel } from '../sonic/leg.js';
import { createStandardTransport } from '../sonic/standard.js';
import type { ModelTransport, StreamOutcome } from '../sonic/stream.js';
import { bedrockOrigin } from './aws-endpoint.js';
import type { Check, Finding } from './check.js';
import type { Installation } from './installation.js';
import { modelTrouble } from './model-trouble.js';

/** Callers wait about this long for the first word anyway; a stream that opens later delays it. */
const SLOW_MS = 2000;
/** The SDK's own stream tells that it stands only with the first event, and silence makes none. */
const STANDARD_OPEN_MS = 1000;
/** A little more than the model needs to have heard before a block may end. */
const SILENCE_MS = 200;

/** A real session, opened with the bridge's own means, given a breath of silence, and closed in order. */
export function voiceModelCheck({ config, region, bedrock, clock, ids }: Installation): Check {
  const { modelId } = config;
  return {
    name: 'voice model',
    needs: ['AWS credentials', 'clock (AWS)'],
    async run(signal) {
      const createTransport = config.transport === 'lean' ? createLeanTransport : createStandardTransport;
      const transport = createTransport({ region, clock, ...bedrock });
      signal.addEventListener('abort', () => transport.close(), { once: true });
      try {
        const closeAfterMs = config.transport === 'standard' ? STANDARD_OPEN_MS : undefined;
        const { readyMs, outcome } = await holdSession(transport, { modelId, clock, ids, closeAfterMs });
        if (outcome.kind === 'failed') {
          const origin = await bedrockOrigin({ region, ...(bedrock && { endpoint: bedrock.endpoint }) });
          return modelTrouble(outcome, { modelId, region, host: new URL(origin).host });
        }
        const session = `${modelId} in ${region}: a session`;
        if (closeAfterMs !== undefined) return { state: 'ok', says: `${session} was opened and closed in order` };
        return judge(session, readyMs);
      } finally {
        transport.close();
      }
    },
  };
}

function judge(session: string, readyMs: number | undefined): Finding {
  if (readyMs === undefined) {
    return { state: 'failed', says: `${session} ended before it was ready`, advice: 'Ask again in a minute.' };
  }
  const says = `${session} was ready in ${Math.round(readyMs)} ms and closed in order`;
  if (readyMs <= SLOW_MS) return { state: 'ok', says };
  return { state: 'warning', says, advice: 'Run the bridge in, or near, the region of the model.' };
}

interface HoldOptions {
  modelId: string;
  clock: Clock;
  ids: Ids;
  /** Undefined: as soon as it is ready. */
  closeAfterMs: number | undefined;
}

/** Resolves when the stream is over and released, however it ended. */
function holdSession(
  transport: ModelTransport,
  { modelId, clock, ids, closeAfterMs }: HoldOptions,
): Promise<{ readyMs: number | undefined; outcome: StreamOutcome }> {
  return new Promise((resolve) => {
    const startMs = clock.now();
    let readyMs: number | undefined;
    let cancelClosing = (): void => undefined;
    const watched: ModelTransport = {
      ...transport,
      open: (options, handlers) =>
        transport.open(options, {
          ...handlers,
          closed(outcome) {
            cancelClosing();
            handlers.closed(outcome);
            resolve({ readyMs, outcome });
          },
        }),
    };
    const leg = sonicModel(watched, ids).open(profileFor(modelId), {
      audio: () => undefined,
      event({ kind }) {
        if (kind !== 'ready') return;
        readyMs = clock.now() - startMs;
        closeInOrder();
      },
    });
    const closeInOrder = () => {
      leg.hear(new Uint8Array((SILENCE_MS * INPUT_RATE_HZ * 2) / 1000), SILENCE_MS);
      leg.close();
    };
    if (closeAfterMs !== undefined) cancelClosing = clock.after(closeAfterMs, closeInOrder);
  });
}

const INPUT_RATE_HZ = 16_000;

function profileFor(modelId: string): VoiceProfile {
  return {
    modelId,
    systemPrompt: 'Say nothing.',
    voiceId: 'matthew',
    endpointing: undefined,
    inference: { maxTokens: 16, topP: 0.9, temperature: 0.7 },
    audio: { inputRateHz: INPUT_RATE_HZ, outputRateHz: 24_000 },
    tools: [],
    history: [],
  };
}
