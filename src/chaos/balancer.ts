import type { Clock } from '../clock.js';
import type { PhoneWire } from '../emulator/phone/wire.js';
import type { Instance } from './instances.js';

const CHECK_INTERVAL_MS = 200;

/**
 * What stands between the carrier and the instances: every request goes to the next one that said lately that it is ready. One
 * that died since is still asked, until a connection to it fails or the next check does, as with any real balancer.
 */
export class Balancer {
  readonly #clock: Clock;
  #instances: Instance[] = [];
  #ready: Instance[] = [];
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
    const from = this.#ready.length > 0 ? this.#ready : this.#instances;
    this.#turn += 1;
    // Without any there is nobody at this address either.
    return from[this.#turn % Math.max(1, from.length)]?.url ?? 'http://127.0.0.1:9';
  }

  /** The wire to the bridges, on which is noticed who cannot be reached any more. */
  watch(wire: PhoneWire): PhoneWire {
    const lost = (url: string) => {
      const { host } = new URL(url);
      this.#ready = this.#ready.filter((instance) => new URL(instance.url).host !== host);
    };
    return {
      async request(request, signal) {
        try {
          return await wire.request(request, signal);
        } catch (error) {
          if (!signal.aborted) lost(request.origin.href);
          throw error;
        }
      },
      dial(url, headers, subprotocols) {
        const dialled = wire.dial(url, headers, subprotocols);
        dialled.upgraded.catch(() => lost(url));
        return dialled;
      },
    };
  }

  close(): void {
    this.#isOpen = false;
    this.#cancel();
  }

  #check(): void {
    const asked = this.#instances;
    void Promise.all(asked.map((instance) => instance.isReady())).then((answers) => {
      if (!this.#isOpen) return;
      const isKept = (instance: Instance) => this.#instances.includes(instance);
      const isNew = (instance: Instance) => !asked.includes(instance);
      this.#ready = [...asked.filter((_, index) => answers[index]), ...this.#instances.filter(isNew)].filter(isKept);
      this.#cancel = this.#clock.after(CHECK_INTERVAL_MS, () => this.#check());
    });
  }
}
