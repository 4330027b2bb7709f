import type { VoiceProfile } from '../call/ports.js';

/**
 * The strictest limits that are documented or reported for history. Sources: Nova 2 user guide, chat history (40 KB);
 * AWS samples for the first generation (40 messages). A stream whose history is larger is ended by the service.
 */
const MAX_HISTORY_BYTES = 38_000;
const MAX_MESSAGES = 40;

type Message = VoiceProfile['history'][number];

/** History as the model takes it: roles in turn, beginning with the caller, the newest part where not all fits. */
export function shapedHistory(history: readonly Message[]): Message[] {
  const merged: { role: Message['role']; text: string }[] = [];
  for (const { role, text } of history) {
    const last = merged.at(-1);
    if (last?.role === role) last.text += ` ${text}`;
    else merged.push({ role, text });
  }
  let first = merged.length;
  let byteLength = 0;
  while (first > 0 && merged.length - first < MAX_MESSAGES) {
    byteLength += Buffer.byteLength(merged[first - 1]!.text);
    if (byteLength > MAX_HISTORY_BYTES) break;
    first--;
  }
  const newest = merged.slice(first);
  return newest[0]?.role === 'agent' ? newest.slice(1) : newest;
}
