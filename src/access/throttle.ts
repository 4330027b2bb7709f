import type { Clock } from '../clock.js';
import { BridgeError } from '../errors.js';

/** Wrong tokens in a row that an address is answered at once: people mistype. */
const FREE_ATTEMPTS = 3;
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5000;
/** Answers that wait at the same time, of one address and of all. */
const MAX_WAITING = 20;
const MAX_WAITING_OF_ALL = 500;
/** An address that was quiet for so long begins anew. */
const FORGET_AFTER_MS = 15 * 60_000;
const MAX_ADDRESSES = 10_000;

interface Attempts {
  failures: number;
  waiting: number;
  lastMs: number;
}

/** Makes guessing slow, and nothing else: who holds a right token never waits. */
export interface LoginThrottle {
  /** Resolves when a wrong token of this address may be answered. TOO_MANY_REQUESTS, at once, when too many wait. */
  refused(address: string): Promise<void>;
  /** A right token: the row of wrong ones is over. */
  accepted(address: string): void;
  /** Lets go of everyone who waits. */
  close(): void;
}

export function loginThrottle(clock: Clock, maxAddresses = MAX_ADDRESSES): LoginThrottle {
  const known = new Map<string, Attempts>();
  const waits = new Set<() => void>();

  const attemptsOf = (key: string): Attempts => {
    const before = known.get(key);
    // Put back behind the others: the longest quiet one is first.
    known.delete(key);
    const isForgotten = before && before.waiting === 0 && clock.now() - before.lastMs >= FORGET_AFTER_MS;
    const attempts = before && !isForgotten ? before : { failures: 0, waiting: 0, lastMs: 0 };
    attempts.lastMs = clock.now();
    known.set(key, attempts);
    if (known.size > maxAddresses) {
      const [quietest] = known.keys();
      known.delete(quietest!);
    }
    return attempts;
  };

  return {
    async refused(address) {
      const attempts = attemptsOf(keyOf(address));
      if (attempts.waiting >= MAX_WAITING || waits.size >= MAX_WAITING_OF_ALL) {
        throw new BridgeError('TOO_MANY_REQUESTS', 'Too many wrong tokens: wait a little.', {
          retryAfterMs: LONGEST_DELAY_MS,
        });
      }
      attempts.failures++;
      const beyond = attempts.failures - FREE_ATTEMPTS;
      if (beyond <= 0) return;
      const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(beyond, 10));
      attempts.waiting++;
      await new Promise<void>((resolve) => {
        const over = () => {
          cancel();
          waits.delete(over);
          resolve();
        };
        const cancel = clock.after(delayMs, over);
        waits.add(over);
      });
      attempts.waiting--;
    },

    accepted(address) {
      if (known.size === 0) return;
      const attempts = known.get(keyOf(address));
      if (attempts) attempts.failures = 0;
    },

    close() {
      for (const over of [...waits]) over();
    },
  };
}

/** One customer of a network has 2^64 addresses of IPv6: they count as one. */
function keyOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address;
  const [front = '', back] = address.split('::');
  const groups = front.split(':').filter(Boolean);
  if (back !== undefined) {
    const missing = 8 - groups.length - back.split(':').filter(Boolean).length;
    groups.push(...Array.from({ length: Math.max(0, missing) }, () => '0'));
  }
  return `${groups.slice(0, 4).join(':')}::/64`;
}
