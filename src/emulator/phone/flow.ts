import { TwilioFault } from './fault.js';
import type { TwimlDocument, Verb } from './verbs.js';

type Of<V extends Verb['verb']> = Extract<Verb, { verb: V }>;
type Fields = Readonly<Record<string, string>>;

/** What TwiML does to a call. Everything that takes time resolves early when the signal aborts (the caller hung up). */
export interface FlowHost {
  readonly signal: AbortSignal;
  /** A verb begins. */
  enter(verb: string): void;
  speak(text: string): Promise<void>;
  pause(forMs: number): Promise<void>;
  /** Opens the stream and resolves when it is over; to false when it could not be opened. */
  connect(verb: Of<'Connect'>, document: TwimlDocument): Promise<boolean>;
  /** The fields that the dial action is told. */
  dial(verb: Of<'Dial'>, document: TwimlDocument): Promise<Fields>;
  /** The fields that the record action is told. */
  record(verb: Of<'Record'>): Promise<Fields>;
  /** The keys pressed, if any. */
  gather(verb: Of<'Gather'>): Promise<string>;
  start(verb: Of<'Start'>, document: TwimlDocument): void;
  /** Asks for the next document. Rejects with a `TwilioFault` that names its address. */
  fetch(url: string, method: 'GET' | 'POST', fields: Fields): Promise<TwimlDocument>;
  /** Asks for another document in place of the one at `errorUrl`. Rejects with the same fault when there is none. */
  fallBack(fault: unknown, errorUrl: string): Promise<TwimlDocument>;
}

type Step = { at: 'next-verb' } | { at: 'next-document'; document: TwimlDocument } | { at: 'end' };

const DOCUMENT_LIMIT = 100;

/**
 * Runs TwiML from document to document until it hangs up, runs out of verbs, or the caller hangs up. Where one
 * cannot be had or carried out, the fallback has its place; rejects with `TwilioFault` when there is none. Source: Twilio, TwiML
 * for Programmable Voice; Availability and Reliability.
 */
export async function runFlow(first: TwimlDocument, host: FlowHost): Promise<void> {
  let document = first;
  for (let count = 1; count <= DOCUMENT_LIMIT; count++) {
    let step: Step = { at: 'end' };
    for (const verb of document.verbs) {
      if (host.signal.aborted) return;
      host.enter(verb.verb);
      try {
        step = await runVerb(verb, document, host);
      } catch (fault) {
        const errorUrl = fault instanceof TwilioFault ? fault.url : undefined;
        step = { at: 'next-document', document: await host.fallBack(fault, errorUrl ?? document.url) };
      }
      if (step.at !== 'next-verb') break;
    }
    if (step.at !== 'next-document') return;
    document = step.document;
  }
  throw new TwilioFault(12100, `more than ${DOCUMENT_LIMIT} TwiML documents in one call`);
}

async function runVerb(verb: Verb, document: TwimlDocument, host: FlowHost): Promise<Step> {
  switch (verb.verb) {
    case 'Say':
    case 'Play':
    case 'Pause':
      await prompt(verb, host);
      return { at: 'next-verb' };
    case 'Connect':
      // The action is for a stream that has been; without one the next verb comes.
      if (!(await host.connect(verb, document))) return { at: 'next-verb' };
      return follow(verb, document, host, {});
    case 'Dial':
      return follow(verb, document, host, await host.dial(verb, document));
    case 'Record': {
      const fields = await host.record(verb);
      return follow({ action: document.url, ...verb }, document, host, fields);
    }
    case 'Gather': {
      const digits = await host.gather(verb);
      if (digits === '') return { at: 'next-verb' };
      return follow({ action: document.url, ...verb }, document, host, { Digits: digits });
    }
    case 'Redirect':
      return follow({ action: verb.url === '' ? document.url : verb.url, method: verb.method }, document, host, {});
    case 'Refer':
      throw new TwilioFault(32_210, '<Refer> of a call that did not come over SIP');
    case 'Start':
      host.start(verb, document);
      return { at: 'next-verb' };
    case 'Reject':
    case 'Hangup':
      return { at: 'end' };
    default:
      return verb satisfies never;
  }
}

/** Says, plays or pauses; also inside `<Gather>`. */
export async function prompt(verb: Verb, host: Pick<FlowHost, 'signal' | 'speak' | 'pause'>): Promise<void> {
  if (verb.verb === 'Pause') return host.pause(verb.forMs);
  if (verb.verb !== 'Say' && verb.verb !== 'Play') return;
  const words = verb.verb === 'Say' ? verb.text : `(plays ${verb.url})`;
  for (let time = 0; time < Math.max(1, verb.times) && !host.signal.aborted; time++) await host.speak(words);
}

async function follow(
  { action, method }: { action?: string; method: 'GET' | 'POST' },
  document: TwimlDocument,
  host: FlowHost,
  fields: Fields,
): Promise<Step> {
  if (host.signal.aborted) return { at: 'end' };
  if (action === undefined) return { at: 'next-verb' };
  return { at: 'next-document', document: await host.fetch(absoluteUrl(action, document.url), method, fields) };
}

/** Relative URLs of a document count from where it came. */
export function absoluteUrl(url: string, documentUrl: string): string {
  if (/^[a-z]+:\/\//i.test(url)) return url;
  if (!URL.canParse(url, documentUrl)) throw new TwilioFault(11100, `malformed URL ${url}`);
  return new URL(url, documentUrl).href;
}
