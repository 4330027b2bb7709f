import type { DiskTrouble } from './bad-disk.js';
import type { ChaosCall } from './call.js';
import { type CallFault, isLineFault, isOpeningFault, isStreamFault, OPENING_FAULTS, STREAM_FAULTS } from './faults.js';
import type { Site } from './site.js';
import { wait } from './wait.js';

/** What can be taken away from all bridges at once, and comes back. */
export interface Shared {
  databaseAway(): Promise<void>;
  databaseSlow(): Promise<void>;
  /** Of every bridge. */
  disk(trouble: DiskTrouble | undefined): Promise<void>;
}

const OPENINGS_THAT_FAIL = 2;
/** One that hangs costs as much as several that fail. */
const OPENINGS_THAT_HANG = 1;
const STORAGE_AWAY_MS = 4000;
const STORAGE_SLOW_MS = 6000;
/** An answer of it that is slow, in ms. */
const STORAGE_DELAY_MS = 2500;
const DISK_TROUBLE_MS = 4000;
const REGION_AWAY_MS = 2500;
/** Streams are renewed three minutes before their credentials expire: here a few seconds after they are opened. */
export const SHORT_LIFE_MS = 186_000;
/** For so long only such credentials are issued, in ms. */
const SHORT_CREDENTIALS_MS = 8000;

/** Lets faults happen. What concerns all calls does so once at a time: while the database is away it is not taken away again. */
export class Injector {
  readonly #site: Site;
  readonly #shared: Shared | undefined;
  readonly #running = new Map<CallFault, Promise<void>>();

  constructor(site: Site, shared: Shared | undefined) {
    this.#site = site;
    this.#shared = shared;
  }

  /** Lets it happen to the call now; faults of its line happen by themselves. */
  strike(name: CallFault, call: ChaosCall): void {
    const {
      clock,
      models: [model],
    } = this.#site;
    call.strikes.push({ name, atMs: clock.now() });
    if (isLineFault(name)) return;
    if (isStreamFault(name)) {
      call.openStream?.fail(STREAM_FAULTS[name]);
      return;
    }
    if (isOpeningFault(name)) {
      model.failNext(OPENING_FAULTS[name], name === 'opening-hang' ? OPENINGS_THAT_HANG : OPENINGS_THAT_FAIL);
      call.openStream?.fail(STREAM_FAULTS['reset-internal-error']);
      return;
    }
    const running = this.#running.get(name);
    if (running) return;
    this.#running.set(
      name,
      this.#take(name).finally(() => this.#running.delete(name)),
    );
  }

  /** Resolves when everything that was taken away is back. */
  async settled(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  async #troubleDisk(trouble: DiskTrouble): Promise<void> {
    await this.#shared?.disk(trouble);
    await wait(this.#site, DISK_TROUBLE_MS);
    await this.#shared?.disk(undefined);
  }

  async #take(name: CallFault): Promise<void> {
    const {
      s3,
      models: [model],
      credentials,
    } = this.#site;
    switch (name) {
      case 'database-away':
        return this.#shared?.databaseAway();
      case 'database-slow':
        return this.#shared?.databaseSlow();
      case 'storage-away': {
        const back = s3.failNext({ kind: 'reset' }, Number.POSITIVE_INFINITY);
        await wait(this.#site, STORAGE_AWAY_MS);
        back();
        return;
      }
      case 'storage-slow': {
        const back = s3.failNext({ kind: 'slow', delayMs: STORAGE_DELAY_MS }, Number.POSITIVE_INFINITY);
        await wait(this.#site, STORAGE_SLOW_MS);
        back();
        return;
      }
      case 'disk-full': {
        const full = { fromMs: this.#site.clock.now(), toMs: Number.POSITIVE_INFINITY };
        this.#site.fullDisk.push(full);
        await this.#troubleDisk('full');
        full.toMs = this.#site.clock.now();
        return;
      }
      case 'disk-slow':
        return this.#troubleDisk('slow');
      case 'region-away':
        await model.disappear();
        await wait(this.#site, REGION_AWAY_MS);
        await model.reappear();
        return;
      case 'credentials-expire':
        credentials.setLifeMs(SHORT_LIFE_MS);
        await wait(this.#site, SHORT_CREDENTIALS_MS);
        credentials.setLifeMs(undefined);
        return;
      default:
    }
  }
}
