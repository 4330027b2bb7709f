import { z } from 'zod';
import { END_REASONS } from '../call/record.js';

const count = z.int().min(0);
const ms = z.number().min(0);

const figures = {
  endReasons: z
    .partialRecord(z.enum(END_REASONS), count)
    .describe('How many calls ended for which reason; reasons that did not occur are left out.'),
  answers: count.describe(
    'Agent turns that answered a caller: what the percentiles are of. With fewer than 20 they say little.',
  ),
  responseGapP50Ms: ms
    .nullable()
    .describe(
      "From the caller's last speech to the first sample of the answer that was heard (`responseGapMs` of turns, as in `oratio_response_gap_seconds`). Half of the answers came sooner.",
    ),
  responseGapP95Ms: ms.nullable().describe('The same: 95 of 100 answers came sooner.'),
  agentTurns: count,
  interruptions: count.nullable().describe('Agent turns that were cut; null without agent turns.'),
  toolCalls: count.describe('That are over: answered, failed or aborted.'),
  toolFailures: count.nullable().describe('Those of them that failed; null without tool calls.'),
  callMs: ms.nullable().describe('How long ended calls lasted together; null when none has.'),
  deadAirMs: ms
    .nullable()
    .describe('Of it, stretches of over four seconds in which nobody was heard; null when no call has ended.'),
  renewals: count.nullable().describe('Model streams that were replaced in time; null when there was no stream.'),
};

/** Calls in figures. */
export const overviewSchema = z
  .strictObject({
    at: z.iso.datetime().describe('When this was counted.'),
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    bucketMinutes: z.int(),
    buckets: z.array(
      z.strictObject({
        from: z.iso.datetime(),
        to: z.iso.datetime().describe('Where the next one begins; of the last one the end of the range.'),
        calls: count.nullable().describe('That began then; null for a time that has not come yet.'),
        ...figures,
      }),
    ),
    total: z.strictObject({ calls: count, ...figures }).describe('Of the whole range.'),
    before: z
      .strictObject({ from: z.iso.datetime(), to: z.iso.datetime(), calls: count, ...figures })
      .describe('Of a range as long that ended where this one begins, to compare with.'),
  })
  .meta({ id: 'Overview' });
