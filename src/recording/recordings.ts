import type { RecordingRecord } from '../call/record.js';
import type { Clock } from '../clock.js';
import { BridgeError } from '../errors.js';
import type { Logger } from '../log.js';
import { createOutage, type Outage } from '../outage.js';
import type { ByteRange } from './range.js';
import { CallRecorder } from './recorder.js';
import { CLOSE_LIMIT_MS } from './spooled-store.js';
import type { KeptRecording, OpenedRecording, RecordingSink, RecordingStore } from './store.js';
import { durationOf, HEADER_BYTES } from './wave-header.js';

export interface RecordingsOptions {
  store: RecordingStore;
  clock: Clock;
  log: Logger;
  /** The recording of a call has begun, is where it is kept, or was given up. */
  changed: (callSid: string, recording: RecordingRecord) => void;
}

/** How recordings are doing, to be measured: from memory, at any time. */
export interface RecordingsHealth {
  /** Finished ones that are not where they are kept yet. */
  readonly pendingFiles: number;
  /** The place where they are kept does not take them, or does not remove them. */
  readonly isAway: boolean;
  /** The local disk, on which they are made, does not take what is recorded. */
  readonly isDiskAway: boolean;
  /** Since the start: recordings that were given up, and what is missing of them. */
  readonly failedRecordings: number;
  readonly lostBytes: number;
}

export interface Recordings {
  health(): RecordingsHealth;
  /** Whether the call is recorded here, or what was recorded of it is on its way: `changed` will tell of it. */
  isOpen(callSid: string): boolean;
  /** Records a media stream that begins at `startMs` of the call. Never throws: what cannot be recorded is reported. */
  start(callSid: string, options: { startMs: number }): CallRecorder;
  open(callSid: string, range?: ByteRange): Promise<OpenedRecording | undefined>;
  /** Calls of which something is on this machine. */
  callSids(): Promise<string[]>;
  /**
   * Removes the recordings of these calls; where that does not succeed at once it is tried on, also after a restart.
   * Answers how many are gone or will be: also of a call whose place did not answer whether it has one. Never rejects.
   */
  remove(callSids: readonly string[]): Promise<number>;
  /** Keeps what a crash has left. Answers the calls; `changed` tells of each when it is where it is kept. */
  recover(): Promise<string[]>;
  /** Ends every recording and lets what is on its way arrive, ten seconds at most. May be called twice. */
  close(): Promise<void>;
}

/** What is going on for one call: its line may be interrupted, then it is recorded in pieces. */
interface OpenCall {
  recorders: Set<CallRecorder>;
  hasFailed: boolean;
}

/** Gives each call its recorder and tells what becomes of its recording. */
export function createRecordings({ store, clock, log, changed }: RecordingsOptions): Recordings {
  const calls = new Map<string, OpenCall>();
  /** What will be told of. */
  const words = new Set<Promise<void>>();
  const disk = createOutage({
    ...{ clock, log, code: 'RECORDING_FAILED' },
    begins: 'recordings cannot be written to the local disk: calls go on, and what waits for over 30 s is given up',
    ends: 'recordings are written to the local disk again',
    tally: () => ({ failedRecordings, lostBytes }),
  });
  let startedCount = 0;
  let failedRecordings = 0;
  let lostBytes = 0;
  const tell = (callSid: string, state: RecordingRecord['state'], byteLength: number) => {
    const url = `/api/calls/${callSid}/audio.wav`;
    changed(callSid, { state, channels: 2, rateHz: 8000, durationMs: durationOf(byteLength), byteLength, url });
  };

  const awaited = (word: Promise<void>) => {
    words.add(word);
    void word.then(() => words.delete(word));
  };

  const settle = (callSid: string, call: OpenCall, recorder: CallRecorder, kept: KeptRecording | undefined) => {
    call.recorders.delete(recorder);
    if (kept?.lacksSome && !call.hasFailed) {
      call.hasFailed = true;
      failedRecordings++;
    }
    if (call.recorders.size > 0) return;
    calls.delete(callSid);
    if (kept) tell(callSid, call.hasFailed ? 'failed' : 'ready', kept.byteLength);
  };

  return {
    health: () => ({
      pendingFiles: store.pendingCount,
      isAway: store.isAway,
      isDiskAway: disk.isAway,
      failedRecordings,
      lostBytes,
    }),

    isOpen: (callSid) => calls.has(callSid),

    start(callSid, { startMs }) {
      const name = `${callSid} ${++startedCount}`;
      const call = calls.get(callSid) ?? { recorders: new Set(), hasFailed: false };
      calls.set(callSid, call);
      for (const earlier of call.recorders) earlier.close();
      const recorder: CallRecorder = new CallRecorder({
        sink: watched(sinkFor(store, callSid), disk, name, callSid),
        clock,
        startMs,
        failed(error) {
          call.hasFailed = true;
          failedRecordings++;
          log.warn({ callSid, err: error, code: error.code }, 'the recording was given up');
          tell(callSid, 'failed', HEADER_BYTES + Math.round(recorder.durationMs * 32));
          if (isRefusal(error.cause)) return;
          disk.failed(name, error, { callSid });
          disk.left(name);
        },
        lost(byteLength) {
          lostBytes += byteLength;
        },
      });
      call.recorders.add(recorder);
      awaited(recorder.ended.then((kept) => settle(callSid, call, recorder, kept)));
      tell(callSid, call.hasFailed ? 'failed' : 'recording', HEADER_BYTES);
      return recorder;
    },

    open: (callSid, range) => store.open(callSid, range),

    callSids: () => store.callSids(),

    async remove(callSids) {
      const removals = await Promise.all(
        callSids.map((callSid) =>
          // A name that is refused has no recording.
          store.remove(callSid).catch((error: unknown) => {
            log.warn({ callSid, err: error }, 'there is no recording to remove');
            return 'absent' as const;
          }),
        ),
      );
      return removals.filter((removal) => removal !== 'absent').length;
    },

    async recover() {
      const recovered = await store.recover();
      const callSids = [...new Set(recovered.map(({ callSid }) => callSid))];
      for (const callSid of callSids) {
        const pieces = recovered.filter((piece) => piece.callSid === callSid);
        const word = Promise.all(pieces.map(({ kept }) => kept)).then((kept) => {
          // A call that goes on here tells of itself when it ends.
          if (calls.has(callSid)) return;
          const whole = kept.findLast((file) => file !== undefined);
          if (whole) tell(callSid, whole.lacksSome ? 'failed' : 'ready', whole.byteLength);
          // Otherwise it was removed, is kept by another process, or waits for the next start.
          else if (pieces.every(({ hasAudio }) => !hasAudio)) tell(callSid, 'failed', HEADER_BYTES);
        });
        awaited(word);
      }
      if (callSids.length > 0) log.info({ count: callSids.length }, 'recordings were recovered');
      return callSids;
    },

    async close() {
      for (const { recorders } of calls.values()) for (const recorder of recorders) recorder.close();
      let cancel = (): void => undefined;
      const limit = new Promise<void>((resolve) => {
        cancel = clock.after(CLOSE_LIMIT_MS, resolve);
      });
      await store.close();
      // Whoever keeps what is told is closed next.
      await Promise.race([Promise.all(words), limit]);
      cancel();
    },
  };
}

/** A call goes on whatever becomes of its recording, so that a store that refuses is a recording that fails. */
function sinkFor(store: RecordingStore, callSid: string): RecordingSink {
  try {
    return store.create(callSid);
  } catch (error) {
    const refuse = () => Promise.reject(error);
    return { write: refuse, close: refuse };
  }
}

/** Tells whether the disk takes what is written. */
function watched(sink: RecordingSink, disk: Outage, name: string, callSid: string): RecordingSink {
  return {
    write: (atPair, pairs) =>
      sink.write(atPair, pairs).then(
        () => disk.worked(name),
        (error: unknown) => {
          if (!isRefusal(error)) disk.failed(name, error, { callSid });
          throw error;
        },
      ),
    close() {
      disk.left(name);
      return sink.close();
    },
  };
}

/** A name that cannot be that of a file. */
function isRefusal(error: unknown): boolean {
  return error instanceof BridgeError && error.code === 'REQUEST_INVALID';
}
