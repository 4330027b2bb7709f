import { collapsed, plainText, stem, tokensOf } from './words.js';

interface Read {
  readonly quote: string;
  readonly subject: ReadonlySet<string>;
  readonly heading: ReadonlySet<string>;
  readonly polarity: 'always' | 'never' | undefined;
  /** Amount and unit as they are written, by the unit's stem. */
  readonly limits: ReadonlyMap<string, { readonly amount: string; readonly unit: string }>;
}

const SMALL = new Set(
  (
    'a an the this that these those it its they their them he she you your we our i is are was were be been has have had do does can could may might will would shall ' +
    'must should and or but so if then when whenever of to in on at by for with from into about as within after before not no never always only ever any all every each ' +
    'customer customers caller callers client clients guest guests agent agents please accepted allowed possible permitted date delivery purchase receipt item items product products article articles ' +
    'der die das den dem des ein eine einen einer einem und oder ist sind wird werden kann können darf dürfen muss müssen sie ihr ihre nicht kein keine nie niemals immer nur innerhalb von nach vor ' +
    'kunde kunden anrufer lieferung kauf erhalt für mit auf bei zu im am ' +
    'el la los las un una unos unas y o de del a al en por para con se es son puede pueden debe deben no nunca siempre solo dentro plazo que su sus cliente clientes entrega compra desde'
  ).split(' '),
);
const GENERAL_HEADING =
  /\b(?:step|rule|polic|procedure|information|general|scope|exception|prohibition|escalation|limit|condition|term|detail|note|basic|what|how|dos?\b|don|deadline|time|team|tele|phone|call|staff|say|tell|remember|overview|summary|handling|before|during|after|part|section|appendix|annex|faq|question|answer|additional|other|further|important|main|regel|ablauf|frist|hinweis|auskünft|gespräch|reglas|pasos|información|plazos|equipo)\w*/gi;
const LIMIT =
  /\b(?:within|at most|no later than|up to|at least|innerhalb von|binnen|spätestens nach|höchstens|dentro de(?: los)?|en un plazo de|máximo de?|hasta)\s+(?:the (?:first|last) )?(\d+(?:[.,]\d+)?)\s*(%|\p{L}+)/giu;
const ALIKE = 0.7;

/**
 * Pairs of clauses that cannot both be followed: one orders always what the other forbids, or both set another limit for the
 * same thing. Says nothing where the subjects differ by a word on each side: those are cases.
 */
export function contradictionsIn(
  clauses: readonly { readonly quote: string; readonly summary: string; readonly heading: string }[],
  title: string,
): { quotes: string[]; explanation: string }[] {
  const known = new Set(tokensOf(title).map(stem));
  const read = clauses.map((clause) => readClause(clause, known));
  const found: { quotes: string[]; explanation: string }[] = [];
  for (const [position, one] of read.entries()) {
    for (const other of read.slice(position + 1)) {
      const explanation = conflict(one, other);
      if (explanation !== undefined) found.push({ quotes: [one.quote, other.quote], explanation });
      if (found.length === 50) return found;
    }
  }
  return found;
}

function conflict(one: Read, other: Read): string | undefined {
  if (one.polarity === undefined && one.limits.size === 0) return undefined;
  if (!isSameSubject(one.subject, other.subject) || areCases(one.heading, other.heading)) return undefined;
  if (one.polarity !== undefined && other.polarity !== undefined && one.polarity !== other.polarity) {
    return 'One demands what the other forbids.';
  }
  for (const [key, { amount, unit }] of one.limits) {
    const differing = other.limits.get(key);
    if (differing !== undefined && differing.amount !== amount) {
      return `One says ${amount} ${unit}, the other ${differing.amount} ${differing.unit}.`;
    }
  }
  return undefined;
}

function readClause(
  { quote, summary, heading }: { quote: string; summary: string; heading: string },
  known: ReadonlySet<string>,
): Read {
  const text = plainText(summary);
  const limits = new Map<string, { amount: string; unit: string }>();
  for (const [, amount = '', unit = ''] of text.matchAll(LIMIT)) limits.set(stem(unit.toLowerCase()), { amount, unit });
  const withoutLimits = text.replace(LIMIT, ' ');
  const isNever =
    /\b(?:never|must not|may not|do not|cannot|not allowed|niemals|nie|(?:darf|dürfen)\b.*\bnicht|nunca|no (?:debe|puede|se permite)\w*)\b/i.test(
      text,
    );
  const isAlways = /\b(?:always|must|in every case|immer|stets|muss|müssen|siempre|debe\w*)\b/i.test(text);
  return {
    quote: collapsed(quote),
    subject: new Set(subjectWords(withoutLimits)),
    heading: new Set(subjectWords(heading.replace(GENERAL_HEADING, ' ')).filter((word) => !known.has(word))),
    polarity: isNever ? 'never' : isAlways ? 'always' : undefined,
    limits,
  };
}

const subjectWords = (text: string) =>
  tokensOf(text)
    .filter((token) => !SMALL.has(token))
    .map(stem);

function isSameSubject(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  const shared = [...one].filter((word) => other.has(word)).length;
  if (shared === 0 || (shared < one.size && shared < other.size)) return false;
  return shared / (one.size + other.size - shared) >= ALIKE;
}

/** Two headings that each name something of their own. */
const areCases = (one: ReadonlySet<string>, other: ReadonlySet<string>) =>
  [...one].some((word) => !other.has(word)) && [...other].some((word) => !one.has(word));
