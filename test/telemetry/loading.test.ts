import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { createApp } from '../../src/app.js';
import { startCollector } from './collector.js';
import { traced } from './rig.js';

const { cache } = createRequire(import.meta.url);
/** Without its API, which holds no code that does something; Prometheus' client loads it. */
const loaded = () => Object.keys(cache).filter((file) => /\/node_modules\/@opentelemetry\/(?!api\/)/.test(file));

it('nothing of OpenTelemetry is loaded by a bridge without a collector, and nothing listens', async () => {
  expect(createApp).toBeTypeOf('function');
  const { traces } = await traced(undefined);
  const tools = { about: () => undefined, run: async () => ({ kind: 'answer', output: {} }) as const };

  expect(traces.listeners).toEqual([]);
  expect(traces.tools(tools)).toBe(tools);
  expect(loaded()).toEqual([]);

  // The same question after a collector was named: it would have seen it.
  const collector = await startCollector();
  const named = await traced(collector.url);
  expect(loaded().some((file) => file.includes('/@opentelemetry/sdk-trace-base/'))).toBe(true);
  await named.traces.close();
  await collector.close();
});
