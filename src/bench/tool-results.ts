import type { HarnessFigures } from './harness-process.js';
import type { LookUpResult } from './look-up.js';
import { median, medianSummary, type Summary } from './statistics.js';
import { isUndisturbed, type Stolen } from './stolen.js';

/** How the calls use tools while they are measured; twice not at all, which shows what differs by chance. */
export type ToolLoadName = 'no tools' | 'hanging' | 'no tools again' | 'every 2 s' | 'large results' | 'waiting aloud';

/** One window on a load, of which so much counts here. */
export interface ToolWindow extends Stolen {
  bridged: HarnessFigures;
  /** Undefined where there is no bridge. */
  cpuMsPerCallSecond?: number;
  othersCoreShare?: number;
  /** How many were measured for it. */
  tries: number;
  disturbed?: boolean;
}

/**
 * What the windows of one load have shown, times in ms. Delays are medians over the undisturbed windows, if there are three;
 * over all otherwise.
 */
export interface ToolLoadResult {
  name: ToolLoadName;
  /** Windows whose delays count. */
  counted: readonly ToolWindow[];
  /** What the bridge took of tool calls, as in `ToolFigures`. */
  overhead: Summary | undefined;
  request: Summary | undefined;
  result: Summary | undefined;
  callerToModel: Summary | undefined;
  modelToCarrier: Summary | undefined;
  firstSound: Summary | undefined;
  cpuMsPerCallSecond: number;
  /** Over all windows. */
  answered: number;
  wrong: number;
  soundsMissing: number;
  /** Calls of tools under way at once, in the emptiest moment of all windows. */
  leastInFlight: number;
  /** Longest delay of the harness's own tick. */
  lateMs: number;
  /** What of one core others have taken, in the worst window. */
  othersCoreShare: number | undefined;
  /** What of one core the hypervisor has taken, in the worst window. */
  stolenShare: number;
  /** How many windows were measured, those included that gave way to a less disturbed one. */
  tries: number;
  disturbed: boolean;
  windows: readonly ToolWindow[];
}

export interface ToolsResult {
  calls: number;
  repeats: number;
  loads: readonly ToolLoadResult[];
  /** The tools of every 2 s without the bridge. */
  control: ToolLoadResult;
  lookUp: LookUpResult;
  /** How fast a core was before and after, on average, against the machine of the goals. */
  machineSpeed: number;
  violations: readonly string[];
}

/** So many undisturbed windows say more than all together. */
const FEWEST = 3;

function countedOf(windows: readonly ToolWindow[]): readonly ToolWindow[] {
  const undisturbed = windows.filter(isUndisturbed);
  return undisturbed.length >= FEWEST ? undisturbed : windows;
}

/** What several windows of the same load come to; there must be one. */
export function resultOf(name: ToolLoadName, windows: readonly ToolWindow[]): ToolLoadResult {
  const counted = countedOf(windows);
  const delays = counted.map(({ bridged }) => bridged);
  const figures = windows.map(({ bridged }) => bridged);
  const sum = (of: (each: HarnessFigures) => number) => figures.reduce((total, each) => total + of(each), 0);
  const shares = windows.map(({ othersCoreShare }) => othersCoreShare).filter((share) => share !== undefined);
  return {
    ...{ name, counted },
    overhead: medianSummary(delays.map(({ tools }) => tools.overhead)),
    request: medianSummary(delays.map(({ tools }) => tools.request)),
    result: medianSummary(delays.map(({ tools }) => tools.result)),
    callerToModel: medianSummary(delays.map(({ callerToModel }) => callerToModel)),
    modelToCarrier: medianSummary(delays.map(({ modelToCarrier }) => modelToCarrier)),
    firstSound: medianSummary(delays.map(({ waiting }) => waiting.firstSound)),
    cpuMsPerCallSecond: median(windows.map(({ cpuMsPerCallSecond }) => cpuMsPerCallSecond ?? Number.NaN)),
    answered: sum(({ tools }) => tools.answered),
    wrong: sum(({ tools }) => tools.wrong),
    soundsMissing: sum(({ waiting }) => waiting.missing),
    leastInFlight: Math.min(...figures.map(({ tools }) => tools.inFlight?.least ?? 0)),
    lateMs: Math.max(...figures.map(({ lateness }) => lateness.max)),
    othersCoreShare: shares.length > 0 ? Math.max(...shares) : undefined,
    stolenShare: Math.max(...windows.map(({ stolenShare }) => stolenShare)),
    tries: windows.reduce((total, { tries }) => total + tries, 0),
    disturbed: windows.some(({ disturbed }) => disturbed),
    windows,
  };
}
