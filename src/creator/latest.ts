import { z } from 'zod';

const latestSchema = z.object({ version: z.int().min(1), sha256: z.string() });

/** Which version of an agent the loader starts when nobody names one; the hash is that of its manifest. */
export type Latest = z.infer<typeof latestSchema>;

/** What is in `{owner}/{agent}/latest`; undefined when it is not what this bridge writes. */
export function latestIn(body: Buffer): Latest | undefined {
  try {
    return latestSchema.safeParse(JSON.parse(body.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
