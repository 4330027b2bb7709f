import { defineConfig } from 'vitest/config';
import { startersOfBuilt } from './test/built.js';

/** Tests of the store that need a server over TCP. */
const ONLY_OVER_TCP = 'test/store/tcp/**';
/** Those that are about the embedded server, or need none. */
const NOT_OVER_TCP =
  'test/store/{embedded,embedded-faults,survival,cursor,gone-calls,snapshot,until-kept,writer}.test.ts';
/** Asks what a process has loaded: it needs one of its own. The others share what was read once, half of their time. */
const ALONE = 'test/telemetry/loading.test.ts';
/** In a real browser, against the console as it is built. */
const CONSOLE = 'test/console/**/*.test.ts';

export default defineConfig({
  test: {
    // Half of a run waits for sockets, servers and recorded speech: two at a time leave one of two cores idle.
    maxWorkers: 4,
    // A hang fails; a busy machine does not.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 60_000 } },
    isolate: false,
    setupFiles: ['test/setup.ts'],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    projects: [
      {
        extends: true,
        plugins: [startersOfBuilt()],
        test: {
          name: 'bridge',
          include: ['test/**/*.test.ts'],
          exclude: [ONLY_OVER_TCP, ALONE, CONSOLE],
          globalSetup: ['test/bridge-setup.ts'],
        },
      },
      {
        extends: true,
        plugins: [startersOfBuilt()],
        test: {
          name: 'console',
          include: [CONSOLE],
          globalSetup: ['test/postgres-setup.ts', 'test/console/setup.ts'],
        },
      },
      {
        extends: true,
        test: { name: 'alone', include: [ALONE], isolate: true },
      },
      {
        extends: true,
        test: {
          name: 'store over TCP',
          include: ['test/store/**/*.test.ts'],
          exclude: [NOT_OVER_TCP],
          globalSetup: ['test/tcp-postgres-setup.ts'],
        },
      },
    ],
  },
});
