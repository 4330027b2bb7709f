import { z } from 'zod';
import { durationMs } from './duration.js';

export const recordingName = z
  .string()
  .regex(/^[^/\\]+\.wav$/i, 'must be the name of a .wav file beside this one or in fixtures/speech');

/** Levels are RMS relative to full scale (32768): speech on the telephone has about -20. */
const dbfs = z.number().min(-90).max(0);

/** The second time comes back no sooner than the first is over. */
function fitsWithin(
  { for: forMs, every }: { for: number; every?: number | undefined },
  context: z.RefinementCtx,
): void {
  if (every !== undefined && every <= forMs) {
    context.addIssue({ code: 'custom', path: ['every'], message: `must be longer than for (${forMs} ms)` });
  }
}

const positiveMs = durationMs.refine((ms) => ms > 0, 'must be longer than 0 ms');

/** What goes wrong on the line. Times count from the start of the media stream. The same seed gives the same line. */
export const networkSchema = z.strictObject({
  /** Each frame of the caller comes up to this much late; their order is kept. */
  jitterMs: z.number().min(0).max(5000).optional(),
  /** Share of the caller's frames that never come. */
  lossPercent: z.number().min(0).max(100).optional(),
  /** No frames for a while: `lost` for good, or `late` and then all at once. */
  gaps: z
    .array(z.strictObject({ at: durationMs, for: positiveMs, kind: z.enum(['lost', 'late']).default('lost') }))
    .optional(),
  /** Again and again frames are held for a while and then come at once: the last part of every so long. */
  bursts: z.strictObject({ for: positiveMs, every: positiveMs }).superRefine(fitsWithin).optional(),
  /** How fast the caller's clock runs against ours. */
  driftPpm: z.number().min(-10_000).max(10_000).optional(),
  /** The carrier's marks come back this much after they are due. */
  lateMarksMs: z.number().min(0).max(10_000).optional(),
  /** The telephone does not read its socket for a while, once or every so long: what the bridge sends piles up there. */
  slowReader: z
    .strictObject({ at: durationMs.default(0), for: positiveMs, every: positiveMs.optional() })
    .superRefine(fitsWithin)
    .optional(),
  /** The media connection breaks without a word, once. */
  cutAt: durationMs.optional(),
  /** Noise in the caller's telephone, from beginning to end. */
  noise: z.strictObject({ dbfs, kind: z.enum(['white', 'pink', 'babble']).default('white') }).optional(),
  /** What the caller hears comes back into the caller's telephone: softer by `db` (below 0), and so much later. */
  echo: z
    .strictObject({
      db: z.number().min(-60).max(0),
      delay: durationMs.refine((ms) => ms >= 20 && ms <= 2000, 'must be 20ms to 2s').default(120),
    })
    .optional(),
  /** Somebody else speaks near the caller: a recording that begins at `at`, as loud as `dbfs` where it is loud. */
  talker: z.strictObject({ say: recordingName, dbfs, at: durationMs.default(0) }).optional(),
  /** Every status callback comes twice. */
  duplicateCallbacks: z.boolean().optional(),
  /** The final callback of a call or stream overtakes those before it. */
  reorderCallbacks: z.boolean().optional(),
  seed: z.int().min(0).optional(),
});

export type Network = z.infer<typeof networkSchema>;
