/** One stretch of an agent's turn: its words and where its audio lies, in ms of the turn's own audio. */
export interface SpokenSentence {
  text: string;
  startMs: number;
  endMs: number;
  /** Its audio has not all come: the end is what this voice may need for it. */
  isEndEstimated?: boolean;
}

/**
 * The model gives no word times, so the words of a sentence share its audio by their letters; a word counts as heard
 * only when its estimated end lies this much before what was heard. Rather a word too few than one too many.
 */
export const HEARD_MARGIN_MS = 200;
/** The same while the end of the sentence is not known: its first words may be the slow ones. */
const ESTIMATE_MARGIN_MS = 400;
/** The same for long sentences, of which the estimate is off by more: so much of their length. */
const HEARD_MARGIN_SHARE = 0.025;

/** The words of a turn that the caller heard, cut at a whole word. A sentence heard to its end is heard whole. */
export function heardText(sentences: readonly SpokenSentence[], heardMs: number): string {
  const parts: string[] = [];
  for (const sentence of sentences) {
    const text = sentence.text.trim();
    if (text === '' || sentence.endMs <= sentence.startMs) continue;
    if (heardMs >= sentence.endMs) {
      parts.push(text);
      continue;
    }
    const words = text.split(/\s+/);
    const weights = words.map(lettersOf);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const durationMs = sentence.endMs - sentence.startMs;
    const leastMs = sentence.isEndEstimated ? ESTIMATE_MARGIN_MS : HEARD_MARGIN_MS;
    const marginMs = Math.max(leastMs, durationMs * HEARD_MARGIN_SHARE);
    let spoken = 0;
    const heard: string[] = [];
    for (const [index, word] of words.entries()) {
      spoken += weights[index]!;
      if (sentence.startMs + (spoken / total) * durationMs + marginMs > heardMs) break;
      heard.push(word);
    }
    if (heard.length > 0) parts.push(heard.join(' '));
    break;
  }
  return parts.join(' ');
}

/** How much there is to speak in a text: its letters and digits, one more for each word. */
export function spokenWeight(text: string): number {
  return text
    .split(/\s+/)
    .filter(Boolean)
    .reduce((sum, word) => sum + lettersOf(word), 0);
}

/** `text` shortened to `limit` when the model itself says that less was spoken; otherwise unchanged. */
export function shortenedTo(text: string, limit: string): string {
  const words = text.split(/\s+/).filter(Boolean);
  const limitWords = limit.split(/\s+/).filter(Boolean);
  if (limitWords.length >= words.length) return text;
  const isPrefix = limitWords.every((word, index) => bare(word) === bare(words[index]!));
  return isPrefix ? words.slice(0, limitWords.length).join(' ') : text;
}

/** Letters and digits, one more for the gap: also a word of signs only takes some time. */
function lettersOf(word: string): number {
  return bare(word).length + 1;
}

function bare(word: string): string {
  return word.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}
