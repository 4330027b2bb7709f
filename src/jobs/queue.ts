/** Work that outlives the process: claimed by one instance at a time, tried again until it is done or given up. */
export interface Job {
  /** Of this claim: what another instance has claimed since is not touched by it. */
  id: string;
  kind: string;
  payload: Readonly<Record<string, unknown>>;
  /** How often it was tried before. */
  attempts: number;
}

export interface EnqueueOptions {
  delayMs?: number;
  /** Makes it unique: the same one is not entered twice while it is kept (done: a day, given up: thirty). */
  key?: string;
}

export interface ClaimOptions {
  /** The lease is over as soon as this instance misses its heartbeats, too. */
  endsWithInstance?: boolean | undefined;
}

export interface JobQueue {
  enqueue(kind: string, payload: Readonly<Record<string, unknown>>, options?: EnqueueOptions): Promise<void>;
  /** Takes what is due and lends it for `leaseMs`; what is neither done nor put back by then is due again. */
  claim(kinds: readonly string[], limit: number, leaseMs: number, options?: ClaimOptions): Promise<Job[]>;
  /** Lends it for `leaseMs` from now on. False when it is nobody's of this claim any more: another has it, or it is over. */
  extend(id: string, leaseMs: number): Promise<boolean>;
  done(id: string): Promise<void>;
  /** Tried and failed: due again after `delayMs`, or given up (kept, with the error) when that is undefined. */
  failed(id: string, error: string, delayMs: number | undefined): Promise<void>;
  /** Hears when any instance has entered something, as a hint to claim. Answers what ends it. */
  onEntered(listener: () => void): () => void;
}
