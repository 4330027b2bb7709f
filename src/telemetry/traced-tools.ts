import type { ToolRunner } from '../call/ports.js';
import type { CallSpans } from './call-spans.js';

/** The same tools, whose runs hand the trace of the call on to whom they ask. */
export function tracedTools(tools: ToolRunner, spans: Pick<CallSpans, 'traceFor'>): ToolRunner {
  return {
    about: (agent, name) => tools.about(agent, name),
    run(call, context) {
      const trace = spans.traceFor(context.callSid, call.callId);
      return tools.run(call, trace ? { ...context, trace } : context);
    },
  };
}
