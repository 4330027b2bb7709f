import { z } from 'zod';
import { parseDurationMs } from './duration.js';

/** What a caller's step waits for. Agent turns and caller's steps count from 1. */
export type Moment =
  | { kind: 'agent-turn'; number: number; edge: 'started' | 'ended' }
  | { kind: 'caller-step'; number: number; edge: 'started' | 'ended' }
  | { kind: 'tool'; name: string; edge: 'called' | 'answered' };

export interface Trigger {
  moment: Moment;
  /** How long after the moment, in ms. */
  plusMs: number;
}

const FORMS = 'must be like "agent-turn 1 started + 700ms", "caller-step 2 ended" or "tool order_status called + 1s"';
const FLOOR = /^(agent-turn|caller-step)\s+([1-9]\d*)\s+(started|ended)$/;
const TOOL = /^tool\s+([a-zA-Z0-9_-]+)\s+(called|answered)$/;

/** Reads `after:` of a step. Undefined when it is none. */
export function parseTrigger(text: string): Trigger | undefined {
  const [momentText = '', plusText, ...rest] = text.split('+').map((part) => part.trim());
  const plusMs = plusText === undefined ? 0 : parseDurationMs(plusText);
  if (plusMs === undefined || rest.length > 0) return undefined;
  const floor = FLOOR.exec(momentText);
  if (floor) {
    const kind = floor[1] === 'agent-turn' ? 'agent-turn' : 'caller-step';
    return { moment: { kind, number: Number(floor[2]), edge: floor[3] === 'started' ? 'started' : 'ended' }, plusMs };
  }
  const tool = TOOL.exec(momentText);
  if (!tool) return undefined;
  const edge = tool[2] === 'called' ? 'called' : 'answered';
  return { moment: { kind: 'tool', name: tool[1] ?? '', edge }, plusMs };
}

/** The moment in the words in which fixtures write it. */
export function wordsOf(moment: Moment): string {
  return moment.kind === 'tool'
    ? `tool ${moment.name} ${moment.edge}`
    : `${moment.kind} ${moment.number} ${moment.edge}`;
}

/** `after:` in YAML. */
export const trigger = z.string().transform((text, context) => {
  const parsed = parseTrigger(text);
  if (parsed) return parsed;
  context.addIssue({ code: 'custom', message: FORMS });
  return z.NEVER;
});
