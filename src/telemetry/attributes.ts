import type { AudioTotals } from '../call/audio-count.js';
import type { CallEvent } from '../call/events.js';
import type { TokenUsage } from '../call/ports.js';
import type { StreamRecord, ToolCallRecord, Turn } from '../call/record.js';
import type { SpanAttributes } from './span.js';

/**
 * What spans say, by the semantic conventions where they have a name for it, else under `oratio.`.
 * Source: https://github.com/open-telemetry/semantic-conventions-genai (docs/gen-ai/gen-ai-spans.md, gen-ai-agent-spans.md)
 */

const PROVIDER = 'aws.bedrock';

/** What stands for a name that may be anything. Source: semantic conventions, `error.type`. */
export const OTHER = '_OTHER';

/** Names of tools come from the model and reasons from a service: only what looks like a name is passed on. */
export function nameOr<Fallback>(text: string, fallback: Fallback): string | Fallback {
  return /^[\w.-]{1,64}$/.test(text) ? text : fallback;
}

/** On every span of a call. */
export function conversationAttributes(
  callSid: string,
  served?: { agentId: string | null; agentVersion: number | null },
): SpanAttributes {
  return {
    'gen_ai.conversation.id': callSid,
    'gen_ai.agent.id': served?.agentId ?? undefined,
    'gen_ai.agent.version': served?.agentVersion?.toString(),
  };
}

export function callAttributes({ direction, test }: Extract<CallEvent, { kind: 'rang' }>): SpanAttributes {
  return { 'oratio.call.direction': direction, 'oratio.call.test': test };
}

export function turnAttributes(index: number, turn: Turn): SpanAttributes {
  const common = { 'oratio.turn.index': index, 'oratio.turn.role': turn.role, 'oratio.turn.sensitive': turn.sensitive };
  if (turn.role === 'caller') return common;
  const parts = Object.entries(turn.responseGapParts ?? {});
  return {
    ...common,
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.provider.name': PROVIDER,
    'gen_ai.output.type': 'speech',
    'oratio.turn.interrupted': turn.interrupted,
    'oratio.turn.heard_ms': turn.heardMs,
    'oratio.turn.response_gap_ms': turn.responseGapMs,
    'oratio.turn.response_gap_from_turn_end_ms': turn.responseGapFromTurnEndMs,
    ...Object.fromEntries(parts.map(([part, ms]) => [`oratio.turn.response_gap.${part}_ms`, ms])),
  };
}

export function toolAttributes({ id, name, kind }: ToolCallRecord): SpanAttributes {
  const isKnowledge = kind === 'knowledge-base' || kind === 's3-vectors';
  return {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': nameOr(name, OTHER),
    'gen_ai.tool.type': isKnowledge ? 'datastore' : 'function',
    'gen_ai.tool.call.id': nameOr(id, undefined),
    'oratio.tool.kind': kind,
  };
}

export function streamAttributes(index: number, { modelId, region }: StreamRecord): SpanAttributes {
  return {
    'gen_ai.operation.name': 'generate_content',
    'gen_ai.provider.name': PROVIDER,
    'gen_ai.request.model': modelId,
    'gen_ai.request.stream': true,
    'gen_ai.output.type': 'speech',
    'cloud.region': region,
    'oratio.stream.index': index,
  };
}

/** All tokens, and of these the spoken and the written ones. */
export function usageAttributes({ input, output }: TokenUsage): SpanAttributes {
  return {
    'gen_ai.usage.input_tokens': input.speechTokens + input.textTokens,
    'gen_ai.usage.audio.input_tokens': input.speechTokens,
    'gen_ai.usage.text.input_tokens': input.textTokens,
    'gen_ai.usage.output_tokens': output.speechTokens + output.textTokens,
    'gen_ai.usage.audio.output_tokens': output.speechTokens,
    'gen_ai.usage.text.output_tokens': output.textTokens,
  };
}

export function audioAttributes(audio: AudioTotals): SpanAttributes {
  return {
    'oratio.audio.dead_air_ms': audio.deadAirMs,
    'oratio.audio.filled_ms': audio.filledMs,
    'oratio.audio.dropped_ms': audio.droppedMs,
    'oratio.audio.clears': audio.clears,
  };
}
