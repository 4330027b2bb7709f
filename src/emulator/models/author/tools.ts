import { asciiOf } from './ascii.js';
import { conditionOf } from './kinds.js';
import { parametersOf } from './parameters.js';
import type { Parameter } from './types.js';
import { plainText } from './words.js';

/** Something to be done that words alone do not do. */
export interface Action {
  /** Of the tool: verb and object in snake case. */
  readonly name: string;
  /** "look up the order" */
  readonly words: string;
  readonly parameters: readonly Parameter[];
}

/** Verbs that a system of the business has to do, as names of tools have them. */
const VERBS: Readonly<Record<string, string>> = Object.fromEntries(
  (
    'look up,search for,search,check for,find,retrieve,pull up,check,verify,validate,book,reserve,schedule,reschedule,move,postpone,cancel,create,open,log,record,register,enter,' +
    'issue,send,email,update,change,correct,submit,process,start,place,order,renew,extend,refill,dispatch,report,file,note,raise,arrange,generate,print,' +
    'refund,credit,apply,add,remove,delete,reset,block,unlock,lock,activate,deactivate,run,waive,assign,notify,release,replace,capture,save,calculate,page,request,prepare,restart,rebook,flag,set up,charge,document'
  )
    .split(',')
    .map((verb) => [verb, verb === 'check for' ? 'check' : verb.replace(/ /g, '_')]),
);

const FOREIGN: readonly (readonly [RegExp, string])[] = [
  [/(?:schlagen|suchen) Sie (.+?)(?: nach| heraus)?(?=[.,;]|$)/i, 'look_up'],
  [/(?:prüfen|überprüfen|kontrollieren) Sie ([^.,;]+)/i, 'check'],
  [/(?:buchen|reservieren|vereinbaren) Sie ([^.,;]+)/i, 'book'],
  [/(?:stornieren) Sie ([^.,;]+)/i, 'cancel'],
  [/(?:legen|erstellen|eröffnen) Sie ([^.,;]+?)(?: an)?(?=[.,;]|$)/i, 'create'],
  [/(?:erfassen|notieren|registrieren|vermerken) Sie ([^.,;]+)/i, 'record'],
  [/(?:senden|schicken) Sie ([^.,;]+)/i, 'send'],
  [/(?:ändern|aktualisieren) Sie ([^.,;]+)/i, 'update'],
  [/\b(?:busque|localice|consulte) ([^.,;]+)/i, 'look_up'],
  [/\b(?:compruebe|verifique|revise) ([^.,;]+)/i, 'check'],
  [/\b(?:reserve|programe|agende) ([^.,;]+)/i, 'book'],
  [/\b(?:cancele|anule) ([^.,;]+)/i, 'cancel'],
  [/\b(?:cree|abra|genere) ([^.,;]+)/i, 'create'],
  [/\b(?:registre|anote|apunte) ([^.,;]+)/i, 'record'],
  [/\b(?:envíe|mande) ([^.,;]+)/i, 'send'],
  [/\b(?:actualice|modifique|cambie) ([^.,;]+)/i, 'update'],
];

const VERB_AT =
  /(?:^\W*|[,;:.]\s+(?:then\s+|and\s+|or\s+)?|\b(?:then|and)\s+(?:then\s+)?)(?:please\s+|always\s+|first,?\s+|next,?\s+|finally,?\s+|immediately\s+|also\s+)*(look up|search for|check for|pull up|set up|[a-z][a-z-]*)\s+([^.,;:()]+)/gi;
const DETERMINERS = new Set(
  "the a an this that their his her its any each every all your our new one another it's such relevant correct right".split(
    ' ',
  ),
);
const OTHERS = new Set(
  "caller customer client guest patient resident member tenant them him her caller's customer's client's guest's patient's resident's member's tenant's".split(
    ' ',
  ),
);
const DE_ES = new Set(
  'den die das der dem des ein eine einen einem einer ihre ihren ihr seine el la los las un una unos unas su sus del al'.split(
    ' ',
  ),
);
const NO_OBJECT = new Set(
  (
    'for by in on with to from at of within under using via as before after until unless if when and or but that which who whether how what why where it them they him her is are was were has have can will must should may ' +
    'again back up out off through into about against per than then not only so either both because during without first once immediately together now ' +
    'für mit von zu im in am an auf aus bei nach und oder ob dass wenn sowie anhand unter de del en con por para y o si que a al según mediante'
  ).split(' '),
);
/** Nouns, too: only with an article after them are they verbs. */
const NOUNS = new Set(
  'order book report note record file request refund refill credit place schedule change charge process start issue page credit move raise document email run block lock print reserve update release'.split(
    ' ',
  ),
);
const MOST_ACTIONS = 2;

/** What a clause wants done, in its order; at most two. */
export function actionsOf(quote: string): Action[] {
  const text = plainText(quote);
  const inEnglish = english(text);
  const found = inEnglish.length > 0 ? inEnglish : foreign(text);
  const unique = found.filter(({ name }, position) => found.findIndex((other) => other.name === name) === position);
  return unique.slice(0, MOST_ACTIONS);
}

function english(text: string): Action[] {
  const { condition, main } = conditionOf(text);
  const actions: Action[] = [];
  VERB_AT.lastIndex = 0;
  for (let match = VERB_AT.exec(main); match; match = VERB_AT.exec(main)) {
    const [all, said = '', rest = ''] = match;
    // The next verb may stand in what follows this one.
    VERB_AT.lastIndex = match.index + all.length - rest.length - 1;
    const verb = VERBS[said.toLowerCase()];
    if (verb === undefined) continue;
    const words = rest.split(/\s+/);
    if (NOUNS.has(said.toLowerCase()) && !DETERMINERS.has((words[0] ?? '').toLowerCase())) continue;
    const object = objectOf(words, DETERMINERS);
    if (object.length === 0) continue;
    actions.push(action(verb, object, `${said.toLowerCase()} the ${object.join(' ')}`, main, condition));
  }
  return actions;
}

function foreign(text: string): Action[] {
  return FOREIGN.flatMap(([pattern, verb]) => {
    const match = pattern.exec(text);
    if (!match) return [];
    const [all, rest = ''] = match;
    const before = text.slice(0, match.index).trim();
    if (!/^$|[,;:.]$|\b(?:und|dann|y|luego)$/i.test(before)) return [];
    const words = rest.split(/\s+/);
    const object = objectOf(words, DE_ES);
    return object.length === 0 || !DE_ES.has((words[0] ?? '').toLowerCase()) ? [] : [action(verb, object, all, text)];
  });
}

function action(verb: string, object: readonly string[], words: string, text: string, condition = ''): Action {
  const name = `${verb}_${object.map(asciiOf).filter(Boolean).join('_')}`.slice(0, 60).replace(/_+$/, '');
  return { name, words, parameters: parametersOf(text, condition, name) };
}

/** The noun with what stands before it, at most three words, without articles and persons. */
function objectOf(words: readonly string[], articles: ReadonlySet<string>): string[] {
  const object: string[] = [];
  for (const word of words) {
    const plain = word.toLowerCase().replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '');
    if (articles.has(plain) || OTHERS.has(plain)) {
      // "send the customer a confirmation": what was found before an article was somebody, not something.
      if (object.length > 0) break;
      continue;
    }
    if (plain === '' || NO_OBJECT.has(plain)) break;
    object.push(plain);
  }
  return object.slice(0, 3);
}
