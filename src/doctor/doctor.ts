import { type Clock, realClock } from '../clock.js';
import { type Ids, randomIds } from '../ids.js';
import { DEFAULT_REGION, regionOfSdk } from '../sonic/bedrock-client.js';
import { agentCoreMemoryCheck } from './agentcore-memory.js';
import { agentCoreCheck } from './agentcore-runtimes.js';
import { credentialsCheck } from './aws-credentials.js';
import { bedrockAgentsCheck } from './bedrock-agents.js';
import { type Check, type Line, runChecks } from './check.js';
import { awsClockCheck, twilioClockCheck } from './clock-skew.js';
import { collectorCheck } from './collector.js';
import { readConfiguration, secretKeeper } from './configuration.js';
import { cpuPriorityCheck } from './cpu-priority.js';
import { creatorCheck } from './creator.js';
import { databaseCheck } from './database.js';
import { embeddingsCheck } from './embeddings.js';
import { guardrailsCheck } from './guardrails.js';
import type { Installation, Known } from './installation.js';
import { knowledgeBasesCheck } from './knowledge-bases.js';
import { mediaSocketCheck } from './media-socket.js';
import { publicAddressCheck } from './public-address.js';
import { recordingsCheck } from './recordings.js';
import { s3VectorsCheck } from './s3-vectors.js';
import { secretsManagerCheck } from './secrets-manager.js';
import { signedWebhookCheck } from './signed-webhook.js';
import { sourceBucketsCheck } from './source-buckets.js';
import { twilioAccountCheck, twilioApiKeyCheck } from './twilio-account.js';
import { twilioNumbersCheck } from './twilio-numbers.js';
import { voiceModelChecks } from './voice-model.js';
import { mcpServersCheck, tokenUrlsCheck } from './web-services.js';
import { workloadIdentityCheck } from './workload-identity.js';

export interface ExamineOptions extends Pick<Installation, 'bedrock' | 's3' | 'places'> {
  environment: Readonly<Record<string, string | undefined>>;
  clock?: Clock;
  ids?: Ids;
  /** Hears each line as it is known. */
  tell?: (line: Line) => void;
}

/** Looks at an installation from its configuration to its public address. Changes nothing; secrets are in no line. */
export async function examine(options: ExamineOptions): Promise<Line[]> {
  const { environment, clock = realClock(), ids = randomIds(), bedrock, s3, places, tell = () => undefined } = options;
  const withoutSecrets = secretKeeper(environment);
  const lines: Line[] = [];
  const take = (found: Line) => {
    const { says, advice } = found;
    const line: Line = {
      ...found,
      says: withoutSecrets(says),
      ...(advice !== undefined && { advice: withoutSecrets(advice) }),
    };
    lines.push(line);
    tell(line);
  };
  const { config, findings } = readConfiguration(environment);
  for (const finding of findings) take({ check: 'configuration', ...finding });
  if (!config) return lines;
  const region = config.region ?? (await regionOfSdk());
  const installation: Installation = {
    config,
    region: region ?? DEFAULT_REGION,
    isRegionSet: region !== undefined,
    clock,
    ids,
    ...(bedrock && { bedrock }),
    ...(s3 && { s3 }),
    ...(places && { places }),
  };
  await runChecks(checksOf(installation, environment), clock, take);
  return lines;
}

/** In the order in which trouble explains trouble. */
function checksOf(installation: Installation, environment: ExamineOptions['environment']): Check[] {
  const known: Known = {};
  return [
    cpuPriorityCheck(installation),
    databaseCheck(installation, known),
    credentialsCheck(installation, environment),
    awsClockCheck(installation),
    ...voiceModelChecks(installation),
    agentCoreCheck(installation, known),
    bedrockAgentsCheck(installation, known),
    knowledgeBasesCheck(installation, known),
    sourceBucketsCheck(installation, known),
    s3VectorsCheck(installation, known),
    embeddingsCheck(installation, known),
    guardrailsCheck(installation, known),
    agentCoreMemoryCheck(installation, known),
    secretsManagerCheck(installation, known),
    workloadIdentityCheck(installation, known),
    mcpServersCheck(installation, known),
    tokenUrlsCheck(installation, known),
    creatorCheck(installation),
    collectorCheck(installation),
    recordingsCheck(installation),
    twilioClockCheck(installation),
    twilioAccountCheck(installation),
    ...(installation.config.twilio.apiKey ? [twilioApiKeyCheck(installation)] : []),
    twilioNumbersCheck(installation, known),
    publicAddressCheck(installation),
    signedWebhookCheck(installation),
    mediaSocketCheck(installation),
  ];
}
