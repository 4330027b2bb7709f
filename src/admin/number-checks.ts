import type { Clock } from '../clock.js';
import type { NumberSync, SyncResult } from '../directory/number-sync.js';
import { BridgeError } from '../errors.js';
import type { NumberCheck } from './number-check-schemas.js';

/** A sync that remembers what it found: for lists, which do not wait for the carrier. */
export interface NumberChecks extends NumberSync {
  /** Changes nothing. A number that the account does not own is a result and no error. */
  check(e164: string): Promise<NumberCheck>;
  /** What was found last, of this instance; undefined as long as nobody has looked. */
  last(e164: string): NumberCheck | undefined;
}

export function numberChecks({ numberSync, clock }: { numberSync: NumberSync; clock: Clock }): NumberChecks {
  const found = new Map<string, NumberCheck>();

  const note = (e164: string, what: Omit<NumberCheck, 'checkedAt'>): NumberCheck => {
    const check = { ...what, checkedAt: new Date(clock.now()).toISOString() };
    found.set(e164, check);
    return check;
  };

  const look = async (e164: string, options: Parameters<NumberSync['sync']>[1]) => {
    try {
      const result = await numberSync.sync(e164, options);
      return { result, check: note(e164, judged(result)) };
    } catch (error) {
      if (!(error instanceof BridgeError) || error.code !== 'NOT_FOUND') throw error;
      return { error, check: note(e164, { state: 'not-owned', fields: [] }) };
    }
  };

  return {
    async sync(e164, options) {
      const { result, error } = await look(e164, options);
      if (!result) throw error;
      return result;
    },
    check: async (e164) => (await look(e164, { dryRun: true, clearOverride: false })).check,
    last: (e164) => found.get(e164),
  };
}

/** As it is at the carrier after the sync: what it has changed is in order. */
function judged({ applied, changes, overriddenBy }: SyncResult): Omit<NumberCheck, 'checkedAt'> {
  const fields = applied ? [] : changes.map(({ field }) => field);
  if (overriddenBy) return { state: 'overridden', fields };
  return { state: fields.length > 0 ? 'differs' : 'in-order', fields };
}
