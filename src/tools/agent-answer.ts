import type { ToolOutcome } from '../call/ports.js';
import { BridgeError } from '../errors.js';
import type { AgentAnswer, AskContext, RunContext } from './ports.js';

/** Shortest session id that AgentCore takes. Source: AgentCore, InvokeAgentRuntime, runtimeSessionId. */
const MIN_SESSION_ID = 33;
/** The agent's words were made of the cited texts already; where they are from may be asked for. */
const MAX_SOURCES = 5;

/** Beside what an agent had said when its time was over. */
export const UNFINISHED =
  'The system was still answering when the time was up: the rest of the answer is missing. Say so if it matters.';

/** The session that an agent has for a call: the CallSid, which is long enough; other ids are lengthened. */
export function sessionIdOf(callSid: string): string {
  return callSid.padEnd(MIN_SESSION_ID, '-');
}

export function askContext({ callSid, signal, trace }: RunContext): AskContext {
  return { sessionId: sessionIdOf(callSid), signal, ...(trace && { trace }) };
}

/** For an agent whose words come one by one: what it has said when its time is over is an answer, too. */
export function whileStreaming({ partly }: RunContext): NonNullable<AskContext['streams']> {
  return (soFar) =>
    partly(() => {
      const text = soFar();
      return text === undefined ? undefined : answered({ text, notes: [UNFINISHED] });
    });
}

/** What an agent answered, as the model gets it. TOOL_FAILED when it said nothing at all. */
export function answered(answer: AgentAnswer): ToolOutcome {
  if (answer.text.trim() === '' && answer.notes.length === 0) {
    throw new BridgeError('TOOL_FAILED', 'the system gave an empty answer', { reason: 'bad-answer' });
  }
  return { kind: 'answer', output: agentOutput(answer) };
}

export function agentOutput({ text, citations = [], notes }: AgentAnswer) {
  const named = citations.flatMap(({ source }) => (source === null ? [] : [source]));
  const sources = [...new Set(named)].slice(0, MAX_SOURCES);
  return { answer: text, ...(sources.length > 0 && { sources }), ...(notes.length > 0 && { notes }) };
}
