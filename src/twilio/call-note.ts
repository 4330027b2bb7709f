import type { InstanceInfo } from '../call/call-store.js';
import type { LastWord, Reception } from '../call/reception.js';
import type { Seal } from './seal.js';

/**
 * What the carrier is given to bring back with its next question about a call, so that any instance can answer it while the
 * store is away: who carries the call, and with what it may go on when that instance is dead.
 */
export interface CallNote extends LastWord {
  callSid: string;
  /** Where the instance is reached that connected the call last. */
  instance: string;
}

/** As it travels. */
type Contents = readonly [string, string, string, number, number, readonly number[]];

/** Answers the sealed note on a call of which something is known here. */
export function notesOn(options: {
  reception: Pick<Reception, 'lastWord'>;
  instance: Pick<InstanceInfo, 'url'>;
  seal: Seal;
}): (callSid: string) => string | undefined {
  const { reception, instance, seal } = options;
  return (callSid) => {
    const word = reception.lastWord(callSid);
    return word && sealedNote(seal, { ...word, callSid, instance: instance.url });
  };
}

export function sealedNote(seal: Seal, note: CallNote): string {
  const { callSid, instance, agentId, agentVersion, startedAtMs, brokeAtMs } = note;
  const contents: Contents = [callSid, instance, agentId, agentVersion, startedAtMs, brokeAtMs];
  return seal.seal('call-note', contents);
}

/** Undefined when it is not a note of ours on this call: nothing that it says may be followed then. */
export function openedNote(seal: Seal, sealed: string | undefined, callSid: string): CallNote | undefined {
  const contents = seal.open('call-note', sealed ?? '') as Contents | undefined;
  if (contents?.[0] !== callSid) return undefined;
  const [, instance, agentId, agentVersion, startedAtMs, brokeAtMs] = contents;
  return { callSid, instance, agentId, agentVersion, startedAtMs, brokeAtMs };
}
