import { voiceFields } from './callbacks.js';
import { TwilioFault } from './fault.js';
import { type FlowHost, prompt, runFlow } from './flow.js';
import { KeyQueue } from './keys.js';
import type { Leg } from './leg.js';
import type { Line } from './line.js';
import { waitOn } from './timeline.js';
import { readAnswer } from './twiml.js';
import type { TwimlDocument, Verb } from './verbs.js';

type Of<V extends Verb['verb']> = Extract<Verb, { verb: V }>;
type Fields = Readonly<Record<string, string>>;

export interface Whisper {
  url: string;
  method: 'GET' | 'POST';
  /** Of the person who is told. */
  leg: Leg;
  /** Keys which that person presses when asked. */
  presses: string;
}

/**
 * Runs the TwiML of `<Number url>` on the dialled person's leg. False when it hangs up, so that nobody is put through. Rejects
 * with a `TwilioFault` when it cannot be had. Source: Twilio, TwiML `<Number>`.
 */
export async function runWhisper(whisper: Whisper, line: Line, signal: AbortSignal): Promise<boolean> {
  const host = new WhisperHost(whisper, line, signal);
  await runFlow(await host.fetch(whisper.url, whisper.method, {}), host);
  return host.lastVerb !== 'Hangup';
}

class WhisperHost implements FlowHost {
  readonly signal: AbortSignal;
  lastVerb: string | undefined;
  readonly #whisper: Whisper;
  readonly #line: Line;
  readonly #keys: KeyQueue;

  constructor(whisper: Whisper, line: Line, signal: AbortSignal) {
    this.#whisper = whisper;
    this.#line = line;
    this.signal = signal;
    this.#keys = new KeyQueue(line.home.clock);
    for (const digit of whisper.presses) this.#keys.push(digit);
  }

  enter(verb: string): void {
    this.lastVerb = verb;
  }

  async speak(text: string): Promise<void> {
    const { call, options } = this.#line.home;
    const { callSid, to } = this.#whisper.leg;
    const record = { callSid, to, text, atMs: call.nowMs };
    call.record.whispers.push(record);
    call.emit({ kind: 'whispered', atMs: record.atMs, whisper: record });
    await this.pause(text.length * (options.sayMsPerCharacter ?? 60));
  }

  pause(forMs: number): Promise<void> {
    return waitOn(this.#line.home.clock, forMs, this.signal);
  }

  async gather(verb: Of<'Gather'>): Promise<string> {
    for (const spoken of verb.prompts) await prompt(spoken, this);
    return this.#keys.gather(verb, this.signal);
  }

  async connect(): Promise<boolean> {
    throw unfit('Connect');
  }

  async dial(): Promise<Fields> {
    throw unfit('Dial');
  }

  async record(): Promise<Fields> {
    throw unfit('Record');
  }

  start(): void {
    throw unfit('Start');
  }

  async fetch(url: string, method: 'GET' | 'POST', fields: Fields): Promise<TwimlDocument> {
    const { leg } = this.#whisper;
    const all = { ...voiceFields(leg.facts, leg.status, this.#line.home.random), ...fields };
    return readAnswer(await this.#line.reports.ask(url, method, all));
  }

  /** What fails here ends the person's leg: the caller's goes on. */
  async fallBack(fault: unknown): Promise<TwimlDocument> {
    throw fault;
  }
}

function unfit(verb: string): TwilioFault {
  return new TwilioFault(12200, `<${verb}> has no place in a whisper`);
}
