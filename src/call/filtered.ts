import type { Offence } from './ports.js';
import type { Turn } from './record.js';

/** What the model is told in place of words that its service does not take. */
export const NOT_TAKEN =
  'What the caller said last could not be processed. Say in one short sentence that you could not take their last words, and ask them to say it in another way.';

/** What of what was said a stream was lost over, as far as it can be known: all from this place on. */
export function offendingFrom(said: readonly Pick<Turn, 'role'>[], offence: Offence): number {
  if (offence === 'open') return said.length;
  if (offence === 'all') return 0;
  let first = said.findLastIndex(({ role }) => role === 'caller');
  while (said[first - 1]?.role === 'caller') first--;
  return Math.max(0, first);
}
