import type { ToolCallRecord } from '../call/record.js';
import type { AgentVersion } from '../directory/agent.js';
import { takesLiveText } from '../directory/model-generation.js';
import { isNamed, type NamedTool, type Tool } from '../directory/tool.js';
import type { Redaction } from './redaction.js';

/** Whom an agent of a fixture puts callers through to. */
const PERSON = '+14155550190';
const LONGEST_DELAY_MS = 60_000;

/**
 * The agent as `fixtures/agents` have it. What it asked answers from a list, as it did in the call, so that the fixture needs
 * no service; a memory and a guardrail are left out for the same reason.
 */
export function agentFile(agent: AgentVersion, toolCalls: readonly ToolCallRecord[], redaction: Redaction): object {
  const { id: _id, version: _version, createdAt: _createdAt, memory: _memory, guardrail: _guardrail, ...rest } = agent;
  const named = agent.tools.filter(isNamed);
  const known = new Set(named.map(({ name }) => name.toLowerCase()));
  const strange = [...new Set(toolCalls.map(({ name }) => name))].filter((name) => !known.has(name.toLowerCase()));
  const tools = [
    ...named.map((tool) => asScripted(tool, toolCalls, redaction)),
    ...strange.map((name) => ({
      kind: 'scripted',
      name,
      description: 'A tool of a server.',
      answers: answersOf(name, toolCalls, redaction),
    })),
  ];
  const { silence, dtmf, ...always } = rest;
  return redaction.data({
    ...always,
    // A model that takes no text has neither: they are defaults there.
    ...(takesLiveText(agent.modelId) && { silence, dtmf }),
    tools,
  });
}

/** What the caller is put through with has no list: it is as it was, with an invented person. */
function asScripted(tool: NamedTool, toolCalls: readonly ToolCallRecord[], redaction: Redaction): object {
  if (tool.kind === 'handoff') return { ...tool, to: PERSON };
  if (tool.kind === 'hang-up' || tool.kind === 'sensitive') return tool;
  const { name, description, inputSchema, timeoutMs, waitSound } = tool satisfies Exclude<Tool, { kind: 'mcp' }>;
  const answers = answersOf(name, toolCalls, redaction);
  return { kind: 'scripted', name, description, ...(inputSchema && { inputSchema }), timeoutMs, waitSound, answers };
}

function answersOf(name: string, toolCalls: readonly ToolCallRecord[], redaction: Redaction): object[] {
  const own = toolCalls.filter((call) => call.name.toLowerCase() === name.toLowerCase());
  const answers = own.map(({ output, outcome, durationMs }) => {
    const delayMs = Math.min(LONGEST_DELAY_MS, durationMs);
    if (outcome === 'failed') return { error: redaction.text(String(output.error ?? 'failed')), delayMs };
    // Nobody waited for it any more.
    if (outcome !== 'answered') return { output: {}, delayMs: LONGEST_DELAY_MS };
    return { output: redaction.data(output), delayMs };
  });
  return answers.length > 0 ? answers : [{ output: {} }];
}
