import pg from 'pg';
import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';

export interface Listening {
  listen(channel: string, heard: (payload: string) => void, connected: () => void): void;
  close(): Promise<void>;
}

interface Listener {
  channel: string;
  heard: (payload: string) => void;
  connected: () => void;
}

const RELISTEN_MS = 1000;
/** A connection whose other end vanished without a word is found out by asking. */
const HEARTBEAT_MS = 10_000;
const ANSWER_LIMIT_MS = 5000;

/** Hears notifications on one connection of its own, made when the first listener comes and again when it is lost. */
export function listening(options: { url: string; connectLimitMs: number; clock: Clock; log: Logger }): Listening {
  const { url, connectLimitMs, clock, log } = options;
  const listeners: Listener[] = [];
  let current: { client: pg.Client; ask: (sql: string) => Promise<unknown>; isReady: boolean } | undefined;
  let isClosed = false;
  let wasLost = false;
  let cancelTimer = (): void => undefined;

  const at = (delayMs: number, action: () => Promise<void>) => {
    cancelTimer();
    if (!isClosed) cancelTimer = clock.after(delayMs, () => void action());
  };

  const open = async (): Promise<void> => {
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: connectLimitMs,
      query_timeout: ANSWER_LIMIT_MS,
      application_name: 'oratio-voice-bridge listening',
      keepAlive: true,
    });
    const own = { client, ask: oneByOne(client), isReady: false };
    current = own;
    const over = (error?: Error) => {
      if (current !== own) return;
      current = undefined;
      if (!isClosed && !wasLost) log.debug({ err: error, code: 'STORE_UNAVAILABLE' }, 'database notifications lost');
      wasLost = true;
      void client.end().catch(() => undefined);
      at(RELISTEN_MS, open);
    };
    const beat = async (): Promise<void> => {
      try {
        await own.ask('SELECT 1');
        if (current === own) at(HEARTBEAT_MS, beat);
      } catch (error) {
        over(error as Error);
      }
    };
    client.on('error', over);
    client.on('end', () => over());
    client.on('notification', ({ channel, payload = '' }) => {
      for (const listener of listeners) if (listener.channel === channel) listener.heard(payload);
    });
    try {
      await client.connect();
      // Listeners may come while the first ones are being registered.
      const registered = new Set<string>();
      for (let index = 0; index < listeners.length; index++) {
        const { channel } = listeners[index]!;
        if (!registered.has(channel)) await own.ask(listenTo(channel));
        registered.add(channel);
      }
      own.isReady = true;
    } catch (error) {
      over(error as Error);
      return;
    }
    if (current !== own) return;
    if (wasLost) log.debug('database notifications are heard again');
    wasLost = false;
    at(HEARTBEAT_MS, beat);
    for (const { connected } of [...listeners]) connected();
  };

  return {
    listen(channel, heard, connected) {
      listeners.push({ channel, heard, connected });
      if (isClosed) return;
      if (!current) {
        cancelTimer();
        void open();
      } else if (current.isReady) {
        const { client, ask } = current;
        // When this fails the connection is lost, and everything is registered anew on the next one.
        ask(listenTo(channel)).then(connected, () => client.end());
      }
    },

    async close() {
      isClosed = true;
      cancelTimer();
      await current?.client.end().catch(() => undefined);
    },
  };
}

function listenTo(channel: string): string {
  return `LISTEN ${pg.escapeIdentifier(channel)}`;
}

/** Statements of one connection, each when the one before has been answered: `pg` 9 takes no other meanwhile. */
function oneByOne(client: pg.Client): (sql: string) => Promise<unknown> {
  let last: Promise<unknown> = Promise.resolve();
  return (sql) => {
    const answer = last.then(() => client.query(sql));
    last = answer.catch(() => undefined);
    return answer;
  };
}
