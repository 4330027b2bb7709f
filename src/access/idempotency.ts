/** What came of a request that carried an Idempotency-Key. */
export type Remembered =
  /** The key is new: go on, then `finish` or `release` it. */
  | { state: 'new' }
  | { state: 'running' }
  /** Nobody answered in time: whoever carried it out is gone, and it may have been done. */
  | { state: 'unknown' }
  | { state: 'other-request' }
  | { state: 'finished'; status: number; body: unknown };

/** Answers to requests that must not be carried out twice, kept for a day, per token. */
export interface IdempotencyKeys {
  begin(key: string, actorId: string, requestHash: string): Promise<Remembered>;
  /** This and `release` never reject: what a store that is away does not take is kept when it is back. */
  finish(key: string, actorId: string, status: number, body: unknown): Promise<void>;
  /** It failed before anything was done: the key may be used again. */
  release(key: string, actorId: string): Promise<void>;
}
