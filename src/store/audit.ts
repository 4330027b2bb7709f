import type { Actor, Role } from '../access/actor.js';
import type { AuditEntry, AuditFilter, AuditRecord, AuditTrail } from '../access/audit.js';
import type { Clock } from '../clock.js';
import { BridgeError } from '../errors.js';
import { requireStorable, storable } from '../storable.js';
import { countPosition, pageOf, positionOf } from './cursor.js';
import type { Database, Query } from './database.js';

/** Enters a change in the transaction of that change. With a key (a UUID) the same entry is entered once, however often. */
export async function enterAudit(
  query: Query,
  entry: AuditEntry,
  actor: Actor,
  nowMs: number,
  key: string | null = null,
): Promise<void> {
  await query(
    `INSERT INTO audit_entries (at, actor_id, actor_name, actor_role, action, subject, before, after, entry_key)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (entry_key) WHERE entry_key IS NOT NULL DO NOTHING`,
    [
      new Date(nowMs),
      ...[actor.id, actor.name, actor.role, entry.action, entry.subject].map(storable),
      jsonOf(entry.before),
      jsonOf(entry.after),
      key,
    ],
  );
}

interface AuditRow {
  id: string;
  at: Date;
  actor_id: string;
  actor_name: string;
  actor_role: Role;
  action: string;
  subject: string;
  before: unknown;
  after: unknown;
}

/** The trail in the database; what it cannot take at the moment it refuses. */
export function auditTrail(options: { database: Database; clock: Clock }): Omit<AuditTrail, 'keep'> {
  const { database, clock } = options;
  return {
    enter: (entry, actor) => enterAudit(database.query, entry, actor, clock.now()),

    async list(filter, { limit, cursor }) {
      requireStorable(filter);
      const before = positionOf(cursor, countPosition);
      const values: unknown[] = [limit + 1];
      const where = (sql: string, value: unknown) => (value === undefined ? [] : [`${sql} $${values.push(value)}`]);
      const conditions = [
        ...where('id <', before),
        ...where('subject =', filter.subject),
        ...where('actor_id =', filter.actorId),
        ...where('action =', filter.action),
        ...where('at >=', momentOf(filter, 'from')),
        ...where('at <', momentOf(filter, 'to')),
      ];
      const rows = await database.query<AuditRow>(
        `SELECT * FROM audit_entries ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}
         ORDER BY id DESC LIMIT $1`,
        values,
      );
      return pageOf(rows, limit, auditRecord, ({ id }) => Number(id));
    },
  };
}

function auditRecord(row: AuditRow): AuditRecord {
  return {
    id: row.id,
    at: row.at.toISOString(),
    actor: { id: row.actor_id, name: row.actor_name, role: row.actor_role },
    action: row.action,
    subject: row.subject,
    before: row.before,
    after: row.after,
  };
}

function momentOf(filter: AuditFilter, field: 'from' | 'to'): Date | undefined {
  const text = filter[field];
  if (text === undefined) return undefined;
  const moment = new Date(text);
  const year = moment.getUTCFullYear();
  // NaN is no year either; PostgreSQL and JavaScript agree on these.
  if (year >= 0 && year <= 9999) return moment;
  throw new BridgeError('REQUEST_INVALID', 'This is no ISO time such as 2026-01-31T12:00:00Z.', { field });
}

function jsonOf(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(storable(value));
}
