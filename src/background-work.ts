import { shownCall } from './admin/cost.js';
import type { CreatorPorts } from './admin/creator.js';
import type { KnowledgePorts } from './admin/knowledge-ports.js';
import type { AwsPlace } from './aws.js';
import type { Clock } from './clock.js';
import type { Config } from './config.js';
import type { Rehearsal } from './creator/ports.js';
import { creatorServices } from './creator-services.js';
import type { Ids } from './ids.js';
import { callEndedJob } from './jobs/call-ended.js';
import { runJobs } from './jobs/runner.js';
import { knowledgeServices } from './knowledge-services.js';
import type { Logger } from './log.js';
import type { Store } from './store/open.js';
import type { AwsPlaces, ToolServices } from './tool-services.js';

export interface BackgroundWork {
  readonly knowledge: KnowledgePorts;
  readonly creator: CreatorPorts;
  /** Puts back what runs, for whoever goes on with it. */
  close(): Promise<void>;
}

/** Puts together what goes on while nobody waits for it, and outlives the process: webhooks, documents, agents being made. */
export function backgroundWork(options: {
  config: Config;
  store: Store;
  services: ToolServices;
  region: string;
  places: AwsPlaces;
  s3: AwsPlace | undefined;
  /** Ways to rehearse agents beside that in writing. */
  rehearsals: readonly Rehearsal[] | undefined;
  /** Agents are made in a process of their own, which uses this database; left out, in this one. */
  separateOn: string | undefined;
  ids: Ids;
  clock: Clock;
  log: Logger;
}): BackgroundWork {
  const { config, store, services, region, places, s3, rehearsals = [], separateOn, ids, clock, log } = options;
  const knowledge = knowledgeServices({
    knowledge: services.documents,
    records: store.documents,
    queue: store.jobs,
    later: store,
    audit: store.audit,
  });
  const creator = creatorServices({
    ...{ config, jobs: store.creatorJobs, queue: store.jobs, directory: store.directory, audit: store.audit },
    ...{ runtimes: services.runtimes, tokens: services.tokens, rehearsals, separateOn, ids, clock, log },
    places: {
      models: { region, ...places.models },
      agentCore: { region, ...places.agentCore },
      s3: { region, ...s3 },
    },
  });
  const jobs = runJobs({
    queue: store.jobs,
    clock,
    log,
    handlers: {
      ...knowledge.handlers,
      ...creator.handlers,
      'call-ended': callEndedJob({
        findCall: store.calls.find,
        bodyOf: (record) => shownCall(record, config.prices),
        secretsKey: config.secretsKey,
        clock,
      }),
    },
  });
  return {
    knowledge: knowledge.ports,
    creator: creator.ports,
    async close() {
      await jobs.stop();
      creator.close();
    },
  };
}
