/** What is being measured of one call: set by whoever sends, taken by whoever receives, on one clock. */
export interface Probe {
  readonly index: number;
  markerSentMs: number | undefined;
  utteranceSentMs: number | undefined;
  interruptionSentMs: number | undefined;
  /** When the caller is to hear that a tool is at work. */
  soundDueMs: number | undefined;
  /** `clear` messages since the last interruption. */
  clears: number;
}

export function makeProbe(index: number): Probe {
  const nothing = undefined;
  return {
    index,
    markerSentMs: nothing,
    utteranceSentMs: nothing,
    interruptionSentMs: nothing,
    soundDueMs: nothing,
    clears: 0,
  };
}

/** Collects what the stand-ins see while it is on. All values in ms, and counts. */
export class Recorder {
  isOn = false;
  upMs: number[] = [];
  downMs: number[] = [];
  clearMs: number[] = [];
  clearsPerInterruption: number[] = [];
  /** How far the first sound of waiting was from its moment, either way. */
  soundMs: number[] = [];
  /** Results that came before any sound of waiting. */
  soundsMissing = 0;
  frames = 0;
  utterances = 0;

  markerHeard(probe: Probe, nowMs: number): void {
    if (probe.markerSentMs === undefined) return;
    if (this.isOn) this.upMs.push(nowMs - probe.markerSentMs);
    probe.markerSentMs = undefined;
  }

  utteranceHeard(probe: Probe, nowMs: number): void {
    if (probe.utteranceSentMs === undefined) return;
    if (this.isOn) this.downMs.push(nowMs - probe.utteranceSentMs);
    probe.utteranceSentMs = undefined;
  }

  cleared(probe: Probe, nowMs: number): void {
    probe.clears++;
    if (probe.interruptionSentMs === undefined) return;
    if (this.isOn) this.clearMs.push(nowMs - probe.interruptionSentMs);
    probe.interruptionSentMs = undefined;
  }

  /** Anything sounds while the model is silent and a tool is at work. */
  soundHeard(probe: Probe, nowMs: number): void {
    if (probe.soundDueMs === undefined) return;
    if (this.isOn) this.soundMs.push(Math.abs(nowMs - probe.soundDueMs));
    probe.soundDueMs = undefined;
  }

  /** The tool has answered: whoever has heard nothing until now has waited in silence. */
  soundOver(probe: Probe): void {
    if (probe.soundDueMs !== undefined && this.isOn) this.soundsMissing++;
    probe.soundDueMs = undefined;
  }

  /** The next interruption of a call begins: how many clears the last one has made. */
  interruptionCounted(probe: Probe): void {
    if (this.isOn) this.clearsPerInterruption.push(probe.clears);
    probe.clears = 0;
  }

  reset(): void {
    this.upMs = [];
    this.downMs = [];
    this.clearMs = [];
    this.clearsPerInterruption = [];
    this.soundMs = [];
    this.soundsMissing = 0;
    this.frames = 0;
    this.utterances = 0;
  }
}
