import type { VoiceProfile } from '../call/ports.js';
import type { Clock } from '../clock.js';
import type { Ids } from '../ids.js';
import { endpointIn } from '../sonic/bedrock-client.js';
import { createLeanTransport } from '../sonic/lean.js';
import { sonicModel } from '../sonic/model.js';
import { createStandardTransport } from '../sonic/standard.js';
import type { ModelTransport, StreamOutcome } from '../sonic/stream.js';
import { bedrockOrigin } from './aws-endpoint.js';
import type { Check, Finding } from './check.js';
import { type Installation, voiceRegionsOf } from './installation.js';
import { modelTrouble } from './model-trouble.js';

/** Callers wait about this long for the first word anyway; a stream that opens later delays it. */
const SLOW_MS = 2000;
/** A little more than the model needs to have heard before a block may end. */
const SILENCE_MS = 200;

/** One for each region of the model. */
export function voiceModelChecks(installation: Installation): Check[] {
  const regions = voiceRegionsOf(installation);
  return regions.map((region) => ({
    name: regions.length > 1 ? `voice model (${region})` : 'voice model',
    needs: ['AWS credentials', 'clock (AWS)'],
    run: (signal) => holdSession(installation, region, signal),
  }));
}

/** A real session, opened with the bridge's own means, given a breath of silence, and closed in order. */
async function holdSession(
  { config, bedrock, clock, ids }: Installation,
  region: string,
  signal: AbortSignal,
): Promise<Finding> {
  const { modelId } = config;
  const place = { region, ...endpointIn(region, bedrock?.endpoint) };
  const createTransport = config.transport === 'lean' ? createLeanTransport : createStandardTransport;
  const transport = createTransport({
    ...place,
    clock,
    ...(bedrock?.credentials && { credentials: bedrock.credentials }),
  });
  signal.addEventListener('abort', () => transport.close(), { once: true });
  try {
    const { readyMs, outcome } = await openAndClose(transport, { modelId, clock, ids });
    if (outcome.kind === 'failed') {
      return modelTrouble(outcome, { modelId, region, host: new URL(await bedrockOrigin(place)).host });
    }
    return judge(`${modelId} in ${region}: a session`, readyMs);
  } finally {
    transport.close();
  }
}

function judge(session: string, readyMs: number | undefined): Finding {
  if (readyMs === undefined) {
    return { state: 'failed', says: `${session} ended before it was ready`, advice: 'Ask again in a minute.' };
  }
  const says = `${session} was ready in ${Math.round(readyMs)} ms and closed in order`;
  if (readyMs <= SLOW_MS) return { state: 'ok', says };
  return { state: 'warning', says, advice: 'Run the bridge in, or near, the region of the model.' };
}

/** Resolves when the stream is over and released, however it ended. */
function openAndClose(
  transport: ModelTransport,
  { modelId, clock, ids }: { modelId: string; clock: Clock; ids: Ids },
): Promise<{ readyMs: number | undefined; outcome: StreamOutcome }> {
  return new Promise((resolve) => {
    const startMs = clock.now();
    let readyMs: number | undefined;
    const watched: ModelTransport = {
      ...transport,
      open: (options, handlers) =>
        transport.open(options, {
          ...handlers,
          closed(outcome) {
            handlers.closed(outcome);
            resolve({ readyMs, outcome });
          },
        }),
    };
    const leg = sonicModel([watched], ids, clock).open(profileFor(modelId), {
      audio: () => undefined,
      event({ kind }) {
        if (kind !== 'ready') return;
        readyMs = clock.now() - startMs;
        leg.hear(new Uint8Array((SILENCE_MS * INPUT_RATE_HZ * 2) / 1000), SILENCE_MS);
        leg.close();
      },
    });
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
