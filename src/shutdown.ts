import type { App } from './app.js';
import type { Logger } from './log.js';

/**
 * The same request to stop often comes twice at once: to the process and to its group, or passed on by npm. Only one
 * that comes later than this, in ms, means that somebody does not want to wait any more.
 */
const REPEATED_SIGNAL_MS = 3000;

/**
 * Stops the process in order: on SIGTERM or SIGINT no new calls, live ones go on at another instance or here to their end,
 * then everything is released. A later second signal ends them at once. What nobody caught is no reason to cut live calls
 * either: the same, with code 1.
 */
export function stopInOrder(app: App, log: Logger): void {
  let stoppingSinceMs: number | undefined;

  const finish = async (code: number) => {
    await app.close();
    log.info('stopped');
    process.exit(code);
  };

  const stop = async (code: number) => {
    if (stoppingSinceMs !== undefined) return;
    stoppingSinceMs = performance.now();
    log.info({ calls: app.registry.liveCount }, 'draining');
    await app.drain();
    await finish(code);
  };

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stoppingSinceMs === undefined) {
        void stop(0);
      } else if (performance.now() - stoppingSinceMs > REPEATED_SIGNAL_MS) {
        log.warn({ signal, calls: app.registry.liveCount }, 'asked to stop again: live calls end now');
        void finish(1);
      }
    });
  }
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log.fatal({ err: error, code: 'INTERNAL' }, event);
      void stop(1);
    });
  }
}
