import type { Clock } from '../clock.js';
import { TwilioFault } from '../emulator/phone/fault.js';
import type { PhoneWire } from '../emulator/phone/wire.js';
import type { Instance } from './instances.js';

/** How often it asks whether an instance takes calls, in ms: as a readiness probe does. */
const CHECK_INTERVAL_MS = 2000;
/** Twilio's code for an upgrade that was answered with something else. */
const UPGRADE_ANSWERED = 31_920;

/**
 * What stands between the carrier and the instances: every request goes to the next one that said lately that it is ready. One
 * that died since is still asked until the next check, and a 502 is the answer. What comes the second way is not sent there
 * again: that one learns from a connection that was refused, as proxies do that take an upstream out for a while.
 */
export class Balancer {
  readonly #clock: Clock;
  #instances: Instance[] = [];
  #ready: Instance[] = [];
  readonly #refused = new Set<string>();
  #turn = 0;
  #cancel: () => void = () => undefined;
  #isOpen = true;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#check();
  }

  get instances(): readonly Instance[] {
    return this.#instances;
  }

  /** Instances that the last check found ready. */
  get ready(): readonly Instance[] {
    return this.#ready;
  }

  /** Takes up an instance that is ready. */
  add(instance: Instance): void {
    this.#refused.delete(instance.url);
    this.#instances.push(instance);
    this.#ready.push(instance);
  }

  /** Forgets an instance for good. */
  remove(instance: Instance): void {
    this.#instances = this.#instances.filter((each) => each !== instance);
    this.#ready = this.#ready.filter((each) => each !== instance);
  }

  /** The address for the next request. */
  next(): string {
    return this.#oneOf(this.#ready);
  }

  /** The address for the next request that comes the second way. */
  nextOnSecondWay(): string {
    return this.#oneOf(this.#ready.filter(({ url }) => !this.#refused.has(url)));
  }

  /** The wire to the bridges: where nobody listens, the balancer answers. */
  watch(wire: PhoneWire): PhoneWire {
    return {
      request: async (request, signal) => {
        try {
          return await wire.request(request, signal);
        } catch (error) {
          if (signal.aborted) throw error;
          this.#refused.add(request.origin.origin);
          return { status: 502, headers: {}, body: Buffer.alloc(0) };
        }
      },
      dial: (url, headers, subprotocols) => {
        const dialled = wire.dial(url, headers, subprotocols);
        dialled.upgraded.catch((error: unknown) => {
          // An upgrade that was answered was answered by somebody.
          const isAnswered = error instanceof TwilioFault && error.twilioCode === UPGRADE_ANSWERED;
          if (!isAnswered) this.#refused.add(new URL(url.replace(/^ws/, 'http')).origin);
        });
        return dialled;
      },
    };
  }

  close(): void {
    this.#isOpen = false;
    this.#cancel();
  }

  #oneOf(instances: readonly Instance[]): string {
    const from = instances.length > 0 ? instances : this.#instances;
    this.#turn += 1;
    // Without any there is nobody at this address either.
    return from[this.#turn % Math.max(1, from.length)]?.url ?? 'http://127.0.0.1:9';
  }

  #check(): void {
    const asked = [...this.#instances];
    void Promise.all(asked.map((instance) => instance.isReady())).then((answers) => {
      if (!this.#isOpen) return;
      this.#refused.clear();
      const isKept = (instance: Instance) => this.#instances.includes(instance);
      const isNew = (instance: Instance) => !asked.includes(instance);
      this.#ready = [...asked.filter((_, index) => answers[index]), ...this.#instances.filter(isNew)].filter(isKept);
      this.#cancel = this.#clock.after(CHECK_INTERVAL_MS, () => this.#check());
    });
  }
}
