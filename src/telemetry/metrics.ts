import { statfs } from 'node:fs/promises';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Refusal } from '../call/admission.js';
import type { CallListener } from '../call/events.js';
import type { CallRecord } from '../call/record.js';
import { within } from '../call/within.js';
import type { Clock } from '../clock.js';
import type { LoopLoad } from '../loop-health.js';
import { CallMetrics } from './call-metrics.js';

/** What is read when somebody asks, and not before. */
export interface MetricsSources {
  recordOf: (callSid: string) => CallRecord | undefined;
  /** Calls that are live, ring, or are being decided about. */
  activeCalls: () => number;
  takesCalls: () => boolean;
  /** Streams to the model by region. */
  openStreams: () => ReadonlyMap<string, number>;
  store: () => { isUp: boolean; queuedWrites: number; droppedWrites: number };
  recordings: () => {
    pendingFiles: number;
    isAway: boolean;
    isDiskAway: boolean;
    failedRecordings: number;
    lostBytes: number;
  };
  boxes: () => { isAway: boolean; failedBoxes: number };
  /** Undefined where nobody measures it. */
  loop: () => LoopLoad | undefined;
  /** What share of a core the thread had in the last second that asks services; left out: there is none. */
  askingCoreShare?: (() => number) | undefined;
  dataDir: string;
  /**
   * Adds figures of the whole process. They are collected for as long as it lives, so this is for whoever has it alone.
   */
  ofProcess: boolean;
  clock: Clock;
}

/** Figures for Prometheus. */
export interface Metrics {
  readonly listener: CallListener;
  /** A call was refused for this. */
  refused(reason: Refusal): void;
  readonly contentType: string;
  /** All of them, as text. */
  text(): Promise<string>;
}

const MS_PER_SECOND = 1000;
/** A disk that does not say how much room is left is not waited for longer than this, in ms. */
const DISK_LIMIT_MS = 1000;

/** Counts calls, and reads everything else when it is asked for. */
export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry();
  const calls = new CallMetrics(registry, sources.recordOf);
  const gauge = (name: string, help: string, read: () => number | undefined) =>
    new Gauge({
      name: `oratio_${name}`,
      help,
      registers: [registry],
      collect() {
        const value = read();
        if (value !== undefined) this.set(value);
      },
    });

  /** What is counted elsewhere, since the start. */
  const count = (name: string, help: string, read: () => number) =>
    new Counter({
      name: `oratio_${name}_total`,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });

  gauge('calls_active', 'Calls that are live, ring, or are being decided about.', sources.activeCalls);
  gauge('takes_calls', '1 when a new call would be taken now, 0 when not.', () => Number(sources.takesCalls()));
  new Gauge({
    name: 'oratio_model_streams_active',
    help: 'Streams to the model that are open or opening.',
    labelNames: ['region'],
    registers: [registry],
    collect() {
      for (const [region, open] of sources.openStreams()) this.set({ region }, open);
    },
  });

  const { store, recordings, boxes, loop } = sources;
  gauge('store_up', '0 while the database is away.', () => Number(store().isUp));
  gauge('store_queued_writes', 'What is not written to the database yet.', () => store().queuedWrites);
  count('store_dropped_writes', 'What was given up while the database was away.', () => store().droppedWrites);
  gauge('recordings_pending', 'Finished, and not where they are kept yet.', () => recordings().pendingFiles);
  gauge('recordings_up', '0 while the place does not take them where they are kept.', () =>
    Number(!recordings().isAway),
  );
  gauge('recordings_disk_up', '0 while the local disk does not take what is recorded.', () =>
    Number(!recordings().isDiskAway),
  );
  count('recordings_failed', 'Recordings that were given up, or lack some.', () => recordings().failedRecordings);
  count('recordings_lost_bytes', 'What is missing of recordings.', () => recordings().lostBytes);
  gauge('black_boxes_up', '0 while the local disk does not take black boxes.', () => Number(!boxes().isAway));
  count('black_boxes_failed', 'Black boxes that lack the end of their call.', () => boxes().failedBoxes);
  const freeBytes = roomIn(sources.dataDir, sources.clock);
  new Gauge({
    name: 'oratio_data_dir_free_bytes',
    help: 'Room left where DATA_DIR is; 0 when the disk does not say.',
    registers: [registry],
    async collect() {
      this.set(await freeBytes());
    },
  });
  gauge(
    'event_loop_utilization',
    'Share of the last seconds in which the event loop was busy.',
    () => loop()?.utilization,
  );
  gauge('event_loop_lag_seconds', 'How late the event loop was in the last seconds, 99th percentile.', () => {
    const load = loop();
    return load && load.lagMs / MS_PER_SECOND;
  });
  const { askingCoreShare } = sources;
  if (askingCoreShare) {
    const help =
      'What of a core the thread that asks agents, knowledge, MCP servers and memories had in the last second.';
    gauge('asking_core_share', help, askingCoreShare);
  }
  if (sources.ofProcess) collectDefaultMetrics({ register: registry });

  return {
    listener: calls.listener,
    refused: (reason) => calls.refused(reason),
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}

/** How much room there is. One question at a time: a disk that does not answer holds one thread, however often it is asked. */
function roomIn(directory: string, clock: Clock): () => Promise<number> {
  let asking: Promise<number> | undefined;
  return async () => {
    asking ??= statfs(directory)
      .then(
        ({ bavail, bsize }) => bavail * bsize,
        () => 0,
      )
      .finally(() => {
        asking = undefined;
      });
    return within(clock, DISK_LIMIT_MS, asking).catch(() => 0);
  };
}
