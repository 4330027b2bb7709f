import type { Clock } from '../clock.js';
import type { VoiceModel } from './ports.js';

/** A region that takes no more streams is asked for none by new calls for so long, in ms; each time twice as long. */
export const FIRST_BACK_OFF_MS = 2000;
export const LONGEST_BACK_OFF_MS = 60_000;

/** A region that has taken all streams for this long after the last back-off begins anew, in ms. */
const FORGOTTEN_AFTER_MS = 120_000;

interface BackOff {
  lengthMs: number;
  untilMs: number;
}

/** The streams to the model that are open or opening, and what its regions said when there were too many. */
export class ModelSessions {
  readonly #clock: Clock;
  readonly #open = new Map<string, number>();
  readonly #backOffs = new Map<string, BackOff>();
  #model: Pick<VoiceModel, 'regions'> = { regions: [] };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The same model, whose streams are counted from now on. */
  counted(model: VoiceModel): VoiceModel {
    this.#model = model;
    return {
      get regions() {
        return model.regions;
      },
      open: (profile, listener, how) => {
        let isOpen = true;
        let region: string | undefined;
        const leg = model.open(
          profile,
          {
            audio: (blockId, s16le) => listener.audio(blockId, s16le),
            event: (event) => {
              if (event.kind === 'closed' && isOpen) {
                isOpen = false;
                if (region !== undefined) this.#count(region, -1);
                const lostIn = region ?? how?.region ?? model.regions[0];
                if (event.loss === 'throttled' && lostIn !== undefined) this.#throttled(lostIn);
              }
              listener.event(event);
            },
          },
          how,
        );
        region = leg.region;
        if (isOpen) this.#count(region, 1);
        return leg;
      },
    };
  }

  get openCount(): number {
    let sum = 0;
    for (const count of this.#open.values()) sum += count;
    return sum;
  }

  /** By region: every region of the model, and where a stream has been open. */
  get openByRegion(): ReadonlyMap<string, number> {
    return new Map([...this.#model.regions.map((region) => [region, 0] as const), ...this.#open]);
  }

  /** Whether no region is to be asked for a stream by a new call now. */
  get isThrottled(): boolean {
    const { regions } = this.#model;
    const nowMs = this.#clock.now();
    return regions.length > 0 && regions.every((region) => nowMs < (this.#backOffs.get(region)?.untilMs ?? 0));
  }

  #count(region: string, change: number): void {
    this.#open.set(region, (this.#open.get(region) ?? 0) + change);
  }

  #throttled(region: string): void {
    const nowMs = this.#clock.now();
    const before = this.#backOffs.get(region);
    // Streams that were opened together fail together, and live calls may ask on meanwhile: that is one back-off.
    if (before && nowMs < before.untilMs) return;
    const isKnown = before !== undefined && nowMs - before.untilMs < FORGOTTEN_AFTER_MS;
    const lengthMs = isKnown ? Math.min(LONGEST_BACK_OFF_MS, before.lengthMs * 2) : FIRST_BACK_OFF_MS;
    this.#backOffs.set(region, { lengthMs, untilMs: nowMs + lengthMs });
  }
}
