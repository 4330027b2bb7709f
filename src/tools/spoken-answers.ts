import { agentOutput, UNFINISHED } from './agent-answer.js';
import { ERROR_ADVICE } from './mcp.js';
import { trimmed } from './passages.js';
import type { AgentAnswer, Passage } from './ports.js';
import { SPOKEN_SIZE, spokenSize } from './spoken-size.js';

/*
 * What was asked, cut to what the belt will leave of it: where an answer is read it may be long, where calls are carried only
 * this much of it arrives. Cutting it there again changes nothing.
 */

type SpokenOutput = {
  readonly answer: string;
  readonly sources?: readonly string[];
  readonly notes?: readonly string[];
};

/** Of an agent. Of its citations only the sources are left. */
export function spokenAnswer(given: AgentAnswer): AgentAnswer {
  const { answer, sources, notes = [] } = spokenSize(agentOutput(given)) as SpokenOutput;
  return {
    text: answer,
    ...(sources && { citations: sources.map((source) => ({ source, text: '' })) }),
    notes,
  };
}

/** Of an agent that is still speaking. */
export function spokenSoFar(soFar: () => string | undefined): () => string | undefined {
  return () => {
    const text = soFar();
    return text === undefined ? undefined : spokenAnswer({ text, notes: [UNFINISHED] }).text;
  };
}

/** Of a search. */
export function spokenPassages(passages: readonly Passage[]): Passage[] {
  return trimmed(passages).map(({ source = null, ...passage }) => ({ ...passage, source }));
}

const ROOM_OF_ADVICE = JSON.stringify({ advice: ERROR_ADVICE }).length;

/** Of a tool of an MCP server; an error leaves room for the advice that stands beside it. */
export function spokenToolAnswer<Answer extends { output: Readonly<Record<string, unknown>>; isError: boolean }>(
  answer: Answer,
): Answer {
  const limit = answer.isError ? SPOKEN_SIZE - ROOM_OF_ADVICE : SPOKEN_SIZE;
  return { ...answer, output: spokenSize(answer.output, limit) };
}
