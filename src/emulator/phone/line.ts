import type { Ids } from '../../ids.js';
import type { TwilioFault } from './fault.js';
import type { KeyQueue } from './keys.js';
import type { Correspondence, Reports } from './reports.js';
import type { Switchboard } from './switchboard.js';
import type { TwimlDocument } from './verbs.js';

export interface LineHome extends Correspondence {
  ids: Ids;
  seed: number;
  voiceUrl: string;
  switchboard: Switchboard;
}

/** What every verb of one call shares, whichever document it stands in. */
export interface Line {
  readonly home: LineHome;
  readonly reports: Reports;
  readonly keys: KeyQueue;
  /** The call counts as answered from now on, if it did not before. */
  answer(): void;
  /** A document has arrived: it goes on record, and may answer the call. */
  take(document: TwimlDocument): void;
  /** Whoever placed the call has it now. */
  begin(): void;
  /** A stream could not be opened: whoever placed the call hears so at its end, unless another one opens. */
  unopened(fault: TwilioFault): void;
  warn(fault: TwilioFault): void;
  /** A new name: prefix and 32 hexadecimal digits. */
  sid(prefix: 'CA' | 'MZ' | 'RE'): string;
  recordingUrl(sid: string): string;
  /** A recording of the whole call, reported at its end. */
  startRecording(url: string): void;
}
