import { isObject } from '../../aws/json.js';
import type { ConverseRequest, ConverseScript } from '../converse.js';
import { type Spoken, spokenLanguage } from './language.js';
import { labelOf, valueKindOf } from './parameters.js';
import { PHRASES } from './phrases.js';
import { type PromptClause, type ReadPrompt, readPrompt } from './prompt.js';
import { topicOf } from './speech.js';
import { valuesIn } from './values.js';
import { type Bag, bagOf, likeness, rarity, stem, tokensOf, type Weight } from './words.js';

interface Tool {
  readonly name: string;
  readonly fields: readonly string[];
  readonly required: readonly string[];
}

type Values = Readonly<Record<string, string | number>>;

/** What the caller is being asked for. */
interface Pending {
  readonly tools: readonly Tool[];
  readonly values: Values;
}

type Act =
  | { readonly does: 'say'; readonly text: string }
  | { readonly does: 'call'; readonly calls: readonly { readonly name: string; readonly input: Values }[] }
  | { readonly does: 'transfer'; readonly reason: string }
  | { readonly does: 'end' };

interface Turn {
  readonly act: Act;
  readonly pending?: Pending;
}

const TRANSFER = /^(?:transfer_to_human|transfer\w*|handoff\w*|hand_off\w*|escalate\w*)$/;
const END = /^(?:end_call|hang_up)$/;
/** A tool that takes the matter as a whole, in words. */
const WHOLE = /^(?:prompt|question|request|input)$/;
/** A sentence about the procedure, not of it. */
const ABOUT_ITSELF =
  /^\W*(?:this|the) (?:procedure|document|guide|policy|sop|line|manual|aim|purpose|goal)\b|^\W*(?:diese|este|esta)\w* /i;
/** Said at both ends of every call. */
const CEREMONY =
  /^\W*(?:greet|welcome|thank|say (?:goodbye|thank)|wish|repeat|begrüßen|verabschieden|salude|despídase|agradezca)\b/i;
const QUESTION =
  /\b(?:how (?:long|much|many|often)|when|where|what|which|wie (?:lange|viel)|wann|wo|was|cuándo|cuánto|dónde|qué)\b/i;
/** Wants something done, and not only to know. */
const WISH =
  /\b(?:i|we) (?:want|need|would like|have|wish) to\b|\bi'd like to\b|\b(?:can|could|would|will) you\b|\bplease\b/i;
/** Less alike than that, nothing of the procedure is meant. */
const LEAST = 0.2;
/** From here on it is this clause and no other. */
const CERTAIN = 0.9;
/** What makes a clause more likely never makes it certain. */
const UNSURE = 0.89;

/** A prompt, and what its clauses are found by. */
export interface Brief {
  readonly prompt: ReadPrompt;
  readonly bags: readonly Bag[];
  /** Of each clause, the parts that are alternatives: "a lawyer, a court or a newspaper". */
  readonly triggers: readonly (readonly Bag[])[];
  readonly weight: Weight;
}

export function briefOf(system: string): Brief {
  const prompt = readPrompt(system);
  const bags = prompt.clauses.map((clause) => bagOf(topicOf(clause)));
  const triggers = prompt.clauses.map((clause) =>
    topicOf(clause)
      .split(/,\s+|;|\s(?:or|oder|o)\s/)
      .map(bagOf)
      .filter(({ size }) => size > 0),
  );
  return { prompt, bags, triggers, weight: rarity(bags) };
}

/**
 * Plays the agent: finds the clause that the caller's last line is about, and follows it. What was said before is gone
 * through line by line in the same way, so that the same conversation has the same answer.
 */
export function playAgent(request: ConverseRequest, brief: Brief): ConverseScript {
  const { prompt } = brief;
  const agent = new Agent(brief, toolsIn(request));
  const lines = request.messages.filter(({ role }) => role === 'user').flatMap(({ content }) => textIn(content) ?? []);
  let turn: Turn = { act: { does: 'say', text: agent.phrases.unsure(prompt.title) } };
  for (const line of lines) turn = agent.answer(line, turn.pending);
  const results = (request.messages.at(-1)?.content ?? []).flatMap(({ toolResult }) =>
    isObject(toolResult) ? [toolResult] : [],
  );
  return results.length > 0 ? { text: agent.afterwards(turn.act, results) } : agent.script(turn.act);
}

class Agent {
  readonly phrases: (typeof PHRASES)[Spoken];
  private readonly prompt: ReadPrompt;
  private readonly tools: readonly Tool[];
  private readonly bags: readonly Bag[];
  private readonly triggers: Brief['triggers'];
  private readonly weight: Weight;

  constructor({ prompt, bags, triggers, weight }: Brief, tools: readonly Tool[]) {
    this.prompt = prompt;
    this.tools = tools;
    this.phrases = PHRASES[spokenLanguage(prompt.language)];
    this.bags = bags;
    this.triggers = triggers;
    this.weight = weight;
  }

  answer(line: string, pending: Pending | undefined): Turn {
    const greeting = /^\W*greet the caller with:? ?"?([^"]+)"?/i.exec(line)?.[1];
    if (greeting !== undefined) return { act: { does: 'say', text: greeting } };
    if (pending) {
      const missing = missingIn(pending);
      const values = valuesIn(line, missing, true);
      const { clause, score } = this.best(withoutLabels(line, pending));
      const isTrigger = clause?.kind === 'escalation' && score >= 0.4;
      if (Object.keys(values).length > 0 && !isTrigger && !this.phrases.person.test(line)) {
        return this.proceed({ ...pending, values: { ...pending.values, ...values } });
      }
      if (score < 0.3 && !this.phrases.person.test(line)) return this.proceed(pending);
    }
    const { clause, score } = this.best(line);
    if (clause && score >= CERTAIN) return this.follow(clause, line);
    if (this.phrases.person.test(line)) return { act: { does: 'transfer', reason: line } };
    if (this.phrases.farewell.test(line)) return { act: { does: 'end' } };
    if (clause && score >= LEAST) return this.follow(clause, line);
    return { act: { does: 'say', text: this.phrases.unsure(this.prompt.title) } };
  }

  script(act: Act): ConverseScript {
    switch (act.does) {
      case 'say':
        return { text: act.text };
      case 'call':
        return { toolUses: act.calls };
      case 'transfer': {
        const name = this.tools.find((tool) => TRANSFER.test(tool.name))?.name;
        return {
          text: this.phrases.transfer,
          ...(name !== undefined && { toolUses: [{ name, input: { reason: act.reason } }] }),
        };
      }
      case 'end': {
        const name = this.tools.find((tool) => END.test(tool.name))?.name;
        return { text: this.phrases.goodbye, ...(name !== undefined && { toolUses: [{ name, input: {} }] }) };
      }
    }
  }

  /** What is said once the tools have answered. */
  afterwards(act: Act, results: readonly Readonly<Record<string, unknown>>[]): string {
    if (act.does === 'transfer') return this.phrases.transfer;
    if (act.does === 'end') return this.phrases.goodbye;
    if (results.some(({ status }) => status === 'error')) return this.phrases.failed;
    const answers = results.flatMap(({ content }) => (Array.isArray(content) ? content : [])).flatMap(wordsOf);
    if (answers.length > 0) return answers.join(' ');
    const values = act.does === 'call' ? Object.assign({}, ...act.calls.map(({ input }) => input)) : {};
    const readBack = Object.entries(values as Values)
      .filter(([, value]) => String(value).length <= 40)
      .map(([name, value]) => `${labelOf(name)}: ${value}`);
    return `${this.phrases.noted}${readBack.length > 0 ? ` ${readBack.join(', ')}.` : ''} ${this.phrases.more}`;
  }

  private follow(clause: PromptClause, line: string): Turn {
    if (clause.kind === 'escalation') return { act: { does: 'transfer', reason: line } };
    if (clause.kind === 'prohibition') return { act: { does: 'say', text: clause.say } };
    const tools = clause.tools.flatMap((name) => this.tools.find((tool) => tool.name === name) ?? []);
    if (tools.length > 0) {
      const values = valuesIn(line, [...new Set(tools.flatMap(({ fields }) => fields))]);
      return this.proceed({ tools, values });
    }
    const whole = this.tools.find(
      ({ fields, required }) => required.length <= 1 && fields.some((field) => WHOLE.test(field)),
    );
    const field = whole?.fields.find((name) => WHOLE.test(name));
    if (whole && field !== undefined)
      return { act: { does: 'call', calls: [{ name: whole.name, input: { [field]: line } }] } };
    return { act: { does: 'say', text: clause.say } };
  }

  /** Calls the tools when nothing is missing, else asks for it. */
  private proceed(pending: Pending): Turn {
    const missing = missingIn(pending);
    if (missing.length > 0)
      return { act: { does: 'say', text: this.phrases.ask(missing.map(labelOf).join(', ')) }, pending };
    const calls = pending.tools.map(({ name, fields }) => ({
      name,
      input: Object.fromEntries(Object.entries(pending.values).filter(([field]) => fields.includes(field))),
    }));
    return { act: { does: 'call', calls } };
  }

  private best(line: string): { clause?: PromptClause; score: number } {
    const said = bagOf(line);
    const scored = this.prompt.clauses.map((clause, position) => {
      const { score, shared } = this.scoreOf(said, this.bags[position]!);
      if (score >= CERTAIN || score === 0) return { clause, score };
      // One word in common may be chance; with an escalation it counts how much of its trigger was said.
      if (clause.kind === 'escalation') {
        const isMet = this.triggers[position]!.some((trigger) => this.coverage(said, trigger) >= 0.5);
        return { clause, score: isMet ? score : 0 };
      }
      const doubt = shared >= Math.min(2, this.bags[position]!.size) ? 1 : 0.5;
      return { clause, score: Math.min(UNSURE, score * doubt * this.leaning(clause, line)) };
    });
    scored.sort((one, other) => other.score - one.score);
    const [first] = scored;
    if (!first) return { score: 0 };
    if (first.score >= CERTAIN) return first;
    // In doubt it is what must not be missed.
    const serious = scored.find(({ clause }) => clause.kind === 'escalation') ?? first;
    return serious.score >= Math.max(0.3, first.score * 0.75) ? serious : first;
  }

  /** Rather a step whose tool gets what it needs; rather not what only tells what the procedure is. */
  private leaning({ quote, kind, tools }: PromptClause, line: string): number {
    if (kind === 'information' && ABOUT_ITSELF.test(quote)) return 0.6;
    if (kind === 'step' && CEREMONY.test(quote)) return 0.5;
    if (QUESTION.test(line) && !WISH.test(line) && (kind === 'rule' || kind === 'information')) return 1.4;
    const wish = !WISH.test(line) ? 1 : kind === 'step' ? 1.5 : kind === 'information' ? 0.7 : 1;
    const needs = tools.flatMap((name) => this.tools.find((tool) => tool.name === name)?.required ?? []);
    const exact = needs.filter((name) => valueKindOf(name) !== 'words');
    return exact.length > 0 && Object.keys(valuesIn(line, exact)).length > 0 ? wish * 1.5 : wish;
  }

  /** Half how alike both are, half how much of the line the clause has; 1 for its very words. */
  private scoreOf(said: Bag, clause: Bag): { score: number; shared: number } {
    const shared = [...said.keys()].filter((word) => clause.has(word)).length;
    if (shared === 0) return { score: 0, shared };
    return { score: (likeness(said, clause, this.weight) + this.coverage(clause, said)) / 2, shared };
  }

  /** How much of the second has words of the first. */
  private coverage(words: Bag, covered: Bag): number {
    let [all, known] = [0, 0];
    for (const [word, count] of covered) {
      all += this.weight(word) * count;
      if (words.has(word)) known += this.weight(word) * count;
    }
    return all === 0 ? 0 : known / all;
  }
}

function missingIn({ tools, values }: Pending): string[] {
  return [...new Set(tools.flatMap(({ required }) => required))].filter((name) => !(name in values));
}

/** The line without the names of what it was asked for: they are no subject of their own. */
function withoutLabels(line: string, { tools }: Pending): string {
  const labels = new Set(tools.flatMap(({ fields }) => fields.flatMap((name) => name.split('_'))).map(stem));
  return tokensOf(line)
    .filter((token) => !labels.has(stem(token)) && !/\p{N}/u.test(token))
    .join(' ');
}

function toolsIn({ body }: ConverseRequest): Tool[] {
  const { tools } = isObject(body.toolConfig) ? body.toolConfig : {};
  return (Array.isArray(tools) ? tools : []).flatMap((tool: unknown) => {
    const spec = isObject(tool) && isObject(tool.toolSpec) ? tool.toolSpec : undefined;
    if (!spec) return [];
    const schema = isObject(spec.inputSchema) && isObject(spec.inputSchema.json) ? spec.inputSchema.json : {};
    const fields = Object.keys(isObject(schema.properties) ? schema.properties : {});
    const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
    return [{ name: String(spec.name), fields, required }];
  });
}

/** The words of a message, without results of tools. */
function textIn(content: readonly Readonly<Record<string, unknown>>[]): string | undefined {
  const texts = content.flatMap(({ text }) => (typeof text === 'string' ? [text] : []));
  return texts.length > 0 ? texts.join(' ') : undefined;
}

/** What a result says in words that can be repeated. */
function wordsOf(block: unknown): string[] {
  if (!isObject(block)) return [];
  if (typeof block.text === 'string') return [block.text];
  const { result, answer, message, reason } = isObject(block.json) ? block.json : {};
  return [result, answer, message, reason].filter((value) => typeof value === 'string').slice(0, 1) as string[];
}
