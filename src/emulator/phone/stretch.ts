import { messageOf } from '../../errors.js';
import { voiceFields } from './callbacks.js';
import { dial } from './dial.js';
import { TwilioFault } from './fault.js';
import { absoluteUrl, type FlowHost, prompt, runFlow } from './flow.js';
import type { Line } from './line.js';
import { sign } from './signature.js';
import { aborted, waitOn } from './timeline.js';
import { checkStream, dialledUrl, readAnswer } from './twiml.js';
import type { TwimlDocument, Verb } from './verbs.js';

type Of<V extends Verb['verb']> = Extract<Verb, { verb: V }>;
type Fields = Readonly<Record<string, string>>;

/** One run of TwiML on a call, from a first document to its end, or until a REST request cuts it short. */
export class Stretch implements FlowHost {
  /** Aborts when the caller hangs up or the stretch is cut. */
  readonly signal: AbortSignal;
  /** The verb that runs, or ran last. */
  lastVerb: string | undefined;
  readonly #line: Line;
  readonly #cut = new AbortController();

  constructor(line: Line) {
    this.#line = line;
    this.signal = AbortSignal.any([line.home.call.signal, this.#cut.signal]);
  }

  /** Everything that this stretch does ends now; a stream ends with `stop`. */
  cut(): void {
    this.#cut.abort();
  }

  get isCut(): boolean {
    return this.#cut.signal.aborted;
  }

  get whenCut(): Promise<undefined> {
    return aborted(this.#cut.signal);
  }

  /** Rejects with a `TwilioFault` when a document cannot be had. Ends at once when `load` finds nothing to run. */
  async run(load: (stretch: Stretch) => Promise<TwimlDocument | undefined>): Promise<void> {
    const first = await load(this);
    if (!first || this.isCut) return;
    await runFlow(first, this);
  }

  enter(verb: string): void {
    this.lastVerb = verb;
  }

  async speak(text: string): Promise<void> {
    this.#line.home.call.speak(text);
    await this.pause(text.length * (this.#line.home.options.sayMsPerCharacter ?? 60));
  }

  pause(forMs: number): Promise<void> {
    return waitOn(this.#line.home.clock, forMs, this.signal);
  }

  async connect({ stream }: Of<'Connect'>, document: TwimlDocument): Promise<boolean> {
    const { call, leg, options, network, seed, authToken, locate, wire } = this.#line.home;
    const streamSid = this.#line.sid('MZ');
    const { name, statusCallback, statusCallbackMethod } = stream.attributes;
    const tell = (event: 'stream-started' | 'stream-stopped' | 'stream-error', error?: string) => {
      if (statusCallback === undefined) return;
      const url = absoluteUrl(statusCallback, document.url);
      const method = statusCallbackMethod === 'GET' ? 'GET' : 'POST';
      this.#line.reports.reportStream({ url, method, streamSid, name, event, ...(error !== undefined && { error }) });
    };
    try {
      const url = absoluteUrl(stream.url, document.url.replace(/^http/, 'ws'));
      const fault = checkStream({ ...stream, url }, options.allowInsecureStream);
      if (fault) throw fault;
      const publicUrl = dialledUrl(url);
      const token = options.signUpgradeWith === undefined ? authToken : options.signUpgradeWith;
      const request = {
        wire,
        url: realSocketUrl(publicUrl, locate),
        headers: {
          Host: new URL(publicUrl).host,
          ...(token !== null && { 'X-Twilio-Signature': sign(token, publicUrl) }),
        },
        subprotocols: [],
        accountSid: leg.facts.accountSid,
        callSid: leg.callSid,
        streamSid,
        customParameters: Object.fromEntries(stream.parameters.map((parameter) => [parameter.name, parameter.value])),
        seed: seed + call.streams.length,
        network,
        connectedDelayMs: options.connectedDelayMs ?? 90,
      };
      const opened = await call.openStream(request, this.#cut.signal);
      tell('stream-started');
      this.#line.begin();
      // New TwiML does not wait until the bridge has closed its end as well.
      await Promise.race([opened.closed, this.whenCut]);
      tell('stream-stopped');
      this.#line.keys.clear();
      return true;
    } catch (error) {
      const fault = error instanceof TwilioFault ? error : new TwilioFault(31901, messageOf(error), { cause: error });
      if (!this.signal.aborted) {
        this.#line.warn(fault);
        tell('stream-error', fault.message);
      }
      if (!this.isCut) this.#line.unopened(fault);
      return false;
    }
  }

  async dial(verb: Of<'Dial'>, document: TwimlDocument): Promise<Fields> {
    const fields = await dial(verb, document, this.#line, this.signal);
    // Twilio asks for the action of a Dial that a redirect cut short as well, and throws the answer away: users have seen it.
    if (this.isCut && !this.#line.home.leg.isOver && verb.action !== undefined) {
      void this.#ask(absoluteUrl(verb.action, document.url), verb.method, fields).catch((error: unknown) => {
        this.#line.warn(new TwilioFault(11200, messageOf(error), { cause: error }));
      });
    }
    return fields;
  }

  async record(verb: Of<'Record'>): Promise<Fields> {
    const { call } = this.#line.home;
    const startedMs = call.nowMs;
    const withinMs = Math.min(verb.maxMs, Number(verb.attributes.timeout ?? 5) * 1000);
    const key = await this.#line.keys.next(withinMs, this.signal);
    const sid = this.#line.sid('RE');
    return {
      RecordingSid: sid,
      RecordingUrl: this.#line.recordingUrl(sid),
      RecordingDuration: String(Math.round((call.nowMs - startedMs) / 1000)),
      ...(key !== undefined && { Digits: key }),
    };
  }

  async gather(verb: Of<'Gather'>): Promise<string> {
    for (const spoken of verb.prompts) await prompt(spoken, this);
    return this.#line.keys.gather(verb, this.signal);
  }

  start({ nouns }: Of<'Start'>, document: TwimlDocument): void {
    for (const { name, attributes } of nouns) {
      const { recordingStatusCallback } = attributes;
      if (name !== 'Recording' || recordingStatusCallback === undefined) continue;
      this.#line.startRecording(absoluteUrl(recordingStatusCallback, document.url));
    }
  }

  async fetch(url: string, method: 'GET' | 'POST', fields: Fields): Promise<TwimlDocument> {
    try {
      return this.#taken(readAnswer(await this.#ask(url, method, fields)));
    } catch (error) {
      if (error instanceof TwilioFault) error.url = url;
      throw error;
    }
  }

  async fallBack(error: unknown, errorUrl: string, fields: Fields = {}): Promise<TwimlDocument> {
    const { fallbackUrl } = this.#line.home.options;
    const isItself = errorUrl.replace(/#.*$/s, '') === fallbackUrl?.replace(/#.*$/s, '');
    if (!(error instanceof TwilioFault) || fallbackUrl === undefined || isItself || this.signal.aborted) throw error;
    this.#line.warn(error);
    const why = { ErrorCode: String(error.twilioCode), ErrorUrl: errorUrl };
    return this.#taken(readAnswer(await this.#ask(fallbackUrl, 'POST', { ...fields, ...why })));
  }

  /** A document that comes after the stretch was cut goes nowhere. */
  #taken(document: TwimlDocument): TwimlDocument {
    if (!this.isCut) this.#line.take(document);
    return document;
  }

  #ask(url: string, method: 'GET' | 'POST', fields: Fields) {
    const { leg, random } = this.#line.home;
    return this.#line.reports.ask(url, method, { ...voiceFields(leg.facts, leg.status, random), ...fields });
  }
}

/** A wss URL at the bridge's real address, with the path as written. */
function realSocketUrl(publicUrl: string, locate: (publicUrl: URL) => string): string {
  const real = new URL(locate(new URL(publicUrl.replace(/^ws/, 'http'))));
  return `${real.protocol === 'https:' ? 'wss' : 'ws'}://${real.host}${new URL(publicUrl).pathname}`;
}
