import { messageOf } from '../../errors.js';
import type { Ids } from '../../ids.js';
import { ignoreUnwatched } from './announcer.js';
import { voiceFields } from './callbacks.js';
import type { CallEnd } from './contract.js';
import { TwilioFault } from './fault.js';
import { absoluteUrl, type FlowHost, prompt, runFlow } from './flow.js';
import { type Correspondence, Reports } from './reports.js';
import { sign } from './signature.js';
import { waitOn } from './timeline.js';
import { checkStream, dialledUrl, parseTwiml } from './twiml.js';
import type { TwimlDocument, Verb } from './verbs.js';
import { idempotencyToken, type WebhookAnswer } from './webhook.js';

type Of<V extends Verb['verb']> = Extract<Verb, { verb: V }>;
type Fields = Readonly<Record<string, string>>;

/** What Twilio says when a webhook fails and there is no fallback. */
export const APPLICATION_ERROR = 'We are sorry, an application error has occurred. Goodbye.';

export interface CarrierHome extends Correspondence {
  ids: Ids;
  seed: number;
  voiceUrl: string;
}

/** Twilio's part in one call: asks the bridge for TwiML, carries it out, and reports how the call and its streams go. */
export class Carrier implements FlowHost {
  /** Resolves when the first TwiML is answered and its stream, if any, has started. */
  readonly begun: Promise<void>;
  readonly #home: CarrierHome;
  readonly #reports: Reports;
  readonly #recordings: { url: string; sid: string; startedMs: number }[] = [];
  readonly #keys: string[] = [];
  #wakeKey: () => void = () => {};
  #callStatus: string;
  #begin!: () => void;
  #refuse!: (fault: TwilioFault) => void;

  constructor(home: CarrierHome) {
    this.#home = home;
    this.#reports = new Reports(home);
    home.call.listen((event) => {
      if (event.kind !== 'pressed') return;
      this.#keys.push(event.digit);
      this.#wakeKey();
    });
    this.#callStatus = home.facts.direction === 'inbound' ? 'ringing' : 'in-progress';
    this.begun = new Promise((resolve, reject) => {
      this.#begin = resolve;
      this.#refuse = (fault) => {
        fault.call = home.call;
        reject(fault);
      };
    });
    this.begun.catch(ignoreUnwatched);
  }

  get signal(): AbortSignal {
    return this.#home.call.signal;
  }

  /** The whole call. Never rejects: what fails is told to `begun` and in the call's end. */
  async run(): Promise<void> {
    const { call } = this.#home;
    let outcome: { by: CallEnd['by']; lastVerb?: string; fault?: string };
    try {
      this.#reports.reportStatus('initiated', 'initiated');
      this.#reports.reportStatus('ringing', 'ringing');
      const first = await this.#firstDocument();
      const isRejected = first.verbs[0]?.verb === 'Reject';
      this.#callStatus = isRejected ? 'busy' : 'in-progress';
      if (!isRejected) this.#reports.reportStatus('answered', 'in-progress');
      if (!first.verbs.some(({ verb }) => verb === 'Connect' || verb === 'Redirect')) this.#begin();
      const { lastVerb } = await runFlow(first, this);
      outcome = { by: this.signal.aborted ? 'caller' : 'bridge', ...(lastVerb !== undefined && { lastVerb }) };
    } catch (error) {
      const fault = error instanceof TwilioFault ? error : new TwilioFault(11200, messageOf(error), { cause: error });
      this.#warn(fault);
      this.#refuse(fault);
      if (!this.signal.aborted) await this.speak(APPLICATION_ERROR);
      outcome = { by: this.signal.aborted ? 'caller' : 'lost', fault: fault.message };
    }
    this.#begin();
    call.stopTime();
    await this.#reportEnd();
    call.finish({ ...outcome, endedMs: call.nowMs });
  }

  async speak(text: string): Promise<void> {
    this.#home.call.speak(text);
    await this.pause(text.length * (this.#home.options.sayMsPerCharacter ?? 60));
  }

  pause(forMs: number): Promise<void> {
    return waitOn(this.#home.clock, forMs, this.signal);
  }

  async connect({ stream }: Of<'Connect'>, document: TwimlDocument): Promise<void> {
    const { call, facts, options, network, seed } = this.#home;
    const streamSid = `MZ${this.#hex()}`;
    const { name, statusCallback, statusCallbackMethod } = stream.attributes;
    const tell = (event: 'stream-started' | 'stream-stopped' | 'stream-error', error?: string) => {
      if (statusCallback === undefined) return;
      const url = absoluteUrl(statusCallback, document.url);
      const method = statusCallbackMethod === 'GET' ? 'GET' : 'POST';
      this.#reports.reportStream({ url, method, streamSid, name, event, ...(error !== undefined && { error }) });
    };
    try {
      const url = absoluteUrl(stream.url, document.url.replace(/^http/, 'ws'));
      const fault = checkStream({ ...stream, url }, options.allowInsecureStream);
      if (fault) throw fault;
      const publicUrl = dialledUrl(url);
      const token = options.signUpgradeWith === undefined ? this.#home.authToken : options.signUpgradeWith;
      const opened = await call.openStream({
        url: realSocketUrl(publicUrl, this.#home.locate),
        headers: {
          Host: new URL(publicUrl).host,
          ...(token !== null && { 'X-Twilio-Signature': sign(token, publicUrl) }),
        },
        subprotocols: [],
        accountSid: facts.accountSid,
        callSid: facts.callSid,
        streamSid,
        customParameters: Object.fromEntries(stream.parameters.map((parameter) => [parameter.name, parameter.value])),
        seed: seed + call.streams.length,
        network,
        connectedDelayMs: options.connectedDelayMs ?? 90,
      });
      tell('stream-started');
      this.#begin();
      await opened.closed;
      tell('stream-stopped');
      this.#keys.length = 0;
    } catch (error) {
      const fault = error instanceof TwilioFault ? error : new TwilioFault(31901, messageOf(error), { cause: error });
      if (!this.signal.aborted) {
        this.#warn(fault);
        tell('stream-error', fault.message);
      }
      this.#refuse(fault);
    }
  }

  async dial(verb: Of<'Dial'>): Promise<Fields> {
    const { call, options } = this.#home;
    const dialled = { targets: verb.targets.map(({ kind, to }) => ({ kind, to })), atMs: call.nowMs };
    call.record.dialled.push(dialled);
    call.emit({ kind: 'dialled', atMs: dialled.atMs, dialled });
    const { status, forMs = 0 } = options.dial?.(dialled) ?? { status: 'completed' };
    await this.pause(forMs);
    const duration = { DialCallDuration: String(Math.round(forMs / 1000)) };
    return { DialCallStatus: status, DialCallSid: `CA${this.#hex()}`, ...(status === 'completed' && duration) };
  }

  async record(verb: Of<'Record'>): Promise<Fields> {
    const startedMs = this.#home.call.nowMs;
    const key = await this.#nextKey(Math.min(verb.maxMs, Number(verb.attributes.timeout ?? 5) * 1000));
    const sid = `RE${this.#hex()}`;
    return {
      RecordingSid: sid,
      RecordingUrl: this.#recordingUrl(sid),
      RecordingDuration: String(Math.round((this.#home.call.nowMs - startedMs) / 1000)),
      ...(key !== undefined && { Digits: key }),
    };
  }

  async gather(verb: Of<'Gather'>): Promise<string> {
    let digits = '';
    for (const spoken of verb.prompts) await prompt(spoken, this);
    while (digits.length < verb.keyCount) {
      const key = await this.#nextKey(verb.timeoutMs);
      if (key === undefined || verb.finishOnKey.includes(key)) break;
      digits += key;
    }
    return digits;
  }

  start({ nouns }: Of<'Start'>, document: TwimlDocument): void {
    for (const { name, attributes } of nouns) {
      const { recordingStatusCallback } = attributes;
      if (name !== 'Recording' || recordingStatusCallback === undefined) continue;
      const url = absoluteUrl(recordingStatusCallback, document.url);
      this.#recordings.push({ url, sid: `RE${this.#hex()}`, startedMs: this.#home.clock.now() });
    }
  }

  async fetch(url: string, method: 'GET' | 'POST', fields: Fields): Promise<TwimlDocument> {
    return this.#document(await this.#reports.ask(url, method, { ...this.#voiceFields(), ...fields }));
  }

  async #firstDocument(): Promise<TwimlDocument> {
    const { options, voiceUrl } = this.#home;
    if (options.twiml !== undefined) return this.#keep(parseTwiml(options.twiml, voiceUrl));
    const method = options.voiceMethod ?? 'POST';
    const fields = this.#voiceFields();
    try {
      let document = this.#document(await this.#reports.ask(voiceUrl, method, fields));
      const headers = { 'I-Twilio-Idempotency-Token': idempotencyToken(Object.entries(fields)) };
      for (let retry = 0; retry < (options.webhookRetries ?? 0); retry++) {
        document = this.#document(await this.#reports.ask(voiceUrl, method, fields, headers));
      }
      return document;
    } catch (error) {
      if (!(error instanceof TwilioFault) || options.fallbackUrl === undefined) throw error;
      this.#warn(error);
      const why = { ErrorCode: String(error.twilioCode), ErrorUrl: voiceUrl };
      return this.#document(await this.#reports.ask(options.fallbackUrl, 'POST', { ...fields, ...why }));
    }
  }

  #document(answer: WebhookAnswer): TwimlDocument {
    if (answer.status < 200 || answer.status > 299)
      throw new TwilioFault(11200, `${answer.url} answered ${answer.status}`);
    if (!/^(text|application)\/xml\b/i.test(answer.contentType)) {
      throw new TwilioFault(12300, `${answer.url} answered with content type "${answer.contentType}"`);
    }
    return this.#keep(parseTwiml(answer.body, answer.url));
  }

  #keep(document: TwimlDocument): TwimlDocument {
    const { call } = this.#home;
    call.record.twiml.push(document);
    call.emit({ kind: 'twiml', atMs: call.nowMs, document });
    return document;
  }

  async #reportEnd(): Promise<void> {
    this.#callStatus = this.#callStatus === 'busy' ? 'busy' : 'completed';
    this.#reports.reportStatus('completed', this.#callStatus);
    for (const { url, sid, startedMs } of this.#recordings) {
      this.#reports.reportRecording(url, {
        RecordingSid: sid,
        RecordingUrl: this.#recordingUrl(sid),
        RecordingStatus: 'completed',
        RecordingDuration: String(Math.round((this.#home.clock.now() - startedMs) / 1000)),
        RecordingChannels: '2',
        RecordingSource: 'StartCallRecordingTwiML',
      });
    }
    await this.#reports.settled();
  }

  #voiceFields(): Record<string, string> {
    return voiceFields(this.#home.facts, this.#callStatus, this.#home.random);
  }

  /** The next key within a time, or undefined. A key pressed before it was asked for counts. */
  async #nextKey(withinMs: number): Promise<string | undefined> {
    if (this.#keys.length === 0) {
      const pressed = new AbortController();
      this.#wakeKey = () => pressed.abort();
      await waitOn(this.#home.clock, withinMs, AbortSignal.any([this.signal, pressed.signal]));
    }
    return this.#keys.shift();
  }

  #warn(fault: TwilioFault): void {
    const { call } = this.#home;
    const warning = { code: fault.twilioCode, text: fault.message, atMs: call.nowMs };
    call.record.warnings.push(warning);
    call.emit({ kind: 'warning', ...warning });
  }

  #recordingUrl(sid: string): string {
    return `https://api.twilio.com/2010-04-01/Accounts/${this.#home.facts.accountSid}/Recordings/${sid}`;
  }

  #hex(): string {
    return this.#home.ids.uuid().replaceAll('-', '');
  }
}

/** A wss URL at the bridge's real address, with the path as written. */
function realSocketUrl(publicUrl: string, locate: (publicUrl: URL) => string): string {
  const real = new URL(locate(new URL(publicUrl.replace(/^ws/, 'http'))));
  return `${real.protocol === 'https:' ? 'wss' : 'ws'}://${real.host}${new URL(publicUrl).pathname}`;
}
