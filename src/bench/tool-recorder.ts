import { type Summary, summaryOf } from './statistics.js';

/** What was seen of tool calls in one window; times in ms. */
export interface ToolFigures {
  /** Calls whose result reached the model in the window. */
  answered: number;
  /** Those of them whose result was not what the agent had answered. */
  wrong: number;
  /** What the bridge took of a call: both ways together, the agent's own time not counted. */
  overhead: Summary | undefined;
  /** From the model's event to the last byte of the request at the agent's service. */
  request: Summary | undefined;
  /** From the last byte of the agent's answer to the event at the model. */
  result: Summary | undefined;
  /** Calls under way at the same time. */
  inFlight: { least: number; mean: number } | undefined;
}

interface OpenCall {
  calledMs: number;
  requestedMs?: number;
  answeredMs?: number;
}

/** Follows tool calls through both stand-ins, by their ids, on one clock. */
export class ToolRecorder {
  isOn = false;
  readonly #open = new Map<string, OpenCall>();
  #requestMs: number[] = [];
  #resultMs: number[] = [];
  #overheadMs: number[] = [];
  #inFlight: number[] = [];
  #wrong = 0;

  get openCount(): number {
    return this.#open.size;
  }

  /** The model asks. */
  called(id: string, nowMs: number): void {
    this.#open.set(id, { calledMs: nowMs });
  }

  /** The agent's service has the request. */
  requested(id: string, nowMs: number): void {
    const call = this.#open.get(id);
    if (call) call.requestedMs = nowMs;
  }

  /** The agent has given the last of its answer out of its hands. */
  answered(id: string, nowMs: number): void {
    const call = this.#open.get(id);
    if (call) call.answeredMs = nowMs;
  }

  /** The model has the result. One that came without the agent's answer is wrong, whatever it says. */
  resulted(id: string, isRight: boolean, nowMs: number): void {
    const call = this.#open.get(id);
    this.#open.delete(id);
    if (!call || !this.isOn) return;
    const { calledMs, requestedMs, answeredMs } = call;
    if (!isRight || requestedMs === undefined || answeredMs === undefined) {
      this.#wrong++;
      return;
    }
    this.#requestMs.push(requestedMs - calledMs);
    this.#resultMs.push(nowMs - answeredMs);
    this.#overheadMs.push(requestedMs - calledMs + nowMs - answeredMs);
  }

  /** Looks how many are under way. */
  look(): void {
    if (this.isOn) this.#inFlight.push(this.#open.size);
  }

  /** The streams are gone, and with them who waits for results. */
  forget(): void {
    this.#open.clear();
  }

  reset(): void {
    this.#requestMs = [];
    this.#resultMs = [];
    this.#overheadMs = [];
    this.#inFlight = [];
    this.#wrong = 0;
  }

  figures(): ToolFigures {
    const looks = this.#inFlight;
    return {
      answered: this.#overheadMs.length + this.#wrong,
      wrong: this.#wrong,
      overhead: summaryOf(this.#overheadMs),
      request: summaryOf(this.#requestMs),
      result: summaryOf(this.#resultMs),
      inFlight:
        looks.length === 0
          ? undefined
          : {
              least: looks.reduce((least, count) => Math.min(least, count)),
              mean: looks.reduce((sum, count) => sum + count, 0) / looks.length,
            },
    };
  }
}
