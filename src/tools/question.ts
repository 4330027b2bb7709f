import { BridgeError } from '../errors.js';
import type { ToolInput } from './ports.js';

const PROMPT_FIELDS = ['prompt'];
const QUESTION_FIELDS = ['query', 'question', 'prompt'];

/** What an agent is asked: the prompt, or the only text of the input, or else the whole input as JSON. */
export function promptOf(input: ToolInput): string {
  if (Object.keys(input).length === 0) throw new BridgeError('TOOL_INPUT_INVALID', '"prompt" is missing');
  return textOf(input, PROMPT_FIELDS) ?? JSON.stringify(input);
}

/** What documents are searched for: the query, or the only text of the input. */
export function questionOf(input: ToolInput): string {
  const question = textOf(input, QUESTION_FIELDS);
  if (question === undefined) throw new BridgeError('TOOL_INPUT_INVALID', '"query" is missing');
  return question;
}

function textOf(input: ToolInput, fields: readonly string[]): string | undefined {
  for (const field of fields) {
    const text = Object.hasOwn(input, field) ? input[field] : undefined;
    if (typeof text === 'string' && text.trim() !== '') return text.trim();
  }
  const texts = Object.values(input).filter((value) => typeof value === 'string' && value.trim() !== '');
  return texts.length === 1 ? String(texts[0]).trim() : undefined;
}
