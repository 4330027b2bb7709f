import { z } from 'zod';

const levels = z
  .array(z.number().min(0).max(1))
  .describe('The loudest sample of each step, 1 is full scale: as many as were asked for, or one for each sample.');

/** How loud a recording is. */
export const peaksSchema = z
  .strictObject({
    durationMs: z.number().describe('Of the whole recording.'),
    rateHz: z.literal(8000),
    caller: levels,
    agent: levels,
  })
  .meta({ id: 'Peaks' });
