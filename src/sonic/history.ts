import type { VoiceProfile } from '../call/ports.js';
import { pieces } from './input.js';

/**
 * The strictest limits that are documented or reported for history; a stream whose history is larger is ended by the
 * service. Sources: Nova 2 user guide, chat history (40 KB, 1 KB a text); AWS samples for the first generation (40
 * messages of 1 KB).
 */
const MAX_HISTORY_BYTES = 38_000;
const MAX_TEXTS = 40;

type Message = VoiceProfile['history'][number];

/**
 * History as the model takes it: roles in turn, beginning with the caller, the newest part where not all fits. Each text
 * goes into one block, in the `pieces` in which it was measured here.
 */
export function shapedHistory(history: readonly Message[]): Message[] {
  const spoken = history.filter(({ text }) => text.trim() !== '');
  const texts = inTurn(spoken, ' ').flatMap(({ role, text }) => pieces(text).map((piece) => ({ role, text: piece })));
  let first = texts.length;
  let byteLength = 0;
  while (first > 0 && texts.length - first < MAX_TEXTS) {
    byteLength += Buffer.byteLength(texts[first - 1]!.text);
    if (byteLength > MAX_HISTORY_BYTES) break;
    first--;
  }
  const newest = inTurn(texts.slice(first), '');
  return newest[0]?.role === 'agent' ? newest.slice(1) : newest;
}

/** What one side said in a row, in one. */
function inTurn(messages: readonly Message[], between: string): Message[] {
  const turns: { role: Message['role']; text: string }[] = [];
  for (const { role, text } of messages) {
    const last = turns.at(-1);
    if (last?.role === role) last.text += between + text;
    else turns.push({ role, text });
  }
  return turns;
}
