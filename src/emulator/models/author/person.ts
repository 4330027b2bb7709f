/** Whom procedures talk about: who calls. */
export const ROLE =
  'customer|passenger|subscriber|applicant|user|caller|client|guest|patient|resident|tenant|member|visitor';

const ONE = `(?:the|an?|any|every|each|this) (?:${ROLE})`;
const ANY_ROLE = new RegExp(`\\b(?:${ROLE})s?\\b`, 'i');
const WHO = new RegExp(`^(?:the |all |any )?(?:${ROLE})s who `, 'i');
const BEFORE_MODAL = new RegExp(`\\b${ONE} (?=(?:will|would|can|could|cannot|may|must|should|did|had)\\b)`, 'gi');
const OF_ONE = new RegExp(`\\bthe ((?:[\\w-]+ ){0,2}?[\\w-]+) of ${ONE}\\b`, 'gi');
const OWNER = new RegExp(`\\b(?:${ONE}|${ROLE})(?:'s|s')(?=\\s)`, 'gi');
const WITH_VERB = new RegExp(`\\b${ONE} ([a-z]+s)\\b(?!')`, 'gi');
const FIRST = new RegExp(
  `^(?:(?:the |all )?(?:${ROLE})s|${ONE}) (?=(?:may|can|must|should|will|cannot|are|have|need|want|do|did|were|also|never|always)\\b)`,
  'i',
);
const SINGLE = new RegExp(
  `\\b${ONE}\\b(?! (?:of|care|service|id|number|name|account|area|room|record|portal|cent))`,
  'gi',
);
const MANY = new RegExp(`\\b(for|to|with|from|by) (?:the )?(?:${ROLE})s\\b(?! (?:of|who|with|under|over)\\b)`, 'gi');

interface Person {
  readonly I: string;
  readonly me: string;
  readonly my: string;
  readonly am: string;
  readonly was: string;
}
const SPEAKING: Person = { I: 'I', me: 'me', my: 'my', am: 'am', was: 'was' };
const SPOKEN_TO: Person = { I: 'you', me: 'you', my: 'your', am: 'are', was: 'were' };

/** The words of a procedure as the caller says them of themselves. */
export function asCaller(text: string): string {
  return inPerson(text, SPEAKING, true)
    .replace(/^me (?=[a-z]+\b)/, 'I ')
    .replace(/\bI are\b/g, 'I am')
    .replace(/\bI were\b/g, 'I was');
}

/** The words of a procedure as they are said to the caller; with `isTheirs`, "their" is always the caller's. */
export function toCaller(text: string, isTheirs = false): string {
  const said = inPerson(text, SPOKEN_TO, isTheirs);
  return /^\p{Lu}/u.test(text) ? said.charAt(0).toUpperCase() + said.slice(1) : said;
}

function inPerson(text: string, { I, me, my, am, was }: Person, isTheirs: boolean): string {
  if (!ANY_ROLE.test(text)) return isTheirs ? text.replace(/\btheir\b/gi, my) : text;
  const changed = text
    .replace(WHO, `${I} `)
    .replace(BEFORE_MODAL, `${I} `)
    .replace(OF_ONE, `${my} $1`)
    .replace(OWNER, my)
    .replace(WITH_VERB, (_, verb: string) => `${I} ${baseOf(verb, am, was)}`)
    .replace(FIRST, `${I} `)
    .replace(SINGLE, me)
    .replace(MANY, `$1 ${me}`)
    .replace(/\btheir\b/gi, my)
    .replace(/\bthem\b/gi, me)
    .replace(/\bthemselves\b/gi, `${my}self`)
    .replace(/\bthey are\b/gi, `${I} ${am}`)
    .replace(/\bthey\b/gi, I);
  // "asks for a person and wants to complain": the second verb is the caller's, too.
  return changed.replace(
    /\b(and|or) ([a-z]+s) (?=to |for |about |an? |the )/g,
    (_, joint: string, verb: string) => `${joint} ${baseOf(verb, am, was)} `,
  );
}

function baseOf(verb: string, am: string, was: string): string {
  const word = verb.toLowerCase();
  const irregular: Readonly<Record<string, string>> = { is: am, was, has: 'have', does: 'do', goes: 'go' };
  return (
    irregular[word] ??
    word
      .replace(/ies$/, 'y')
      .replace(/(ss|sh|ch|x|zz)es$/, '$1')
      .replace(/([^s])s$/, '$1')
  );
}
