import type { Clock } from '../clock.js';
import type { VoiceEvent, VoiceLeg, VoiceListener } from './ports.js';

/** A model stream that nobody has claimed for this long is closed, in ms: it costs money and quota. */
export const UNCLAIMED_STREAM_MS = 10_000;

/** A model stream opened while the caller is still being connected. Keeps what the stream says until it is claimed. */
export interface WaitingVoice {
  /** Opens the stream, unless it is open. */
  open(): void;
  claim(listener: VoiceListener): VoiceLeg;
  /** Closes the stream, if it is open. */
  drop(): void;
  cancelTimers: () => void;
}

export function waitingVoice(openVoice: (listener: VoiceListener) => VoiceLeg): WaitingVoice {
  const events: VoiceEvent[] = [];
  let listener: VoiceListener | undefined;
  let leg: VoiceLeg | undefined;
  const open = () => {
    leg ??= openVoice({
      // Nothing is said before the call is claimed: the model speaks only when spoken to.
      audio: (blockId, s16le) => listener?.audio(blockId, s16le),
      event: (event) => {
        if (listener) listener.event(event);
        else events.push(event);
      },
    });
    return leg;
  };
  return {
    open,
    claim(target) {
      listener = target;
      queueMicrotask(() => {
        for (const event of events.splice(0)) target.event(event);
      });
      return open();
    },
    drop: () => leg?.close(),
    cancelTimers: () => undefined,
  };
}

/** Opens the stream after the carrier has its answer, as opening takes some ms of CPU, and when the call is prepared. */
export function openSoon(
  voice: WaitingVoice,
  options: {
    clock: Clock;
    prepared: Promise<unknown> | undefined;
    isWanted: () => boolean;
    refused: (error: unknown) => void;
    unclaimed: () => void;
  },
): void {
  const { clock, prepared, isWanted, refused, unclaimed } = options;
  const open = () => {
    if (!isWanted()) return;
    try {
      voice.open();
    } catch (error) {
      refused(error);
    }
  };
  const cancelOpen = clock.after(0, () => {
    if (prepared) void prepared.then(open, open);
    else open();
  });
  const cancelUnclaimed = clock.after(UNCLAIMED_STREAM_MS, unclaimed);
  voice.cancelTimers = () => {
    cancelOpen();
    cancelUnclaimed();
  };
}
