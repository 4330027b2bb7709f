import { type Admission, admission } from './call/admission.js';
import { ModelSessions } from './call/model-sessions.js';
import type { CallRegistry } from './call/registry.js';
import type { Clock } from './clock.js';
import type { Config } from './config.js';
import { type LoopProbe, loopHealth, ownLoop } from './loop-health.js';
import { createMetrics, type Metrics, type MetricsSources } from './telemetry/metrics.js';

export interface CapacityOptions
  extends Pick<MetricsSources, 'recordOf' | 'store' | 'recordings' | 'boxes' | 'askingCoreShare'> {
  config: Pick<Config, 'maxCalls' | 'maxSessions' | 'dataDir'>;
  /** Asked when calls come: it listens to nothing before there are metrics to tell. */
  registry: () => Pick<CallRegistry, 'isDraining' | 'activeCount'>;
  /** What measures the event loop; left out, Node does. */
  loop: LoopProbe | 'unmeasured' | undefined;
  ownsProcess: boolean;
  clock: Clock;
}

/** What this instance has room for, and the figures of it. */
export interface Capacity {
  readonly admission: Admission;
  readonly metrics: Metrics;
  /** Counts the streams of the model that it is given. */
  readonly sessions: ModelSessions;
  close(): void;
}

/** Puts together what measures and what decides by it. */
export function openCapacity(options: CapacityOptions): Capacity {
  const { config, registry, recordOf, store, recordings, boxes, askingCoreShare, ownsProcess, clock } = options;
  const activeCalls = () => registry().activeCount;
  const sessions = new ModelSessions(clock);
  const loop =
    options.loop === 'unmeasured' ? undefined : loopHealth({ probe: options.loop ?? ownLoop(), activeCalls, clock });
  const metrics = createMetrics({
    ...{ recordOf, activeCalls, store, recordings, boxes, askingCoreShare, clock },
    takesCalls: () => admitting.refusal() === undefined,
    openStreams: () => sessions.openByRegion,
    loop: () => loop?.load,
    dataDir: config.dataDir,
    ofProcess: ownsProcess,
  });
  const admitting = admission({
    registry,
    sessions,
    loop,
    maxCalls: config.maxCalls,
    maxSessions: config.maxSessions,
    refused: metrics.refused,
  });
  return { admission: admitting, metrics, sessions, close: () => loop?.close() };
}
