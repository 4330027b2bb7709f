/** Lengths of the vectors that can be asked for; the last is what comes unless asked. */
export const DIMENSIONS = [256, 512, 1024] as const;
export type Dimensions = (typeof DIMENSIONS)[number];

const TRIGRAM_WEIGHT = 0.3;
/** Words that say little of what a text is about. */
const FUNCTION_WORD_WEIGHT = 0.1;
const FUNCTION_WORDS = new Set(
  'a an and are as at be by can do does for from has have how i if in is it my no not of on or our that the this to was we what when where which who why will with you your'.split(
    ' ',
  ),
);
/** Each feature goes to so many places, so that two of them rarely coincide in all. */
const PLACES = 3;

/**
 * A vector by which texts that share words, or parts of words, are near to each other. Deterministic, and good enough to
 * rank passages in tests. These are not Titan's vectors: synonyms and other languages are far apart here.
 */
export function embed(text: string, dimensions: Dimensions = 1024, normalize = true): number[] {
  const vector = new Float64Array(dimensions);
  for (const [feature, weight] of featuresOf(text)) {
    for (let place = 0; place < PLACES; place++) {
      const hash = hashOf(`${place}${feature}`);
      const at = (hash >>> 1) % dimensions;
      vector[at] = vector[at]! + (hash & 1 ? weight : -weight);
    }
  }
  const norm = normalize ? Math.sqrt(vector.reduce((sum, component) => sum + component * component, 0)) : 1;
  return Array.from(vector, (component) => Number((component / norm).toPrecision(8)));
}

/** Words and their parts with how much they count: the more often, the more, but ever less so. */
function featuresOf(text: string): Map<string, number> {
  const words = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .match(/[\p{L}\p{N}]+/gu);
  const counts = new Map<string, number>();
  // A text without words still has a vector, and one without a length is none.
  for (const word of words ?? [`(${text.trim()})`]) counts.set(word, (counts.get(word) ?? 0) + 1);
  const features = new Map<string, number>();
  const add = (feature: string, weight: number) => features.set(feature, (features.get(feature) ?? 0) + weight);
  for (const [word, count] of counts) {
    const weight = (1 + Math.log(count)) * (FUNCTION_WORDS.has(word) ? FUNCTION_WORD_WEIGHT : 1);
    add(`w:${word}`, weight);
    const marked = `^${word}$`;
    for (let start = 0; start + 3 <= marked.length; start++) {
      add(`t:${marked.slice(start, start + 3)}`, weight * TRIGRAM_WEIGHT);
    }
  }
  return features;
}

/** FNV-1a of 32 bits, mixed once more so that all bits depend on all letters. */
function hashOf(feature: string): number {
  let hash = 0x811c9dc5;
  for (let position = 0; position < feature.length; position++) {
    hash = Math.imul(hash ^ feature.charCodeAt(position), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return (hash ^ (hash >>> 15)) >>> 0;
}
