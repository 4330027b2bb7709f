import type { DiskTrouble } from './bad-disk.js';
import type { Stall } from './lateness.js';

/** What a bridge's process holds, after a collection of garbage. */
export interface Gauge {
  readonly heapUsed: number;
  readonly rss: number;
  /** Open TCP connections: of callers, to the model, to the database. */
  readonly sockets: number;
}

/** What a bridge's process tells its parent: what it holds, when it was asked, and when it was given no processor. */
export interface Told {
  readonly gauge?: Gauge;
  readonly starved?: Stall;
}

/** What a parent tells a bridge's process: to say what it holds, or what is wrong with its disk (null: nothing). */
export type Asked = { readonly ask: 'gauge' } | { readonly disk: DiskTrouble | null };
