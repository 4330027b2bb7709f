import { type CallEvent, type CallFact, emptyRecord } from '../../src/call/events.js';
import { LiveRecords } from '../../src/call/live-records.js';
import type { CallRecord, RecordingRecord } from '../../src/call/record.js';
import { type OnRecord, recordingsOnRecord } from '../../src/recording/on-record.js';

export const SID = 'CA1';

export function recordingOf(state: RecordingRecord['state'], durationMs: number): RecordingRecord {
  return {
    ...{ state, channels: 2, rateHz: 8000, durationMs },
    ...{ byteLength: 44 + durationMs * 32, url: `/api/calls/${SID}/audio.wav` },
  };
}

interface Write {
  record: CallRecord;
  event: CallEvent;
}

/** One instance: its memory, what it has to write, and what it records. */
interface Instance {
  records: LiveRecords;
  onRecord: OnRecord;
  writes: Write[];
  /** What it has read of a call that it is about to take up. */
  read: CallRecord | undefined;
  enters: RecordingRecord[];
  notified: number;
  answers: (() => void)[];
  isRecording: boolean;
  /** The ends of pieces that are on their way to the shelf, in ms of the call, oldest first. */
  uploads: number[];
  hasFailed: boolean;
}

/**
 * A call whose legs are carried by several instances over one database, where everything happens when it is told to: what an
 * instance writes counts only while the call is its own, what it enters late is told to all.
 */
export function sharedRecord(instanceCount: number) {
  let nowMs = 0;
  let owner = 0;
  let row: CallRecord = { ...emptyRecord(SID, new Date(0).toISOString()), state: 'live' };
  const told: RecordingRecord[] = [];
  /** What is on the shelf, joined. */
  let shelfMs = 0;
  let lacksSome = false;
  let hasBegun = false;

  const emit = (instance: Instance, fact: CallFact) => {
    const event: CallEvent = { callSid: SID, atMs: nowMs, ...fact };
    instance.records.listener(event, nowMs);
    instance.onRecord.listener(event, nowMs);
  };
  const forget = (instance: Instance) => {
    const record = instance.records.peek(SID);
    instance.records.forget(SID);
    if (record) instance.onRecord.left(record);
  };
  const isOpen = ({ isRecording, uploads }: Instance) => isRecording || uploads.length > 0;

  const instances = Array.from({ length: instanceCount }, (): Instance => {
    const records = new LiveRecords((event, record) => instance.writes.push({ event, record }));
    const instance: Instance = {
      records,
      onRecord: recordingsOnRecord({
        records,
        registry: () => ({ emit: (_callSid, fact) => emit(instance, fact) }),
        recordings: { isOpen: () => isOpen(instance) },
        store: {
          recordingUntilKept: (_callSid, recording) => instance.enters.push(recording),
          // Read when it is answered, as late as that may be.
          toldOfRecording: (_callSid, answered) => instance.answers.push(() => answered([...told])),
        },
      }),
      ...{ writes: [], read: undefined, enters: [], notified: 0, answers: [] },
      ...{ isRecording: false, uploads: [], hasFailed: false },
    };
    return instance;
  });
  instances[0]!.records.adopt(row);

  const hangUp = (instance: Instance) => {
    if (!instance.isRecording) return;
    instance.isRecording = false;
    nowMs += 1000;
    instance.uploads.push(nowMs);
  };

  const actions = {
    /** A media stream opens there; the one before is over. */
    begin(at: Instance) {
      if (!at.records.peek(SID) || instances[owner] !== at) return;
      for (const each of instances) hangUp(each);
      nowMs += 1000;
      hasBegun = true;
      at.isRecording = true;
      at.onRecord.changed(SID, recordingOf(at.hasFailed ? 'failed' : 'recording', 0));
    },
    end: hangUp,
    /** A piece is where it is kept. */
    kept(at: Instance, lacks = false) {
      const endMs = at.uploads.shift();
      if (endMs === undefined) return;
      shelfMs = Math.max(shelfMs, endMs);
      lacksSome ||= lacks;
      at.hasFailed ||= lacks;
      if (isOpen(at)) return;
      at.onRecord.changed(SID, recordingOf(at.hasFailed ? 'failed' : 'ready', shelfMs));
      at.hasFailed = false;
    },
    keptInPart: (at: Instance) => actions.kept(at, true),
    /** The first half of taking it up: it is that instance's from now on. */
    take(at: Instance) {
      if (at.records.peek(SID)) return;
      owner = instances.indexOf(at);
      at.read = row;
    },
    adopt(at: Instance) {
      if (!at.read || instances[owner] !== at) return;
      at.records.adopt(at.read);
      at.read = undefined;
      const { direction, from, to, agentId, agentVersion, state } = row;
      emit(at, { kind: 'takenUp', direction, from, to, agentId, agentVersion, state });
    },
    /** Something else happens to the call, and the whole row is written for it. */
    report(at: Instance) {
      if (at.records.peek(SID)) emit(at, { kind: 'carrierReported', status: 'completed' });
    },
    flush(at: Instance) {
      const writes = at.writes.splice(0);
      const last = writes.at(-1);
      if (!last) return;
      if (instances[owner] !== at) return forget(at);
      row = last.record;
      for (const { event } of writes) if (event.kind === 'recordingChanged') told.push(event.recording);
    },
    enter(at: Instance) {
      const recording = at.enters.shift();
      if (!recording || !isEntered(row.recording, recording)) return;
      row = { ...row, recording };
      told.push(recording);
      for (const each of instances) each.notified++;
    },
    hear(at: Instance) {
      if (at.notified === 0) return;
      at.notified--;
      at.onRecord.entered(SID);
    },
    answer: (at: Instance) => at.answers.shift()?.(),
    /** It is told that another one has the call. */
    lose(at: Instance) {
      if (instances[owner] !== at) forget(at);
    },
  };

  const isQuiet = () =>
    instances.every(
      (at) =>
        (at.read === undefined || instances[owner] !== at) &&
        at.writes.length + at.enters.length + at.notified + at.answers.length === 0,
    );

  return {
    actions,
    instances,
    /** The call ends, every piece is kept, and everything that is on its way arrives. */
    settle() {
      for (const at of instances) hangUp(at);
      for (const at of instances) while (at.uploads.length > 0) actions.kept(at);
      for (let round = 0; !isQuiet(); round++) {
        if (round > 100) throw new Error('it comes to no end');
        for (const at of instances) {
          const { adopt, flush, enter, hear, answer } = actions;
          for (const action of [adopt, flush, enter, hear, answer]) action(at);
        }
      }
      for (const at of instances) {
        actions.lose(at);
        while (at.enters.length > 0) actions.enter(at);
      }
      while (!isQuiet())
        for (const at of instances) for (const each of ['hear', 'answer', 'flush'] as const) actions[each](at);
    },
    /** What must be on record, and what is: in the database, and in every memory. */
    expected: () => (hasBegun ? (lacksSome ? recordingOf('failed', shelfMs) : recordingOf('ready', shelfMs)) : null),
    found: () => ({
      stored: row.recording,
      inMemory: instances.flatMap(({ records }) => records.peek(SID)?.recording ?? []),
    }),
  };
}

/** What the store takes of what is entered late. */
function isEntered(before: RecordingRecord | null, told: RecordingRecord): boolean {
  if (before?.state === 'failed') return false;
  if (before?.state !== 'ready') return true;
  return told.state === 'failed' ? told.durationMs > 0 : told.byteLength > before.byteLength;
}
