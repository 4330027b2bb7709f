import type { Effect, Signal } from '../../call/state.js';
import type { CallOutput } from '../../call/tape.js';
import type { Difference } from './box-comparison.js';

const BYTES_PER_MS = 8;

/** What was left out of a box. */
export interface Secrets {
  /** Of the input in question: words, keys and tool data. */
  isBlanked: boolean;
  /** Sound of inputs before it. */
  isAfterSecret: boolean;
}

/**
 * What differs between what was done on an input and what is done now, in order. Of sound only the length is compared, as
 * the model's samples are not kept.
 */
export function differingOutputs(
  expected: readonly CallOutput[],
  found: readonly CallOutput[],
  secrets: Secrets,
): Difference[] {
  const before = expected.map((output) => shown(output, secrets));
  const now = found.map((output) => shown(output, secrets));
  let first = 0;
  while (first < Math.min(before.length, now.length) && before[first] === now[first]) first++;
  let same = 0;
  while (
    same < Math.min(before.length, now.length) - first &&
    before[before.length - 1 - same] === now[now.length - 1 - same]
  ) {
    same++;
  }
  const missing = expected.slice(first, expected.length - same);
  const added = found.slice(first, found.length - same);
  return pairs(missing, added).flatMap(([was, is]) => differencesOf(was, is, secrets));
}

/** Those of one kind stand beside each other, in their order. */
function pairs(
  missing: readonly CallOutput[],
  added: readonly CallOutput[],
): [CallOutput | undefined, CallOutput | undefined][] {
  const left = [...added];
  const result: [CallOutput | undefined, CallOutput | undefined][] = missing.map((output) => {
    const at = left.findIndex(({ kind }) => kind === output.kind);
    return [output, at < 0 ? undefined : left.splice(at, 1)[0]];
  });
  return [...result, ...left.map((output): [undefined, CallOutput] => [undefined, output])];
}

function differencesOf(was: CallOutput | undefined, is: CallOutput | undefined, secrets: Secrets): Difference[] {
  const expected = was && shown(was, secrets);
  const found = is && shown(is, secrets);
  if (expected === found) return [];
  if (was?.kind !== 'decided' && is?.kind !== 'decided') {
    const { kind } = (was ?? is)!;
    return [{ kind, expected, found }];
  }
  const decided = (output: CallOutput | undefined) =>
    output?.kind === 'decided' ? partsOf(output, secrets) : { signal: undefined, phase: undefined, effects: undefined };
  const before = decided(was);
  const now = decided(is);
  // Another signal has other effects: that is no news.
  if (before.signal !== now.signal) return [{ kind: 'signal', expected: before.signal, found: now.signal }];
  const differences: Difference[] = [];
  for (const kind of ['effects', 'phase'] as const) {
    if (before[kind] !== now[kind]) differences.push({ kind, expected: before[kind], found: now[kind] });
  }
  return differences;
}

function partsOf(output: Extract<CallOutput, { kind: 'decided' }>, secrets: Secrets) {
  const { signal, phase, effects } = output;
  return {
    signal: shownSignal(signal, secrets),
    phase: shownData(phase),
    effects: effects.map((effect) => shownEffect(effect, secrets)).join('; ') || 'nothing',
  };
}

function shown(output: CallOutput, secrets: Secrets): string {
  switch (output.kind) {
    case 'play':
      return `play ${output.mulaw.length / BYTES_PER_MS} ms`;
    case 'mark':
      return `mark ${output.name}`;
    case 'tell':
      return secrets.isBlanked ? 'tell' : `tell "${output.text}"`;
    case 'answerTool':
      return `answer tool ${output.callId}${secrets.isBlanked ? '' : ` ${shownData(output.output)}`}`;
    case 'decided': {
      const { signal, phase, effects } = partsOf(output, secrets);
      return `${signal} -> ${phase}: ${effects}`;
    }
    case 'fact':
      // What is on record of it follows from what was not secrets.
      return secrets.isBlanked || (secrets.isAfterSecret && output.fact.kind === 'audioCounted')
        ? `fact ${output.fact.kind}`
        : `fact ${shownData(output.fact)}`;
    default:
      return output.kind;
  }
}

function shownSignal(signal: Signal, secrets: Secrets): string {
  if (signal.kind === 'keysEntered' && secrets.isBlanked) return `keysEntered, ${signal.digits.length} of them`;
  const { kind, ...rest } = signal;
  return withData(kind, rest);
}

function shownEffect(effect: Effect, secrets: Secrets): string {
  const { do: what, ...rest } = effect;
  return what === 'tell' && secrets.isBlanked ? what : withData(what, rest);
}

function withData(name: string, data: object): string {
  const text = shownData(data);
  return text === '{}' ? name : `${name} ${text}`;
}

/** As it is in the box: what is undefined is not there. */
function shownData(data: object): string {
  return JSON.stringify(data, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
