import type { Page, PageRequest } from '../page.js';
import type { Actor } from './actor.js';

/** What was done to what: `agent.patched` on `agent/agent_4k2`. */
export interface AuditEntry {
  action: string;
  subject: string;
  /** As it was and as it is; secrets never, persons never. */
  before: unknown;
  after: unknown;
}

export interface AuditRecord extends AuditEntry {
  id: string;
  at: string;
  actor: Actor;
}

export interface AuditFilter {
  subject?: string | undefined;
  actorId?: string | undefined;
  action?: string | undefined;
  /** ISO times; `from` inclusive, `to` exclusive. */
  from?: string | undefined;
  to?: string | undefined;
}

/** Every change, who made it, when. Changes of the directory and of tokens enter themselves. */
export interface AuditTrail {
  enter(entry: AuditEntry, actor: Actor): Promise<void>;
  /**
   * Enters what has been done already, outside of the store: never rejects. Resolves when it is kept, or when it waits for a
   * store that is away; then it is tried again until it is kept, with the time at which it was done.
   */
  keep(entry: AuditEntry, actor: Actor): Promise<void>;
  /** Newest first. */
  list(filter: AuditFilter, page: PageRequest): Promise<Page<AuditRecord>>;
}
