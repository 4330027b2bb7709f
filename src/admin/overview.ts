import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { BridgeError } from '../errors.js';
import type { FieldProblem } from './field-problems.js';
import type { AdminRoutesOptions } from './options.js';
import { overviewSchema } from './overview-schemas.js';
import { momentQuery, numberQuery } from './pages.js';
import { EVERYBODY } from './route-rules.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const MAX_DAYS = 92;
const MAX_BUCKETS = 500;

/** Lengths of buckets that people read easily, in minutes; the first that makes no more than this many is taken. */
const EASY_MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880];
const EASY_BUCKETS = 60;

/** Whose year has four digits, so that every database and every reader knows it. */
const EARLIEST_MS = Date.UTC(1000, 0);
const LATEST_MS = Date.UTC(9999, 0);

const query = z.strictObject({
  from: momentQuery.describe('Calls that began then or later. Left out: a day before `to`.'),
  to: momentQuery.describe(`Calls that began before. Left out: now. At most ${MAX_DAYS} days after \`from\`.`),
  bucketMinutes: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_DAYS * 24 * 60)
    .optional()
    .describe(`Length of a bucket, the first of which begins at \`from\`. At most ${MAX_BUCKETS} buckets.`),
  agentId: z.string().min(1).max(120).optional(),
  version: z.coerce.number().int().min(1).max(2_147_483_647).optional().describe('Of that agent.'),
  number: numberQuery.optional().describe('Either side of the call.'),
  tests: z
    .enum(['excluded', 'included', 'only'])
    .default('excluded')
    .describe('Calls that were placed from the API without a carrier.'),
});

/** Calls in figures over time. */
export async function overviewRoutes(instance: FastifyInstance, options: AdminRoutesOptions): Promise<void> {
  const { figures, clock } = options;
  const server = instance.withTypeProvider<ZodTypeProvider>();

  server.get(
    '/overview',
    {
      config: { roles: EVERYBODY },
      schema: {
        operationId: 'getOverview',
        summary: 'Calls in figures over time: answer delay, interruptions, tools, dead air, renewals',
        description:
          'Counted over the calls on record of all instances, by the time at which they began. What is null could not be measured, because nothing of it happened. Delays, tool calls, dead air and renewals are the same that `/metrics` counts, which tells them of one instance since it started. Calls whose retention is over are not on record any more, and not counted.',
        tags: ['calls'],
        querystring: query,
        response: { 200: overviewSchema },
      },
    },
    async (request) => {
      const { from, to, bucketMinutes, agentId, version, number, tests } = request.query;
      const nowMs = clock.now();
      const range = rangeOf({ from, to, bucketMinutes }, nowMs);
      if (version !== undefined && agentId === undefined) {
        throw new BridgeError('REQUEST_INVALID', 'is of an agent: say which one (agentId)', { field: 'version' });
      }
      const { fromMs, toMs, bucketMs } = range;
      const found = await figures.inTime({ ...range, agentId, agentVersion: version, number, tests });
      return {
        at: iso(nowMs),
        from: iso(fromMs),
        to: iso(toMs),
        bucketMinutes: bucketMs / MINUTE_MS,
        buckets: found.buckets.map((bucket, index) => {
          const beginsMs = fromMs + index * bucketMs;
          const times = { from: iso(beginsMs), to: iso(Math.min(beginsMs + bucketMs, toMs)) };
          return { ...times, ...bucket, calls: beginsMs > nowMs ? null : bucket.calls };
        }),
        total: found.total,
        before: { from: iso(fromMs - (toMs - fromMs)), to: iso(fromMs), ...found.before },
      };
    },
  );
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** The range that is asked for, and its buckets. REQUEST_INVALID with every field that does not go. */
function rangeOf(
  asked: { from?: string | undefined; to?: string | undefined; bucketMinutes?: number | undefined },
  nowMs: number,
): { fromMs: number; toMs: number; bucketMs: number } {
  const toMs = asked.to === undefined ? nowMs : Date.parse(asked.to);
  const fromMs = asked.from === undefined ? toMs - DAY_MS : Date.parse(asked.from);
  const errors: FieldProblem[] = [];
  const refuse = (field: string, message: string) => errors.push({ field, message });
  for (const [field, ms] of Object.entries({ from: fromMs, to: toMs })) {
    if (!(ms >= EARLIEST_MS && ms < LATEST_MS)) refuse(field, 'must be a moment such as 2026-01-31T09:00:00Z');
  }
  const lengthMs = toMs - fromMs;
  if (lengthMs <= 0) refuse('to', 'must be after from');
  if (lengthMs > MAX_DAYS * DAY_MS) refuse('from', `must be at most ${MAX_DAYS} days before to`);
  const bucketMinutes = asked.bucketMinutes ?? easyMinutes(lengthMs);
  const bucketMs = bucketMinutes * MINUTE_MS;
  const count = Math.ceil(lengthMs / bucketMs);
  if (errors.length === 0 && count > MAX_BUCKETS) {
    const least = Math.ceil(lengthMs / MAX_BUCKETS / MINUTE_MS);
    refuse('bucketMinutes', `makes ${count} buckets of this range, at most ${MAX_BUCKETS} go: at least ${least}`);
  }
  if (errors.length > 0) throw new BridgeError('REQUEST_INVALID', 'Some fields are not valid.', { errors });
  return { fromMs, toMs, bucketMs };
}

function easyMinutes(lengthMs: number): number {
  const fits = (minutes: number) => lengthMs / (minutes * MINUTE_MS) <= EASY_BUCKETS;
  return EASY_MINUTES.find(fits) ?? EASY_MINUTES.at(-1)!;
}
