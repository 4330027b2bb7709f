import { conditionOf, isOrder, ordersOf, triggerOf } from './kinds.js';
import { spokenLanguage } from './language.js';
import { asCaller, ROLE, toCaller } from './person.js';
import { PHRASES } from './phrases.js';
import { sentencesOf } from './sop.js';
import type { Clause } from './types.js';
import { bagOf, collapsed, isStopWord, plainText, shortened } from './words.js';

/** A caller's line holds 600 characters; this leaves room for what is put around the words of a clause. */
const LONGEST_TOPIC = 480;
const LONGEST_SAID = 900;

/** What a clause is about, as both callers and agents find it: its words, or its trigger. */
export function topicOf({ quote, kind }: Pick<Clause, 'quote' | 'kind'>): string {
  const text = plainText(quote.replace(/^\|/, '').replace(/\|/g, ' '));
  return shortened(kind === 'escalation' ? triggerOf(text) : text, LONGEST_TOPIC);
}

/** What the agent says when a caller has come to this clause. */
export function sayOf({ summary, kind }: Pick<Clause, 'summary' | 'kind'>, language: string): string {
  const spoken = spokenLanguage(language);
  const text = plainText(summary);
  if (kind === 'escalation') return PHRASES[spoken].transfer;
  if (kind === 'prohibition')
    return shortened(language === 'en' ? refusal(text) : PHRASES[spoken].sorry(text), LONGEST_SAID);
  if (language !== 'en') return shortened(spoken === 'de' ? inFirstPerson(text) : text, LONGEST_SAID);
  const sentences = sentencesOf(text).map(({ start, end }) => sentenceToCaller(text.slice(start, end)));
  return shortened(sentences.join(' '), LONGEST_SAID);
}

/** "Prüfen Sie den Kalender": "Ich prüfe den Kalender". */
function inFirstPerson(text: string): string {
  return text
    .replace(
      /(^|[.!?]\s+)(\p{Lu}\p{L}*?)e?n Sie(?= )/gu,
      (_, start: string, verb: string) => `${start}Ich ${verb.toLowerCase()}e`,
    )
    .replace(/ und (\p{Ll}\p{L}*?)en Sie(?= )/gu, ' und $1e')
    .replace(/, (\p{Ll}\p{L}*?)en Sie(?= )/gu, ', $1e ich');
}

/** How a caller comes to this clause: in its own words, with nothing but stop words around them. */
export function lineOf(clause: Pick<Clause, 'quote' | 'kind'>, language: string): string {
  const topic = topicOf(clause);
  const generic = PHRASES[spokenLanguage(language)].about(topic);
  if (language !== 'en') return generic;
  const line = english(topic, clause.kind);
  const [said, meant] = [bagOf(line), bagOf(topic)];
  const isSame = said.size === meant.size && [...meant].every(([word, count]) => said.get(word) === count);
  return isSame && line.length <= 600 ? line : generic;
}

/** Six words of what is said, those with the most to say; the last of several. */
export function fragmentOf(said: string): string {
  const words = said.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const isTelling = (word: string) => !isStopWord(word.toLowerCase().replace(/[^\p{L}\p{N}']/gu, ''));
  let best = { at: 0, count: -1 };
  for (let at = 0; at === 0 || at + 6 <= words.length; at += 1) {
    const count = words.slice(at, at + 6).filter(isTelling).length;
    if (count >= best.count) best = { at, count };
  }
  return words
    .slice(best.at, best.at + 6)
    .join(' ')
    .replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '');
}

function english(topic: string, kind: Clause['kind']): string {
  const bare = topic.replace(/[.;:]+$/, '');
  if (kind === 'escalation') return escalationLine(bare);
  if (sentencesOf(topic).length > 1) return PHRASES.en.about(topic);
  if (kind === 'prohibition') {
    const what = forbidden(bare);
    if (what !== undefined) return `Can you ${asCaller(what)}?`;
    return GERUND.test(bare) ? `Can you help me with ${asCaller(small(bare))}?` : PHRASES.en.about(topic);
  }
  const { condition, main } = conditionOf(bare);
  const isNamed = !/[.!?]$/.test(topic) && topic.split(' ').length <= 5;
  if (condition === '' && isNamed && !isOrder(main)) return PHRASES.en.about(topic);
  const given = condition === '' ? '' : `${statementOf(condition)}. `;
  if (isOrder(main))
    return `${given}Could you ${asCaller(small(main.replace(/^(?:always|please|then|also|now),? /i, '')))}?`;
  return `${given}Is it right that ${asCaller(small(main))}?`;
}

function statementOf(condition: string): string {
  if (/^to /i.test(condition)) return `I want ${small(asCaller(condition))}`;
  if (/^(?:for|in case of) /i.test(condition)) return `It is about ${small(asCaller(withoutIf(condition)))}`;
  return capital(asCaller(withoutIf(condition)));
}

function escalationLine(trigger: string): string {
  const text = asCaller(withoutIf(trigger)).replace(
    /^I (?:mention|say that|say|report|state|talk about) (?=an? |the |my |his |her )/,
    'I want to talk about ',
  );
  if (/^I\b/.test(text)) return `${text}.`;
  const hasVerb =
    /\b(?:is|are|am|was|were|has|have|had|can|cannot|does|do|did|will|would|must|may)\b|^(?:somebody|someone|anybody|anyone|nobody|it|this|(?:the|an?|my) \w+) \w+s\b/i.test(
      text,
    );
  return hasVerb ? `I am calling because ${small(text)}.` : `I am calling about this: ${text}.`;
}

function sentenceToCaller(sentence: string): string {
  const { condition, main } = conditionOf(sentence);
  const orders = isOrder(main) ? ordersOf(main.replace(/[.;:]+$/, '')) : [];
  const said = orders.length === 0 ? toCaller(main) : orders.map(orderToCaller).map(ended).join(' ');
  return ended(condition === '' ? said : `${toCaller(condition)}, ${small(said)}`);
}

const ended = (sentence: string) => capital(/[.!?]["”’)]?$/.test(sentence) ? sentence : `${sentence}.`);

const WHO = `(?:(?:the |each |every )?(?:${ROLE})s? |them |him or her )`;
const order = (pattern: string) => new RegExp(`^${pattern}(\\S.*)$`, 'is');
const ORDERS = {
  please: order(`(?:ask|tell|advise|instruct|remind|invite) ${WHO}to (?!say |tell )`),
  fact: order(
    `(?:(?:tell|inform|remind|advise|assure|warn) ${WHO}(?:that )?|(?:explain|say|state|make clear|mention|point out) that )`,
  ),
  whether: order(`ask ${WHO}?(?=(?:whether|if|which|what|when|where|how|who) )`),
  asked: order(`(?:ask|request) ${WHO}?(?:for |about )?`),
  offered: order(`offer ${WHO}?`),
};

/** What an order to the agent makes it say. */
function orderToCaller(given: string): string {
  const text = given.replace(/^(?:please|first|then|next|finally|always|now|also),?\s+/i, '');
  const match = (name: keyof typeof ORDERS) => ORDERS[name].exec(text)?.[1];
  const you = (words: string) => toCaller(words, true);
  const please = match('please');
  if (please !== undefined) return `Please ${you(please).replace(/(,| and) to (?=[a-z])/g, '$1 ')}`;
  const fact = match('fact');
  if (fact !== undefined) {
    const isAbout =
      /^(?:about|of|whether|how|why|what|when|where|the) /i.test(fact) && !/ that /i.test(text.slice(0, -fact.length));
    return isAbout ? `Let me tell you ${you(fact)}` : capital(you(asSpeaker(fact)));
  }
  const whether = match('whether');
  if (whether !== undefined) return `Could you tell me ${you(whether)}, please?`;
  if (/^(?:ask|request)\b.* (?:for|about)$/i.test(text)) return 'Could you give me some details, please?';
  const asked = match('asked');
  if (asked !== undefined) return `Could you tell me ${you(asked).replace(/^(?:the|a|an)\b/, 'your')}, please?`;
  const offered = match('offered');
  if (offered !== undefined) return `I can offer you ${you(offered)}`;
  return `I will ${small(you(text))}`;
}

/** "Say that you can help": there the agent is "you". */
const asSpeaker = (fact: string) =>
  fact
    .replace(/\byou are\b/gi, 'I am')
    .replace(/\byou\b/gi, 'I')
    .replace(/\byour\b/gi, 'my');

/** "Waiving a fine": what is done, not an order. */
const GERUND = /^\W*\p{Lu}?[\p{L}-]+ing\b(?! (?:is|are|must|may|can)\b)/u;

function refusal(text: string): string {
  const [{ start, end } = { start: 0, end: text.length }] = sentencesOf(text);
  const sentence = text.slice(start, end).replace(/[.;]+$/, '');
  const what = forbidden(sentence);
  if (what === undefined && GERUND.test(sentence)) return `I am sorry, but ${small(sentence)} is not possible.`;
  if (what === undefined) return ended(`I am sorry, I cannot do that. ${capital(toCaller(text))}`);
  return `I am sorry, but I must not ${toCaller(what)}.`;
}

/** What must not be done: "promise a date" of "Never promise a date". */
function forbidden(sentence: string): string | undefined {
  const [, what] =
    /^\W*(?:you |agents? |staff |the agent |we )?(?:must |may |should |shall |can |will |are )?(?:never|do not|don't|not allowed to|not permitted to|not|cannot|refuse to)\s+(?:ever\s+)?(\S.*)$/is.exec(
      sentence,
    ) ?? [];
  if (what !== undefined) return small(what).replace(/,? and (?:never|do not) /gi, ' or ');
  return isOrder(sentence) ? small(sentence) : undefined;
}

const withoutIf = (text: string) =>
  text.replace(
    /^\W*(?:only )?(?:if|when|whenever|once|after|as soon as|where|in case(?: of)?|for|before|unless|until)\s+/i,
    '',
  );

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
/** Small at its beginning, unless that is a name: a capital, and another after it. */
const small = (text: string) =>
  /^\p{Lu}(?:\p{Ll}|\s)/u.test(text) && !/^(?:I\b|\S+ \p{Lu})/u.test(text)
    ? text.charAt(0).toLowerCase() + text.slice(1)
    : text;

/** A summary that can stand alone: what leads to an item, and the item. */
export function summaryOf(quote: string, leadIn: string): string {
  const text = plainText(quote.replace(/^\[[ xX]\]\s+/, ''));
  const cells = text.startsWith('|')
    ? text
        .split('|')
        .map((cell) => cell.trim())
        .filter(Boolean)
        .join(': ')
    : text;
  const lead = plainText(leadIn);
  if (lead === '') return shortened(collapsed(cells), 590);
  const goesOn = /\b(?:if|when|for|about|to|that|wenn|falls|si|cuando|by|with|of|not|never)$/i.test(lead);
  return shortened(`${lead}${goesOn ? '' : ':'} ${small(cells)}`, 590);
}
