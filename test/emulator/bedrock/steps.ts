import { MODELS } from '../../../src/emulator/bedrock/models.js';
import { InputRules, type RuleOptions } from '../../../src/emulator/bedrock/rules.js';
import { openingEvents, textBlock } from './sdk-client.js';

/** One event of the input: its name and its fields. */
export type Step = [string, Readonly<Record<string, unknown>>];

export const names = { promptName: 'prompt', contentName: 'audio' };
export const before = openingEvents({ audio: false });
export const open = openingEvents({ tools: ['look_up'] });
export const audio: Step = ['audioInput', { ...names, content: 'AAAAAA==' }];
export const endAudio: Step = ['contentEnd', names];
export const endPrompt: Step = ['promptEnd', { promptName: 'prompt' }];
export const endSession: Step = ['sessionEnd', {}];
export const toolStart = (toolUseId: string, contentName = 'result'): Step => [
  'contentStart',
  {
    promptName: 'prompt',
    contentName,
    type: 'TOOL',
    interactive: false,
    role: 'TOOL',
    toolResultInputConfiguration: { toolUseId, type: 'TEXT', textInputConfiguration: { mediaType: 'text/plain' } },
  },
];
export const result = (content: string): Step => [
  'toolResult',
  { promptName: 'prompt', contentName: 'result', content },
];

/** The opening with one event changed. */
export function changed(index: number, change: (fields: Fields) => void, events: readonly Step[] = open): Step[] {
  return events.map(([name, fields], at) => {
    if (at !== index) return [name, fields];
    const copy = structuredClone(fields) as Fields;
    change(copy);
    return [name, copy];
  });
}
export type Fields = Record<string, Record<string, unknown> & Record<string, Record<string, unknown>[]>> & {
  [key: string]: unknown;
};

export function setTool(fields: Fields, change: Record<string, unknown>): void {
  const [tool] = fields.toolConfiguration!.tools as unknown as { toolSpec: Record<string, unknown> }[];
  Object.assign(tool!.toolSpec, change);
}

export function history(count: number, byteLength: number): Step[] {
  return Array.from({ length: count }, (_, index) =>
    textBlock(`h${index}`, index % 2 === 0 ? 'USER' : 'ASSISTANT', false, 'x'.repeat(byteLength)),
  ).flat();
}

export function v1Opening(): Step[] {
  return changed(0, (fields) => delete fields.turnDetectionConfiguration, before);
}

/** The message of the first refusal and the number of the event; undefined when all is accepted. */
export function refusal(steps: readonly (Step | string)[], options: Partial<RuleOptions> = {}) {
  const rules = new InputRules({
    model: MODELS[1]!,
    lenientHistory: false,
    refusesAudioDuringTools: false,
    ...options,
  });
  rules.toolCalled('tool-1');
  for (const [index, step] of steps.entries()) {
    const json = typeof step === 'string' ? step : JSON.stringify({ event: { [step[0]]: step[1] } });
    const verdict = rules.take(json);
    if (!verdict.ok) return { message: verdict.message, detail: verdict.detail, index };
  }
  return undefined;
}
