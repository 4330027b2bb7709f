import type { Clock } from '../../clock.js';
import { messageOf } from '../../errors.js';
import { ignoreUnwatched } from './announcer.js';
import type { LiveCall } from './call.js';
import { statusFields, streamFields, voiceFields } from './callbacks.js';
import type { CallOptions, WebhookRecord } from './contract.js';
import type { Leg, StatusEvent } from './leg.js';
import type { Impairments } from './network.js';
import { type Random, shuffled } from './random.js';
import { sendWebhook, type WebhookAnswer } from './webhook.js';
import type { PhoneWire } from './wire.js';

type Fields = Readonly<Record<string, string>>;

/** What a call needs to speak to the bridge over HTTP. */
export interface Correspondence {
  clock: Clock;
  random: Random;
  call: LiveCall;
  leg: Leg;
  authToken: string;
  options: CallOptions;
  network: Impairments;
  /** Where a public URL really is. Throws `TwilioFault` for hosts that are out of reach. */
  locate: (publicUrl: URL) => string;
  wire: PhoneWire;
}

/** Which callback of a stream, and for which. */
export interface StreamReport {
  url: string;
  method: 'GET' | 'POST';
  streamSid: string;
  name: string | undefined;
  event: 'stream-started' | 'stream-stopped' | 'stream-error';
  error?: string;
}

const STATUS_OF = { initiated: 'initiated', ringing: 'ringing', answered: 'in-progress' } as const;

/**
 * Every HTTP request of one call: webhooks that are awaited, and status callbacks that are not. Callbacks go out one after another,
 * unless the network impairments double them or let the last one overtake.
 */
export class Reports {
  readonly #home: Correspondence;
  readonly #heldStreamReports: (() => void)[] = [];
  readonly #heldStatusReports: (() => void)[] = [];
  #reported: Promise<unknown> = Promise.resolve();

  constructor(home: Correspondence) {
    this.#home = home;
  }

  /** Sends a signed webhook, fields in random order, and notes it. Rejects as `sendWebhook` does. */
  async ask(url: string, method: 'GET' | 'POST', fields: Fields, headers: Fields = {}): Promise<WebhookAnswer> {
    const { call, clock, random, options, authToken, locate, wire } = this.#home;
    const entry: WebhookRecord = {
      url,
      atMs: call.nowMs,
      params: fields,
      status: undefined,
      fault: undefined,
      answeredMs: undefined,
    };
    call.record.requests.push(entry);
    const token = options.signWebhookWith === undefined ? authToken : options.signWebhookWith;
    try {
      const params = shuffled(Object.entries(fields), random);
      const timeoutMs = options.webhookTimeoutMs ?? 15_000;
      const request = { url, method, params, authToken: token, headers };
      const answer = await sendWebhook(request, { clock, timeoutMs, locate, wire });
      entry.status = answer.status;
      return answer;
    } catch (error) {
      entry.fault = messageOf(error);
      throw error;
    } finally {
      entry.answeredMs = call.nowMs;
    }
  }

  /** A status callback of the call or of a leg that it dialled, if its event is subscribed. */
  reportStatus(leg: Leg, event: StatusEvent): void {
    const { clock, network, random } = this.#home;
    const { subscription } = leg;
    if (!subscription?.events.includes(event)) return;
    const status = event === 'completed' ? leg.status : STATUS_OF[event];
    const fields = {
      ...voiceFields(leg.facts, status, random),
      ...statusFields(status, leg.nextSequenceNumber(), clock.now(), leg.durationMs),
      ...(event === 'completed' && leg.answeredBy !== undefined && { AnsweredBy: leg.answeredBy }),
    };
    const isLate = network.reorderCallbacks === true && event !== 'completed';
    this.#send(subscription.url, subscription.method, fields, isLate && this.#heldStatusReports);
    if (event === 'completed') for (const late of this.#heldStatusReports.splice(0)) late();
  }

  reportStream({ url, method, ...stream }: StreamReport): void {
    const { leg, clock, random, network } = this.#home;
    const isFirst = stream.event === 'stream-started';
    const fields = streamFields(leg.facts, stream, clock.now(), random);
    this.#send(url, method, fields, network.reorderCallbacks === true && isFirst && this.#heldStreamReports);
    if (!isFirst) for (const late of this.#heldStreamReports.splice(0)) late();
  }

  /** A callback about something else of the call: a recording, or who answered. */
  report(url: string, method: 'GET' | 'POST', fields: Fields): void {
    const { accountSid, callSid } = this.#home.leg.facts;
    this.#send(url, method, { AccountSid: accountSid, CallSid: callSid, ...fields }, false);
  }

  /** Resolves when every callback so far is answered or given up. */
  settled(): Promise<unknown> {
    return this.#reported;
  }

  /** Nobody waits for a callback; a failed one shows in the call's `requests`. */
  #send(url: string, method: 'GET' | 'POST', fields: Fields, holdIn: (() => void)[] | false): void {
    if (holdIn) {
      holdIn.push(() => this.#send(url, method, fields, false));
      return;
    }
    for (let time = 0; time < (this.#home.network.duplicateCallbacks ? 2 : 1); time++) {
      this.#reported = this.#reported.then(() => this.ask(url, method, fields)).catch(ignoreUnwatched);
    }
  }
}
