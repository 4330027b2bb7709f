/** One digit of a text, and the figure or word that says it; a word may say several. */
export interface DigitPlace {
  digit: string;
  from: number;
  to: number;
}

/** Of the languages that the voice models speak, from zero to nine. */
const DIGIT_WORDS: readonly (readonly string[])[] = [
  ['zero', 'oh', 'o', 'nought', 'null', 'zéro', 'cero', 'शून्य', 'shunya'],
  ['one', 'eins', 'ein', 'eine', 'un', 'une', 'uno', 'una', 'um', 'uma', 'एक', 'ek'],
  ['two', 'zwei', 'zwo', 'deux', 'dos', 'due', 'dois', 'duas', 'दो'],
  ['three', 'drei', 'trois', 'tres', 'tre', 'três', 'तीन', 'teen'],
  ['four', 'vier', 'quatre', 'cuatro', 'quattro', 'quatro', 'चार', 'chaar'],
  ['five', 'fünf', 'cinq', 'cinco', 'cinque', 'पांच', 'पाँच', 'paanch'],
  ['six', 'sechs', 'seis', 'sei', 'meia', 'छह', 'छः', 'chhah'],
  ['seven', 'sieben', 'sept', 'siete', 'sette', 'sete', 'सात', 'saat'],
  ['eight', 'acht', 'huit', 'ocho', 'otto', 'oito', 'आठ', 'aath'],
  ['nine', 'neun', 'neuf', 'nueve', 'nove', 'नौ', 'nau'],
];
const TEENS = [
  'ten',
  'eleven',
  'twelve',
  'thirteen',
  'fourteen',
  'fifteen',
  'sixteen',
  'seventeen',
  'eighteen',
  'nineteen',
];
const TENS = ['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];

const DIGITS_OF = new Map([
  ...DIGIT_WORDS.flatMap((words, digit) => words.map((word): [string, string] => [word, String(digit)])),
  ...TEENS.map((word, index): [string, string] => [word, String(index + 10)]),
  ...TENS.map((word, index): [string, string] => [word, `${index + 2}0`]),
]);
const TIMES = new Map([
  ['double', 2],
  ['triple', 3],
  ['treble', 3],
]);
/** Said between two digits of a number. */
const FILLERS = new Set(
  'uh er erm hm hmm ah eh and then dash hyphen minus space und dann strich et puis tiret y luego e poi euh äh ähm'.split(
    ' ',
  ),
);

/** Digits one after the other, as figures or as words, with nothing between them but signs and fillers. */
export function digitRuns(text: string): DigitPlace[][] {
  const runs: DigitPlace[][] = [];
  let isOpen = false;
  /** "double": how often the next digit is meant, and where that was said. */
  let times: { count: number; from: number } | undefined;
  /** Where a word such as "twenty" ended, which the next word may complete. */
  let tensEnd = -1;
  for (const match of text.matchAll(/\d|[\p{L}\p{M}]+/gu)) {
    const word = match[0].toLowerCase();
    const digits = /\d/.test(word) ? word : DIGITS_OF.get(word);
    const to = match.index + match[0].length;
    if (digits === undefined) {
      const count = TIMES.get(word);
      isOpen &&= count !== undefined || FILLERS.has(word);
      times = count === undefined ? undefined : { count, from: match.index };
      continue;
    }
    if (!isOpen) runs.push([]);
    isOpen = true;
    const run = runs.at(-1)!;
    const isUnit = digits.length === 1 && digits !== '0' && !/\d/.test(word);
    if (isUnit && tensEnd >= 0 && /^[\s-]*$/.test(text.slice(tensEnd, match.index))) {
      run.at(-1)!.digit = digits;
      run.at(-1)!.to = to;
    } else {
      const from = times?.from ?? match.index;
      for (const digit of digits.repeat(times?.count ?? 1)) run.push({ digit, from, to });
    }
    tensEnd = TENS.includes(word) ? to : -1;
    times = undefined;
  }
  return runs;
}

export function digitsOf(run: readonly DigitPlace[]): string {
  return run.map(({ digit }) => digit).join('');
}
