import type { ToolOutcome } from '../call/ports.js';
import { BridgeError } from '../errors.js';
import type { AgentAnswer, AskContext, RunContext } from './ports.js';

/** Shortest session id that AgentCore takes. Source: AgentCore, InvokeAgentRuntime, runtimeSessionId. */
const MIN_SESSION_ID = 33;
/** The agent's words were made of the cited texts already; where they are from may be asked for. */
const MAX_SOURCES = 5;

const UNFINISHED =
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
export function answered({ text, citations = [], notes }: AgentAnswer): ToolOutcome {
  if (text.trim() === '' && notes.length === 0) {
    throw new BridgeError('TOOL_FAILED', 'the system gave an empty answer', { reason: 'bad-answer' });
  }
  const named = citations.flatMap(({ source }) => (source === null ? [] : [source]));
  const sources = [...new Set(named)].slice(0, MAX_SOURCES);
  return {
    kind: 'answer',
    output: { answer: text, ...(sources.length > 0 && { sources }), ...(notes.length > 0 && { notes }) },
  };
}
