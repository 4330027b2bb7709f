import { z } from 'zod';

const namedSchema = z.object({ version: z.int().min(1), sha256: z.string() });
const latestSchema = namedSchema.extend({ before: namedSchema.exactOptional() });

/**
 * Which version of an agent the loader starts when nobody names one; the hash is that of its manifest. `before` is what was
 * named before it, so that it can be set back.
 */
export type Latest = z.infer<typeof latestSchema>;

/** What is in `{owner}/{agent}/latest`; undefined when it is not what this bridge writes. */
export function latestIn(body: Buffer): Latest | undefined {
  try {
    return latestSchema.safeParse(JSON.parse(body.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
