import type { LiveListening, LiveTaps } from '../call/listening.js';
import type { Clock } from '../clock.js';
import { BridgeError } from '../errors.js';
import { LiveSound } from './live-sound.js';

/** So many people may listen to one call. */
export const MAX_LISTENERS = 5;

const TRY_AGAIN_LATER = 1013;

/** The live calls of this instance, for people who listen in. */
export function liveListening({ clock }: { clock: Clock }): LiveListening & LiveTaps {
  const sounds = new Map<string, LiveSound>();

  return {
    tap({ callSid, startMs }, phone) {
      return new LiveSound({
        ...{ callSid, startMs, clock, phone },
        began: (sound) => sounds.set(callSid, sound),
        ended(sound) {
          if (sounds.get(callSid) === sound) sounds.delete(callSid);
        },
      });
    },

    check(callSid) {
      const sound = sounds.get(callSid);
      if (!sound) throw new BridgeError('CALL_NOT_LIVE', `Nothing is to be heard of the call ${callSid} now.`);
      if (sound.listenerCount >= MAX_LISTENERS) {
        throw new BridgeError('TOO_MANY_REQUESTS', `${MAX_LISTENERS} people listen to the call ${callSid} already.`);
      }
      return Math.round(sound.callMs);
    },

    join(callSid, socket) {
      const sound = sounds.get(callSid);
      if (!sound || sound.listenerCount >= MAX_LISTENERS) {
        socket.close(TRY_AGAIN_LATER, 'the call is over, or too many people listen to it');
        return () => undefined;
      }
      sound.join(socket);
      return () => sound.leave(socket);
    },
  };
}
