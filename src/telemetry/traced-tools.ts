import type { ToolRunner } from '../call/ports.js';
import type { CallSpans } from './call-spans.js';

/** The same tools, whose runs hand the trace of the call on to whom they ask, and tell the code of a failure. */
export function tracedTools(tools: ToolRunner, spans: Pick<CallSpans, 'traceFor' | 'toolFailed'>): ToolRunner {
  return {
    async run(call, context) {
      const trace = spans.traceFor(context.callSid, call.callId);
      const outcome = await tools.run(call, trace ? { ...context, trace } : context);
      if (outcome.kind === 'failed') spans.toolFailed(context.callSid, call.callId, outcome.code);
      return outcome;
    },
  };
}
