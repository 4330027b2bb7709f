import { z } from 'zod';
import { ROLES } from '../access/actor.js';

export const actorSchema = z
  .strictObject({ id: z.string(), name: z.string(), role: z.enum(ROLES) })
  .meta({ id: 'Actor' });

export const tokenSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    role: z.enum(ROLES),
    createdAt: z.iso.datetime(),
    createdBy: z.string().describe('Id of who created it.'),
    expiresAt: z.iso.datetime().nullable(),
    revokedAt: z.iso.datetime().nullable(),
    lastUsedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Token' });

export const newTokenSchema = z
  .strictObject({ token: z.string().describe('Shown this once.'), ...tokenSchema.shape })
  .meta({ id: 'NewToken' });

export const sessionSchema = z
  .strictObject({ actor: actorSchema, expiresAt: z.iso.datetime().nullable().describe('Null with a bearer token.') })
  .meta({ id: 'Session' });

export const auditSchema = z
  .strictObject({
    id: z.string(),
    at: z.iso.datetime(),
    actor: actorSchema,
    action: z.string().describe('`agent.patched`, `number.changed`, `token.revoked`, `call.transferred`, …'),
    subject: z.string().describe('`agent/<id>`, `number/<e164>`, `token/<id>`, `call/<callSid>`'),
    before: z.unknown(),
    after: z.unknown(),
  })
  .meta({ id: 'AuditRecord' });
