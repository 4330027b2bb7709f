import type { ClauseKind } from './types.js';

/** A person, or a place where persons answer, that a call can go to. */
const PERSON =
  '(?:human|person|people|someone|somebody|supervisors?|managers?|colleagues?|agents?|advis[oe]rs?|teams?|specialists?|experts?|pharmacists?|nurses?|doctors?|physicians?|engineers?|technicians?|operators?|representatives?|staff|receptionists?|dispatchers?|officers?|desk|hotline|line|department|office|duty|security|lead|owner|second level|level 2|tier 2|tier two|counsel)';
const CALLER =
  '(?:(?:the|this|your)\\s+)?(?:call(?:er)?|customer|client|guest|patient|resident|tenant|member|them|him|her)s?';

const ESCALATION: readonly RegExp[] = [
  /\bescalat\w*/i,
  new RegExp(`\\b(?:warm[- ])?transfer(?:red|ring)?\\s+(?:${CALLER}|immediately|at once|directly|straight)\\b`, 'i'),
  new RegExp(
    `\\b(?:transfer|hand|put|pass|connect|route|forward|refer|switch)(?:s|red|ring|ing|ed)?\\b[^.;]{0,60}?\\bto\\b[^.;,]{0,40}?\\b${PERSON}\\b`,
    'i',
  ),
  new RegExp(`\\b(?:hand(?:s|ed|ing)?|put(?:s|ting)?)\\s+(?:${CALLER}\\s+)?(?:over|off|through)\\b`, 'i'),
  /\b(?:hand-?over|hand-?off) (?:the call|to)\b/i,
  /\b(?:supervisor|manager|pharmacist|nurse|engineer|specialist|human)\s+(?:must|has to|needs to|decides|handles|takes over|will take over)\b/i,
  /\b(?:weiterleiten|weiterverbinden|durchstellen|übergeben|eskalier\w+|weiterzuleiten|weiterzuverbinden)\b/i,
  /\b(?:leiten|verbinden|stellen|geben) Sie\b[^.;]*\b(?:weiter|durch|ab|mit (?:dem|der|einem|einer)|an (?:die|den|das|eine|einen))\b/i,
  /\b(?:transfier\w*|transferir\w*|escal(?:e|ar|a|ado)\b|derive\b|derivar\b|deriva\b)/i,
  /\b(?:pase|pasar|comunique|comunicar|conecte)\b[^.;]{0,60}\b(?:supervisor\w*|responsable|encargad\w+|persona|agente|compañer\w+|técnic\w+|especialista|médic\w+)\b/i,
];

const PROHIBITION =
  /\b(?:never|(?:do|does|must|may|should|shall|can|will) not|don't|doesn't|mustn't|shouldn't|can't|cannot|won't|not allowed|not permitted|forbidden|prohibited|under no circumstances|no \w+ (?:may|must|can) (?:be\s)?|avoid|refuse|niemals|nie|(?:darf|dürfen|sollen?) (?:\w+ ){0,6}?(?:nicht|kein\w*)|verboten|untersagt|unter keinen umständen|(?:\w+en) Sie (?:\w+ ){0,6}?(?:nicht|kein\w*)\b|nunca|jamás|no debe\w*|no se (?:debe|puede|permite)\w*|prohibid\w+|está prohibido|en ningún caso|bajo ninguna circunstancia)/i;
/** What somebody cannot or does not do is no order to the agent. */
const CONDITION_START =
  /^\W*(?:to(?= \S+ (?:an?|the|their|his|her|this)\b)|(?:only\s)?(?:if|when|whenever|once|after|before|unless|where|for|in case|should|until|as soon as)|wenn|falls|sobald|sofern|bei|nachdem|bevor|si|cuando|en caso de|una vez|antes de|después de)\b/i;

const HEADINGS: readonly (readonly [ClauseKind, RegExp])[] = [
  [
    'escalation',
    /\b(?:escalat\w*|transfer\w*|hand(?:ing)?[- ]?(?:over|off)\w*|supervisor|put(?:ting)? through|eskal\w*|weiterleit\w*|übergabe|escala\w*|derivaci\w*|transferenci\w*)\b/i,
  ],
  [
    'prohibition',
    /\b(?:prohibit\w*|never|forbidden|must not|do not|don'?ts?|not (?:allowed|permitted)|limits of what|verbot\w*|niemals|nicht erlaubt|prohibi\w*|nunca|no permitido)\b/i,
  ],
];

const VERBS = new Set(
  (
    'accept acknowledge activate add adjust advise agree allow answer apologise apologize apply arrange ask assign assist assure attach authorise authorize ' +
    'block book bring calculate call cancel capture change charge check choose clarify close collect comply compare complete confirm connect contact correct count create credit ' +
    'deactivate decide decline deduct delete deliver describe determine direct discuss dispatch document double-check email e-mail end ensure enter establish estimate explain extend ' +
    'file fill find finish flag follow forward fulfil gather generate get give greet guide hand help hold identify include inform inspect instruct introduce invite issue ' +
    'keep leave let listen locate lock log look mail make mark match measure mention move name note notify obtain offer open order pass pause place point postpone prepare print process promise provide pull put ' +
    'quote raise read reassure rebook record refer refill refund refuse register release remind remove renew repeat replace reply report request reschedule reserve reset resolve respond restart retrieve return review route run ' +
    'save say schedule search see select send set share ship show speak start state stay stop store submit suggest summarise summarize switch take tell test text thank transfer treat try unlock update upgrade use validate verify visit waive walk warn welcome wish withdraw work write'
  ).split(' '),
);
/** These are nouns as well. */
const NOUNS = new Set(
  (
    'answer book call change charge check contact count credit delay delivery document email file flag hand help hold invite issue log look mail mark match measure mention move name note offer order ' +
    'pass pause place point process promise quote record refill refund release report request reset return review route run schedule search set share ship show stay stop store switch test text transfer treat try update upgrade use visit walk work'
  ).split(' '),
);
const SUBJECT =
  /^\W*[\p{L}-]+\s+(?!(?:the|an?|their|his|her|it|them|all|any|each|every|whether|what|which|when|where|how|that)\s)(?:[\p{L}-]+\s+){0,2}?(?:is|are|was|were|has|have|can|cannot|may|must|will|should|takes?|begins?|starts?|needs?|costs?|ends?|comes?)\b/iu;
const IMPERATIVE_ES =
  /^(?:abra|acepte|actualice|agende|anule|asegúrese|atienda|avise|conteste|deje|dígale|escuche|lea|llame|mande|modifique|ponga|remita|responda|agradezca|anote|aplique|apunte|ayude|busque|cancele|cambie|compruebe|confirme|consulte|cree|dé|despídase|diga|entregue|envíe|espere|explique|facilite|genere|haga|identifique|indique|informe|inicie|localice|mantenga|ofrezca|pida|pregunte|presente|programe|recoja|recuerde|registre|repita|reserve|reprograme|revise|salude|solicite|tome|tramite|transfiera|utilice|verifique)\b/i;
const IMPERATIVE_DE = /^[\p{L}]+(?:en|n) Sie\b/u;

const RULE =
  /\b(?:must|should|shall|only|always|may|can|at most|at least|within|no later than|up to|required|requires?|needs?|have to|has to|if|when|unless|before|after|muss|müssen|darf|dürfen|nur|immer|innerhalb|spätestens|höchstens|mindestens|wenn|falls|debe\w*|puede\w*|solo|sólo|siempre|dentro de|máximo|mínimo|si|cuando)\b/i;

/** What comes before the comma of a conditional sentence, and what after it. */
export function conditionOf(text: string): { condition: string; main: string } {
  if (!CONDITION_START.test(text)) return { condition: '', main: text };
  const [, condition, main] = /^([^:;]*?),\s+(?:then\s+|dann\s+|entonces\s+)?(\S[\s\S]*)$/.exec(text) ?? [];
  if (condition === undefined || main === undefined) return { condition: '', main: text };
  // A comma within the condition ("if it is late, damaged or lost, transfer…"): the order comes after the last that leads to one.
  const later = /^(.*),\s+(?:then\s+)?(\S[\s\S]*)$/.exec(main);
  if (later?.[1] !== undefined && later[2] !== undefined && !isOrder(main) && isOrder(later[2])) {
    return { condition: `${condition}, ${later[1]}`, main: later[2] };
  }
  return { condition, main };
}

/** Whether the text begins with an order to the agent. */
export function isOrder(text: string): boolean {
  const words = text.replace(
    /^\W*(?:please|first|then|next|finally|always|now|also|politely|briefly|immediately|zuerst|danach|dann|bitte|primero|luego|después|por favor|siempre)\b,?\s*/i,
    '',
  );
  const [first = ''] = /^[\p{L}-]+/u.exec(words.replace(/^[^\p{L}]+/u, '')) ?? [];
  if (IMPERATIVE_DE.test(words) || IMPERATIVE_ES.test(words)) return true;
  const verb = first.toLowerCase();
  if (!VERBS.has(verb)) return false;
  // "Order numbers begin with…", "Refund requests are…": a noun, not an order.
  return !NOUNS.has(verb) || !SUBJECT.test(words);
}

/** What a clause is, by its words and by what stands over it. */
export function kindOf(text: string, heading: string): ClauseKind {
  const { main, condition } = conditionOf(text);
  const forbids = PROHIBITION.exec(main);
  const escalates = ESCALATION.find((pattern) => pattern.test(text));
  if (escalates && !(forbids && isAbout(main, forbids, escalates))) return 'escalation';
  const [byHeading] = HEADINGS.find(([, pattern]) => pattern.test(heading)) ?? [];
  if (byHeading === 'escalation' && !isOrder(main) && !(forbids && isToAgent(main, forbids))) return 'escalation';
  if (byHeading === 'prohibition' && condition === '') return 'prohibition';
  if (forbids && isToAgent(main, forbids)) return 'prohibition';
  if (isOrder(main)) return 'step';
  return RULE.test(text) ? 'rule' : 'information';
}

/** What is forbidden is the handing over itself: "never transfer callers to the warehouse". */
function isAbout(text: string, forbids: RegExpExecArray, escalates: RegExp): boolean {
  const at = escalates.exec(text)?.index;
  const end = forbids.index + forbids[0].length;
  return at !== undefined && at >= forbids.index && !/[,;.]|\bbut\b|\binstead\b|\band\b/i.test(text.slice(end, at));
}

/** Orders are to the agent; "items that cannot be resold" or "if they do not know" are not. */
function isToAgent(main: string, { index, 0: words }: RegExpExecArray): boolean {
  const before = main.slice(0, index).trim();
  if (
    /^(?:never|under no circumstances|avoid|refuse|niemals|nie|nunca|jamás|en ningún caso|bajo ninguna circunstancia)$/i.test(
      words,
    )
  )
    return true;
  if (before !== '' && isOrder(main)) return false;
  if (before === '' || /[,;:.—–]$/.test(before) || /\b(?:and|but|you|agents?|we|staff|please|und|y)$/i.test(before))
    return true;
  return (
    /must|may|allowed|permitted|forbidden|prohibited|darf|dürfen|verboten|untersagt|prohibid|debe|permite|puede|Sie/.test(
      words,
    ) && !/\b(?:which|who|that)\b/i.test(before)
  );
}

/** The way in which an escalation clause says when: its trigger, without the order to hand over. */
export function triggerOf(text: string): string {
  const { condition, main } = conditionOf(text);
  const handsOver = (words: string) => ESCALATION.some((pattern) => pattern.test(words));
  if (condition !== '') return handsOver(main) ? condition : text;
  // "Threats: transfer at once", "callers who … are put through to…", "transfer the call if…"
  const [, before, order] = /^([^:→]+?)\s*(?::|→|->|=>|\s[–—-])\s+(\S[\s\S]*)$/u.exec(text) ?? [];
  if (before !== undefined && order !== undefined && handsOver(order) && !handsOver(before)) return before;
  const [, subject] =
    /^(.+?)\s+(?:is|are|must be|should be|has to be|have to be|will be|get|gets|goes?)\s+(?:always |immediately |then )?(?:transferred|put through|handed|escalated|passed|connected|referred|routed|forwarded|to (?:a|the))\b/i.exec(
      text,
    ) ?? [];
  if (subject !== undefined && !handsOver(subject)) return subject;
  const [, after] =
    /\b(?:if|when|whenever|as soon as|once|in case(?: of)?|wenn|falls|sobald|cuando|en caso de(?: que)?|si)\b\s+(\S[\s\S]*)$/i.exec(
      text,
    ) ?? [];
  return after !== undefined && !handsOver(after) ? after : text;
}

/** The orders of a sentence that gives several: "ask for the number and look up the order". */
export function ordersOf(main: string): string[] {
  const parts: string[] = [];
  let rest = main;
  for (;;) {
    const cut = [...rest.matchAll(/,?\s+(?:and|then|and then)\s+(?=\S)/gi)].find(({ 0: joint, index }) => {
      const after = rest.slice(index + joint.length);
      const [verb = ''] = /^[\p{L}-]+/u.exec(after.toLowerCase()) ?? [];
      return isOrder(after) && (!NOUNS.has(verb) || /^\S+\s+(?:the|an?|their|it|them|up|for)\b/i.test(after));
    });
    if (!cut || !isOrder(rest)) return [...parts, rest];
    parts.push(rest.slice(0, cut.index));
    rest = rest.slice(cut.index + cut[0].length);
  }
}
