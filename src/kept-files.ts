import { messageOf } from './errors.js';
import type { Logger } from './log.js';

const ASKED_AT_ONCE = 500;

/** What is kept of calls beside the database: recordings and black boxes. */
export interface KeptFiles {
  /** Removes what there is of these calls. Answers how many recordings there were. */
  remove(callSids: readonly string[]): Promise<number>;
  /**
   * Removes what is here of calls that another instance has deleted while this one was away, or could not be told. Never
   * rejects.
   */
  removeDeleted(): Promise<void>;
}

export function keptFiles(options: {
  boxes: { callSids(): Promise<string[]>; remove(callSid: string): Promise<unknown> };
  recordings: { callSids(): Promise<string[]>; remove(callSids: readonly string[]): Promise<number> };
  /** Asks which of these calls were deleted, until there is an answer. */
  deletedOf: (callSids: readonly string[], answered: (deleted: readonly string[]) => Promise<unknown>) => Promise<void>;
  log: Logger;
}): KeptFiles {
  const { boxes, recordings, deletedOf, log } = options;

  const remove = async (callSids: readonly string[]): Promise<number> => {
    await Promise.all(callSids.map((callSid) => boxes.remove(callSid)));
    return recordings.remove(callSids);
  };

  return {
    remove,
    async removeDeleted() {
      try {
        const callSids = [...new Set([...(await boxes.callSids()), ...(await recordings.callSids())])];
        for (let at = 0; at < callSids.length; at += ASKED_AT_ONCE) {
          await deletedOf(callSids.slice(at, at + ASKED_AT_ONCE), remove);
        }
      } catch (error) {
        const fields = { code: 'RECORDING_FAILED', reason: messageOf(error) };
        log.error(fields, 'it cannot be found out whether something is kept here of calls that were deleted');
      }
    },
  };
}
