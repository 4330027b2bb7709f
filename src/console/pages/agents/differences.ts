import { type Draft, isObject, isSame } from './draft.ts';
import { partsOf } from './merge.ts';

const LABELS: Readonly<Record<string, string>> = {
  name: 'Name',
  greeting: 'Greeting',
  systemPrompt: 'System prompt',
  voiceId: 'Voice',
  modelId: 'Model',
  endpointing: 'Endpointing',
  inference: 'Inference',
  audio: 'Audio',
  silence: 'Silence',
  maxCallMs: 'Longest call (ms)',
  dtmf: 'Keys',
  memory: 'Memory',
  guardrail: 'Guardrail',
};

/** Of a part of an agent (`silence`, `tools.order_status`), for people. */
export function labelOf(key: string): string {
  return key.startsWith('tools.') ? `Tool ${key.slice('tools.'.length) || 'without a name'}` : (LABELS[key] ?? key);
}

/** One field that is not the same. */
export interface Difference {
  readonly label: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Every field that is not the same, tools by their names; where a whole part has come or gone, that part. */
export function differencesOf(before: Draft, after: Draft): Difference[] {
  const [old, next] = [partsOf(before), partsOf(after)];
  return [...new Set([...old.keys(), ...next.keys()])].flatMap((key) =>
    within(labelOf(key), old.get(key), next.get(key)),
  );
}

function within(label: string, before: unknown, after: unknown): Difference[] {
  if (isSame(before, after)) return [];
  if (!isObject(before) || !isObject(after)) return [{ label, before, after }];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
    within(`${label} · ${key}`, before[key], after[key]),
  );
}

/** A value as text: what is in it a line each. */
export function shownValue(value: unknown): string {
  if (value === undefined || value === null) return 'not there';
  if (!isObject(value) && !Array.isArray(value)) return String(value);
  return JSON.stringify(value, null, 2);
}
