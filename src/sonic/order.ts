/**
 * What may be sent to the model now. The service ends a stream at the first event out of order, so the leg asks first.
 * Source: Nova Sonic user guide, input events and handling of errors.
 */
export type InputStage =
  /** Nothing but the session's start and configuration has been sent; history may follow, and then audio. */
  | { at: 'held' }
  /** The caller's audio block is open; live text and tool results may come between its audio. */
  | { at: 'live'; audioMs: number; openTools: ReadonlySet<string> }
  /** The block, the prompt and the session were ended: nothing may follow. */
  | { at: 'ended' };

export type InputAction =
  | { kind: 'openAudio' }
  | { kind: 'audio'; durationMs: number }
  | { kind: 'text' }
  | { kind: 'toolCalled'; toolUseId: string }
  | { kind: 'toolResult'; toolUseId: string }
  | { kind: 'end' };

/**
 * Audio the model must have had before it answers text, in ms: text into a block with less than about 68 ms is taken
 * and never answered (measured by users of the service).
 */
export const PRIMING_MS = 100;

/** The next stage, and the silence (ms) that has to be sent before the action; undefined when the action is illegal now. */
export function admit(stage: InputStage, action: InputAction): { stage: InputStage; silenceMs: number } | undefined {
  switch (stage.at) {
    case 'held':
      // Not even its end: a prompt without an audio block cannot be ended, so one has to be opened for it.
      return action.kind === 'openAudio'
        ? { stage: { at: 'live', audioMs: 0, openTools: new Set() }, silenceMs: 0 }
        : undefined;
    case 'live':
      return admitLive(stage, action);
    case 'ended':
      return undefined;
  }
}

function admitLive(stage: Extract<InputStage, { at: 'live' }>, action: InputAction) {
  switch (action.kind) {
    case 'openAudio':
      return undefined;
    case 'audio':
      return { stage: { ...stage, audioMs: stage.audioMs + action.durationMs }, silenceMs: 0 };
    case 'text': {
      const silenceMs = Math.max(0, PRIMING_MS - stage.audioMs);
      return { stage: { ...stage, audioMs: stage.audioMs + silenceMs }, silenceMs };
    }
    case 'toolCalled':
      return { stage: { ...stage, openTools: new Set([...stage.openTools, action.toolUseId]) }, silenceMs: 0 };
    case 'toolResult': {
      if (!stage.openTools.has(action.toolUseId)) return undefined;
      const openTools = new Set(stage.openTools);
      openTools.delete(action.toolUseId);
      return { stage: { ...stage, openTools }, silenceMs: 0 };
    }
    case 'end':
      // An empty block cannot be ended: at least one piece of audio must have been in it.
      return { stage: { at: 'ended' as const }, silenceMs: stage.audioMs > 0 ? 0 : PRIMING_MS };
  }
}
