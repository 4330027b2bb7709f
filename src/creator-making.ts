import { bedrockJudge } from './agents/judge.js';
import { runtimeRequests } from './agents/runtime-requests.js';
import type { TokenSource } from './agents/tokens.js';
import type { AwsPlace } from './aws.js';
import type { Clock } from './clock.js';
import type { Config } from './config.js';
import { converseAuthor } from './creator/author.js';
import { separateGates } from './creator/gates/separate.js';
import { runtimeMetaAgent } from './creator/meta-agent.js';
import type { Rehearsal } from './creator/ports.js';
import { textRehearsal } from './creator/rehearsal/text.js';
import type { StageParts } from './creator/stages/stage.js';
import { s3AgentWriter } from './creator/writer.js';
import { generationOf, voicesOf } from './directory/model-generation.js';

/** Of the configuration, what agents are made by. */
export interface MakingSettings {
  /** Of the agents that are made, which decides what voices there are. */
  readonly voiceModelId: string;
  /** That writes and reviews them. */
  readonly modelId: string;
  readonly bucket: string;
  readonly metaAgentArn: string | undefined;
  /** That runtimes of agents' own are made of. */
  readonly baseZip: string | undefined;
}

export interface CreatorPlaces {
  readonly models: AwsPlace;
  readonly agentCore: AwsPlace;
  readonly s3: AwsPlace;
}

/** Undefined when AgentCreator is not set up. */
export function makingSettings({ creator, modelId }: Pick<Config, 'creator' | 'modelId'>): MakingSettings | undefined {
  const { bucket, metaAgentArn, baseZip } = creator;
  if (bucket === undefined) return undefined;
  return { voiceModelId: modelId, modelId: creator.modelId, bucket, metaAgentArn, baseZip };
}

/** What the stages of AgentCreator work with, made anew for each process. */
export function stageParts(options: {
  settings: MakingSettings;
  places: CreatorPlaces;
  /** Of runtimes that take bearer tokens. */
  tokens: TokenSource;
  /** Beside that in writing. */
  rehearsals: readonly Rehearsal[];
  clock: Clock;
}): StageParts & { close(): void } {
  const { settings, places, tokens, rehearsals, clock } = options;
  const { voiceModelId, modelId, bucket, metaAgentArn } = settings;
  const author = converseAuthor({ modelId, place: places.models });
  const judge = bedrockJudge({ modelId, place: places.models });
  const rehearsal = textRehearsal({ modelId, place: places.models, judge, clock });
  const writer = s3AgentWriter({ place: places.s3, bucket });
  const gates = separateGates({ clock });
  const requests = metaAgentArn === undefined ? undefined : runtimeRequests({ place: places.agentCore, tokens });
  return {
    ...{ author, writer, gates },
    metaAgent:
      requests && metaAgentArn !== undefined
        ? runtimeMetaAgent({ agentRuntimeArn: metaAgentArn, requests })
        : undefined,
    rehearsals: [rehearsal, ...rehearsals],
    voices: voicesOf(generationOf(voiceModelId)),
    close() {
      for (const each of [author, judge, rehearsal, writer, gates, requests]) each?.close();
    },
  };
}
