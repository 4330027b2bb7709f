/** Words that carry no subject: what the author and callers put around one. */
const STOP = new Set(
  (
    'a an the this that these those it its they them their theirs he she his her him we us our i me my mine you your yours ' +
    'is are was were be been being am do does did done have has had having will would shall should can could may might must ' +
    'and or but nor so if then else when whenever while because as than of to in on at by for with from into about over under ' +
    'out up off through there here what which who whom whose how why where not no yes any some all each every other ' +
    'agent agents passenger passengers subscriber subscribers applicant applicants user users themselves himself herself myself yourself caller callers customer customers client clients guest guests patient patients resident residents member members ' +
    'call calls calling hello hi hey please thank thanks right want wants wanted like wish wishes need needs help say says said saying ' +
    "tell tells told talk ask asks asked asking mention mentions mentioned mentioning report reports state states request requests requested demand demands know i'm i'd i'll i've it's don't " +
    'make makes made get gets got getting bought listen well okay ok just also only very too now always never let ' +
    'der die das den dem des ein eine einen einem einer eines und oder aber ist sind war wird werden wurde hat haben kann können ' +
    'soll sollen muss müssen darf dürfen wenn falls dann als zu zum zur im in an am auf aus bei mit nach von vor für über um ' +
    'nicht kein keine er sie es ihr ihre ihren ihm ihn ich mein meine meinen mir mich wir sich dass wie was wer dazu gilt bitte danke ' +
    'kunde kunden kundin anrufer anrufers anruferin rufe hallo guten tag wegen folgendem nie niemals immer ' +
    'el la los las un una unos unas y o pero es son era ser está están ha han haber puede pueden debe deben si cuando entonces ' +
    'de del a al en por para con sin sobre que qué como su sus se lo le les no mi mis me yo usted nosotros hola llamo siguiente gracias favor ' +
    'cliente clientes llamada nunca jamás siempre'
  ).split(' '),
);

/** How callers say what procedures call by another name. */
const SAME: Readonly<Record<string, string>> = {
  attorney: 'lawyer',
  solicitor: 'lawyer',
  moneyback: 'refund',
  money: 'refund',
  reimburse: 'refund',
  reimbursement: 'refund',
  broke: 'broken',
  defective: 'broken',
  faulty: 'broken',
  damage: 'broken',
  mail: 'email',
  schedule: 'book',
  reserve: 'book',
  reservation: 'booking',
  furious: 'angry',
  upset: 'angry',
  human: 'person',
  fee: 'cost',
  price: 'cost',
  charge: 'cost',
};

const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/\be-mails?\b/g, 'email'],
  [
    /\b(?:send|sending|sent|give|bring) (?:it|this|that|them|something|an item|my \w+|the \w+|these|those) back\b/g,
    'return',
  ],
  [/\bmoney back\b/g, 'refund'],
  [/\bset up\b/g, 'setup'],
];

/** Lower-case words and numbers, in order. */
export function tokensOf(text: string): string[] {
  let plain = text.normalize('NFKC').toLowerCase().replace(/[’`]/g, "'");
  for (const [phrase, word] of PHRASES) plain = plain.replace(phrase, word);
  return [...plain.matchAll(/\p{N}+(?:[.,]\p{N}+)*|[\p{L}\p{M}]+(?:'[\p{L}]+)?/gu)].map(([token]) =>
    token.replace(/'s$/, ''),
  );
}

/** The word without its endings, so that "returned" and "returns" are one. */
export function stem(word: string): string {
  const same = SAME[word] ?? word;
  if (same.length <= 3 || /\p{N}/u.test(same)) return same;
  const cut = same
    .replace(/ies$/, 'y')
    .replace(/(ss|sh|ch|x)es$/, '$1')
    .replace(/([^su])s$/, '$1')
    .replace(/(\p{L}{3})(?:ing|ed|ly|ment|er|en|es)$/u, '$1')
    .replace(/([bdgklmnprt])\1$/, '$1')
    .replace(/(\p{L}{3})e$/u, '$1');
  return SAME[cut] ?? cut;
}

export const isStopWord = (word: string) => STOP.has(word);

/** How often each subject word occurs, by its stem. Text of stop words alone counts by these. */
export function bagOf(text: string): Map<string, number> {
  const tokens = tokensOf(text);
  const subject = tokens.filter((token) => !STOP.has(token));
  const bag = new Map<string, number>();
  for (const token of subject.length > 0 ? subject : tokens) bag.set(stem(token), (bag.get(stem(token)) ?? 0) + 1);
  return bag;
}

export type Bag = ReadonlyMap<string, number>;
export type Weight = (stem: string) => number;

/** How alike two texts are, 0 to 1; 1 only for the same words in the same proportion. */
export function likeness(one: Bag, other: Bag, weight: Weight = () => 1): number {
  let shared = 0;
  for (const [word, count] of one) shared += weight(word) ** 2 * count * (other.get(word) ?? 0);
  if (shared === 0) return 0;
  return shared / (lengthOf(one, weight) * lengthOf(other, weight));
}

const lengthOf = (bag: Bag, weight: Weight) =>
  Math.sqrt([...bag].reduce((sum, [word, count]) => sum + (weight(word) * count) ** 2, 0));

/** Words weigh more the fewer texts have them; those of none tell nothing. */
export function rarity(bags: readonly Bag[]): Weight {
  const seen = new Map<string, number>();
  for (const bag of bags) for (const word of bag.keys()) seen.set(word, (seen.get(word) ?? 0) + 1);
  return (word) => {
    const count = seen.get(word);
    return count === undefined ? 1 : 1 + Math.log((bags.length + 1) / (count + 1));
  };
}

/** Whitespace as one blank, none at the ends. */
export const collapsed = (text: string) => text.replace(/\s+/g, ' ').trim();

/** What is said of marked-up text: no stars, no links, no code, no mark of an item. */
export function plainText(text: string): string {
  return collapsed(
    text
      .replace(/^\s*(?:\([\da-z]{1,4}\)|[ivx]{2,5}[.)]|\d+(?:\.\d+)+|(?:step|schritt|paso) \d+\s*[:.)–-])\s+/i, '')
      .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/(\*\*|__|`)/g, '')
      .replace(/(^|\s)[*_](\S[^*_]*)[*_](?=\W|$)/g, '$1$2'),
  );
}

/** At most `longest` characters, cut between words. */
export function shortened(text: string, longest: number): string {
  if (text.length <= longest) return text;
  return `${text.slice(0, longest - 1).replace(/\s+\S*$/, '')}…`;
}
