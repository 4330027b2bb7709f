import { MULAW_BYTES_PER_MS } from '../emulator/phone/mulaw.js';
import type { CallerStep, CallScript } from './schema.js';
import type { Moment } from './trigger.js';
import { type CheckedFile, type FileFault, fieldName } from './yaml-file.js';

type Path = readonly (string | number)[];

/** What a schema cannot see: steps that wait for what never comes, and times that no call can keep. */
export function impossibleIn(
  { value: call, lineOf }: CheckedFile<CallScript>,
  recordings: ReadonlyMap<string, Uint8Array>,
): FileFault[] {
  const fault = (path: Path, reason: string): FileFault => ({ line: lineOf(...path), field: fieldName(path), reason });
  return [
    ...call.caller.flatMap((step, index) => [
      ...stepFaults(step, index, call).map((reason) => fault(['caller', index, step.after ? 'after' : 'at'], reason)),
      ...overlap(call.caller, index, recordings).map((reason) => fault(['caller', index], reason)),
    ]),
    ...networkTimes(call).flatMap(({ path, atMs }) =>
      atMs < call.timeout ? [] : [fault(path, `comes after the call has timed out (${call.timeout} ms)`)],
    ),
    ...(call.expect.toolCalls ?? []).flatMap(({ notBefore }, index) => {
      const reason = notBefore && missingStep(notBefore.moment, call.caller.length);
      return reason ? [fault(['expect', 'toolCalls', index, 'notBefore'], reason)] : [];
    }),
  ];
}

function stepFaults({ atMs, after }: CallerStep, index: number, { caller, timeout }: CallScript): string[] {
  if (after) {
    const { moment } = after;
    if (moment.kind === 'caller-step' && moment.number > index) {
      return [`waits for step ${moment.number}, which does not come before it`];
    }
    return [];
  }
  if (atMs === undefined) return [];
  if (atMs >= timeout) return [`comes after the call has timed out (${timeout} ms)`];
  const before = caller.slice(0, index).findLast((step) => step.atMs !== undefined);
  if (before?.atMs === undefined || before.atMs <= atMs) return [];
  return [`is before the ${before.atMs} ms of a step before it: steps are taken one after the other`];
}

/** A caller has one mouth: a recording cannot begin before the one before it is over, where that can be told. */
function overlap(caller: CallScript['caller'], index: number, recordings: ReadonlyMap<string, Uint8Array>): string[] {
  const step = caller[index];
  if (step?.kind !== 'say') return [];
  const lengthMs = (each: CallerStep | undefined) =>
    each?.kind === 'say' ? (recordings.get(each.file)?.length ?? 0) / MULAW_BYTES_PER_MS : 0;
  if (step.after?.moment.kind === 'caller-step' && step.after.moment.edge === 'started') {
    const spokenMs = lengthMs(caller[step.after.moment.number - 1]);
    return step.after.plusMs < spokenMs ? [stillSpeaking(step.after.moment.number, spokenMs)] : [];
  }
  const { atMs } = step;
  if (atMs === undefined) return [];
  return caller.slice(0, index).flatMap((before, position) => {
    const endMs = (before.atMs ?? Number.NaN) + lengthMs(before);
    return before.kind === 'say' && endMs > atMs ? [stillSpeaking(position + 1, lengthMs(before))] : [];
  });
}

function stillSpeaking(number: number, lengthMs: number): string {
  return `begins while step ${number} is still speaking, which takes ${Math.round(lengthMs)} ms`;
}

function missingStep(moment: Moment, steps: number): string | undefined {
  if (moment.kind !== 'caller-step' || moment.number <= steps) return undefined;
  return `names step ${moment.number}, but the caller has ${steps}`;
}

function networkTimes({ network }: CallScript): { path: Path; atMs: number }[] {
  const { gaps = [], cutAt, talker, slowReader } = network;
  return [
    ...gaps.map(({ at }, index) => ({ path: ['network', 'gaps', index, 'at'], atMs: at })),
    ...(cutAt === undefined ? [] : [{ path: ['network', 'cutAt'], atMs: cutAt }]),
    ...(talker ? [{ path: ['network', 'talker', 'at'], atMs: talker.at }] : []),
    ...(slowReader ? [{ path: ['network', 'slowReader', 'at'], atMs: slowReader.at }] : []),
  ];
}
