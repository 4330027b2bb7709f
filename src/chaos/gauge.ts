/** What a bridge's process holds, after a collection of garbage. */
export interface Gauge {
  readonly heapUsed: number;
  readonly rss: number;
  /** Open TCP connections: of callers, to the model, to the database. */
  readonly sockets: number;
}
