/** What had to be changed at the carrier, field by field. */
export interface SyncChange {
  field: string;
  before: string | null;
  after: string | null;
}

export interface SyncResult {
  number: string;
  /** The carrier's own name of the number. */
  carrierSid: string;
  /** False on a dry run, or when nothing had to be changed. */
  applied: boolean;
  changes: SyncChange[];
  /** What takes calls of this number before its voice URL is asked, and is still there. */
  overriddenBy: { kind: 'trunk' | 'application'; sid: string } | null;
}

/** Points a number at the carrier to this bridge. NOT_FOUND when the account does not own it; errors as of `Carrier`. */
export interface NumberSync {
  sync(e164: string, options: { dryRun: boolean; clearOverride: boolean }): Promise<SyncResult>;
}
