import { outputFrame } from './event-stream.js';

/** What every event of the model stand-in names. */
export const IDS = { sessionId: 'bench-session', promptName: 'bench-prompt', completionId: 'bench-completion' };

/** One event as a whole frame. */
export function event(name: string, body: object): Buffer {
  return outputFrame(JSON.stringify({ event: { [name]: body } }));
}
