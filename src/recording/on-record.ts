import type { CallFact, CallListener } from '../call/events.js';
import type { LiveRecords } from '../call/live-records.js';
import type { CallRecord, RecordingRecord } from '../call/record.js';
import type { Recordings } from './recordings.js';

export interface OnRecordOptions {
  /** What is in memory here of calls. */
  records: Pick<LiveRecords, 'peek' | 'values'>;
  registry: () => { emit(callSid: string, fact: CallFact): void };
  recordings: Pick<Recordings, 'isOpen'>;
  store: {
    /** Enters it for whichever instance has the call; where it is no news nothing changes. */
    recordingUntilKept(callSid: string, recording: RecordingRecord): void;
    /** Asks what was told by all instances of the recording of a call, oldest first. */
    toldOfRecording(callSid: string, answered: (told: readonly RecordingRecord[]) => void): void;
  };
}

/** Takes care that a call has on record what has become of its recording, whichever instances have recorded it and have it. */
export interface OnRecord {
  /** What has become of what this instance has recorded of a call. */
  changed(callSid: string, recording: RecordingRecord): void;
  /** The call is forgotten here, because another instance has it: what was said of its recording may not have been kept. */
  left(record: CallRecord): void;
  /** Another instance has entered something of a call that is not its own any more. */
  entered(callSid: string): void;
  /** That may have been missed for any call. */
  mayHaveMissed(): void;
  /** Hears of calls that are taken up here. */
  readonly listener: CallListener;
}

export function recordingsOnRecord({ records, registry, recordings, store }: OnRecordOptions): OnRecord {
  const tell = ({ callSid, recording }: CallRecord, told: RecordingRecord) =>
    registry().emit(callSid, { kind: 'recordingChanged', recording: joined(recording, told) });

  const look = (callSid: string) => {
    if (!records.peek(callSid)) return;
    store.toldOfRecording(callSid, (told) => {
      const word = lastWord(told);
      const record = records.peek(callSid);
      if (record && word && isNews(record.recording, word, recordings.isOpen(callSid))) tell(record, word);
    });
  };

  return {
    changed(callSid, recording) {
      const record = records.peek(callSid);
      if (record) tell(record, recording);
      else store.recordingUntilKept(callSid, recording);
    },

    left({ callSid, recording }) {
      if (recording && recording.state !== 'recording') store.recordingUntilKept(callSid, recording);
    },

    entered: look,

    mayHaveMissed() {
      for (const { callSid, recording } of records.values()) if (recording?.state === 'recording') look(callSid);
    },

    listener({ kind, callSid }) {
      // What was entered between the reading of its record and this was not heard of here.
      if (kind === 'takenUp' && records.peek(callSid)?.recording?.state === 'recording') look(callSid);
    },
  };
}

/** What a recording is on record as, when this is told of it: what was lost of it stays lost, and what is kept is no less. */
export function joined(before: RecordingRecord | null, told: RecordingRecord): RecordingRecord {
  if (!before || (told.state === 'recording' && before.state !== 'failed')) return told;
  const longer = before.byteLength > told.byteLength ? before : told;
  const state = before.state === 'failed' ? 'failed' : told.state;
  return { ...told, state, durationMs: longer.durationMs, byteLength: longer.byteLength };
}

/** What was told last, when nothing was begun after it. */
function lastWord(told: readonly RecordingRecord[]): RecordingRecord | undefined {
  const begun = told.findLastIndex(({ state }) => state === 'recording');
  const words = told.filter((recording, index) => index > begun || lacks(recording));
  return words.reduce<RecordingRecord | undefined>((before, each) => joined(before ?? null, each), undefined);
}

function isNews(before: RecordingRecord | null, word: RecordingRecord, isOpen: boolean): boolean {
  switch (before?.state) {
    case undefined:
    case 'recording':
      return !isOpen || lacks(word);
    case 'ready':
      return lacks(word) || (word.state === 'ready' && word.byteLength > before.byteLength);
    case 'failed':
      return false;
  }
}

/** Some of it is known to be lost. One of which a crash has left nothing lacks no more than any that a crash has cut. */
function lacks({ state, durationMs }: RecordingRecord): boolean {
  return state === 'failed' && durationMs > 0;
}
