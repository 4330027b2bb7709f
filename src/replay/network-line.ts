import type { DialOutcome } from '../emulator/phone/contract.js';
import type { Impairments } from '../emulator/phone/network.js';
import type { CallScript } from './fixture/schema.js';

/** The fixture's line, and whom it leads to, in the phone's words. `recordings` holds the one of another talker. */
export function lineOf(
  { network, dial }: Pick<CallScript, 'network' | 'dial'>,
  recordings: ReadonlyMap<string, Uint8Array>,
) {
  const { seed, gaps, bursts, slowReader, cutAt, echo, talker, ...same } = network;
  const impairments: Impairments = {
    ...same,
    ...(gaps && { gaps: gaps.map(({ at, for: forMs, kind }) => ({ atMs: at, forMs, kind })) }),
    ...(bursts && { bursts: { forMs: bursts.for, everyMs: bursts.every } }),
    ...(slowReader && { slowReader: { atMs: slowReader.at, forMs: slowReader.for, everyMs: slowReader.every } }),
    ...(cutAt !== undefined && { tcpCutAtMs: cutAt }),
    ...(echo && { echo: { db: echo.db, delayMs: echo.delay } }),
    ...(talker && {
      talker: { mulaw: recordings.get(talker.say) ?? new Uint8Array(), dbfs: talker.dbfs, atMs: talker.at },
    }),
  };
  return { ...(seed !== undefined && { seed }), ...(dial && { dial: () => met(dial) }), network: impairments };
}

/** Without a time, it rings until the bridge's limit where nobody answers, and not at all elsewhere. */
function met({ answer, after }: NonNullable<CallScript['dial']>): DialOutcome {
  const ringMs = after ?? (answer === 'no-answer' ? Number.POSITIVE_INFINITY : 0);
  return { status: answer === 'person' ? 'completed' : answer, ringMs };
}
