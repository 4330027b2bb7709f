import { BridgeError } from '../../errors.js';
import type { RehearsedTurn, Scenario } from '../artefacts.js';
import { ENDING_TOOLS, type Json, rehearsalAnswer } from './tools.js';

/** A block of a message as Converse has it, as far as a rehearsal reads it. */
export interface Block {
  readonly text?: string | undefined;
  readonly toolUse?:
    | { readonly toolUseId?: string | undefined; readonly name?: string | undefined; readonly input?: unknown }
    | undefined;
}

export type Message<Given extends Block> =
  | { readonly role: 'assistant'; readonly content: readonly Given[] }
  | {
      readonly role: 'user';
      readonly content: readonly ({ readonly text: string } | { readonly toolResult: Result })[];
    };

interface Result {
  readonly toolUseId: string;
  readonly content: readonly { readonly json: Json }[];
  readonly status: 'success' | 'error';
}

export interface Reply<Given extends Block> {
  readonly content: readonly Given[];
  readonly stopReason: string;
}

/** Requests that one line of the caller may take: a model that calls tools without end is stopped. */
const MAX_ROUNDS = 6;
/** Nova thinks aloud before it calls tools; nobody would hear that. Source: Amazon Nova user guide, tool use. */
const THINKING = /<thinking>[\s\S]*?(?:<\/thinking>|$)/g;

/**
 * Speaks the caller's lines one after the other and fills `transcript` with what comes of each, up to the end or to where it
 * breaks off. Rejects with TOOL_FAILED, in words, when the model stops in the middle, says nothing, or calls tools without
 * end; and with whatever `ask` rejects with.
 */
export async function playScenario<Given extends Block>(
  { callerSays }: Scenario,
  options: {
    readonly ask: (messages: readonly Message<Given>[]) => Promise<Reply<Given>>;
    readonly toolNames: readonly string[];
    readonly transcript: RehearsedTurn[];
  },
): Promise<void> {
  const { ask, toolNames, transcript } = options;
  const messages: Message<Given>[] = [];

  /** Whether the caller is still on the line afterwards. */
  const answerLine = async (): Promise<boolean> => {
    const said: string[] = [];
    const toolCalls: { name: string; input: unknown; output: Json }[] = [];
    const tell = () =>
      transcript.push({ role: 'agent', text: said.join(' '), ...(toolCalls.length > 0 && { toolCalls }) });
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const { content, stopReason } = await ask(messages);
      if (stopReason !== 'end_turn' && stopReason !== 'tool_use' && stopReason !== 'stop_sequence') {
        throw new BridgeError('TOOL_FAILED', `the model stopped in the middle of its answer (${stopReason})`);
      }
      const words = content.map(({ text = '' }) => text.replaceAll(THINKING, '').trim()).filter(Boolean);
      said.push(...words);
      const uses = content.flatMap(({ toolUse }) => (toolUse ? [toolUse] : []));
      if (content.length === 0 || (uses.length === 0 && said.length === 0)) {
        throw new BridgeError('TOOL_FAILED', 'the model said nothing');
      }
      messages.push({ role: 'assistant', content });
      if (uses.length === 0) {
        tell();
        return true;
      }
      const results = uses.map(({ toolUseId = '', name = '', input }): { toolResult: Result } => {
        const isKnown = toolNames.includes(name);
        const output = isKnown ? rehearsalAnswer(name, input) : { error: 'There is no such tool.' };
        toolCalls.push({ name, input, output });
        return { toolResult: { toolUseId, content: [{ json: output }], status: isKnown ? 'success' : 'error' } };
      });
      messages.push({ role: 'user', content: results });
      if (toolCalls.some(({ name }) => ENDING_TOOLS.includes(name) && toolNames.includes(name))) {
        tell();
        return false;
      }
    }
    tell();
    throw new BridgeError('TOOL_FAILED', `the model called tools ${MAX_ROUNDS} times and never answered`);
  };

  for (const text of callerSays) {
    transcript.push({ role: 'caller', text });
    messages.push({ role: 'user', content: [{ text }] });
    if (!(await answerLine())) return;
  }
}
