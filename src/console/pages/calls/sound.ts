import type { Call } from '../../api/types.ts';

export interface Sound {
  readonly isThere: boolean;
  /** Why there is none, or what is the matter with it. */
  readonly note: string | undefined;
}

/** Whether a call can be heard. */
export function soundOf({ recording, state, test }: Call): Sound {
  if (!recording) {
    const why = test ? 'Test calls of a number without recording leave no sound.' : 'Its number does not record.';
    return { isThere: false, note: `No sound: this call was not recorded. ${why}` };
  }
  switch (recording.state) {
    case 'ready':
      return { isThere: true, note: undefined };
    case 'recording':
      return {
        isThere: false,
        note:
          state === 'ended'
            ? 'No sound yet: the recording is being put in its place.'
            : 'No sound yet: the recording can be heard when the call is over.',
      };
    case 'failed':
      return recording.durationMs > 0
        ? { isThere: true, note: 'Parts of the recording are missing: it was given up on the way.' }
        : { isThere: false, note: 'No sound: the recording failed.' };
  }
}
