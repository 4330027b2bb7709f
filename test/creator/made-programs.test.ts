import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Scenario } from '../../src/creator/artefacts.js';
import { type Piece, type PythonMachine, pythonMachine } from '../../src/emulator/agentcore/python/machine.js';
import type { AwsCalls } from '../../src/emulator/agentcore/python/services.js';
import { author } from '../../src/emulator/models/author/author.js';
import type { ConverseRequest } from '../../src/emulator/models/converse.js';
import { OTHERS, procedure } from '../emulator/author/procedures.js';
import { type Made, make } from '../emulator/author/studio.js';

const PROCEDURES: readonly (readonly [name: string, sop: string])[] = [
  ...['returns-and-refunds', 'appointment-booking', 'technical-support', 'troubled/german', 'troubled/spanish'].map(
    (name) => [name, procedure(name)] as const,
  ),
  ...Object.entries(OTHERS),
];
/** Python has to come up, on a machine that does other things. */
const START_MS = 180_000;
const MODEL_ID = 'amazon.nova-pro-v1:0';

interface Block {
  readonly text?: string;
  readonly toolUse?: { readonly name: string };
  readonly toolResult?: { readonly status?: string };
}
interface Asked {
  readonly system?: readonly { readonly text: string }[];
  readonly messages: readonly { readonly role: string; readonly content: readonly Block[] }[];
  readonly toolConfig?: { readonly tools: readonly { readonly toolSpec: { readonly name: string } }[] };
}

const answerOf = author();
const asked: Asked[] = [];
/** The rule-based author in the model's place, as the program asks it. */
const calls: AwsCalls = {
  'bedrock-runtime.converse': async (input) => {
    const body = input as Asked;
    asked.push(body);
    const request: ConverseRequest = {
      modelId: MODEL_ID,
      messages: body.messages as ConverseRequest['messages'],
      system: (body.system ?? []).map(({ text }) => text).join('\n'),
      toolNames: (body.toolConfig?.tools ?? []).map(({ toolSpec }) => toolSpec.name),
      body: { ...body },
    };
    const { text, toolUses = [] } = (await answerOf(request, 1)) ?? {};
    const uses = toolUses.map(({ name, input: given }, at) => ({
      toolUse: { toolUseId: `use-${asked.length}-${at}`, name, input: given },
    }));
    return {
      output: { message: { role: 'assistant', content: [...(text === undefined ? [] : [{ text }]), ...uses] } },
      stopReason: uses.length > 0 ? 'tool_use' : 'end_turn',
      usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
    };
  },
};

describe.each(PROCEDURES)('the program made of %s', (name, sop) => {
  let machine: PythonMachine;
  let made: Made;
  const printed: string[] = [];
  let isFirst = true;
  beforeAll(async () => {
    machine = pythonMachine({ calls, print: (line) => printed.push(line) });
    [made] = await Promise.all([make(sop), machine.ready()]);
  }, START_MS);
  afterAll(() => machine.close());

  const ask = async (sessionId: string, prompt: string): Promise<string> => {
    const { code, prompt: prompts, plan } = made;
    const environment = Object.fromEntries(plan.environment.map((each) => [each, 'x']));
    const pieces: Piece[] = [];
    const order = {
      ...{ key: name, isFirst, entryPoint: 'agent.py', headers: {} },
      environment: { AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1', MODEL_ID, ...environment },
      files: { 'agent.py': code.agentPy, 'full_prompt.md': prompts.fullPrompt },
      sessionId,
      payload: { prompt, session_id: sessionId, actor_id: '+14155550100' },
    };
    isFirst = false;
    for await (const piece of machine.run(order)) pieces.push(piece);
    const json = pieces.map((piece) => piece.json).join('');
    expect(
      pieces.filter(({ part }) => part === 'broken' || part === 'failed'),
      `${json}\n${printed.join('\n')}`,
    ).toEqual([]);
    const answer = JSON.parse(json) as { result?: unknown; error?: unknown };
    expect(answer, printed.join('\n')).toEqual({ result: expect.any(String) as string });
    return String(answer.result);
  };
  const plain = (text: string) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim();
  const kindsOf = ({ must }: Scenario) => new Set(must.map(({ kind }) => kind));
  const only = (kind: Scenario['must'][number]['kind']) =>
    made.scenarios.filter((scenario) => kindsOf(scenario).size === 1 && kindsOf(scenario).has(kind));

  it(
    'comes up and says what the procedure fixes',
    async () => {
      const spoken = only('says');

      expect(spoken.length).toBeGreaterThan(0);
      for (const [at, { callerSays, must }] of spoken.entries()) {
        let said = '';
        for (const line of callerSays) said += ` ${await ask(`says-${at}-of-more-than-33-characters-in-all`, line)}`;
        for (const { value } of must) expect(plain(said)).toContain(plain(value));
      }
    },
    START_MS,
  );

  it(
    'calls the tools of its plan, each of which answers',
    async () => {
      asked.length = 0;

      for (const [at, { callerSays }] of only('calls-tool').entries()) {
        // Each question to the program stands by itself: the voice model sums up what was said, or asks line by line.
        for (const line of new Set([callerSays.join(' '), ...callerSays])) {
          await ask(`calls-${at}-of-more-than-33-characters-in-all`, line);
        }
      }

      const blocks = asked.flatMap(({ messages }) => messages.flatMap(({ content }) => content));
      const called = new Set(blocks.flatMap(({ toolUse }) => toolUse?.name ?? []));
      const statuses = blocks.flatMap(({ toolResult }) =>
        toolResult === undefined ? [] : (toolResult.status ?? 'success'),
      );
      const planned = new Set(made.plan.tools.map(({ name: tool }) => tool));
      expect([...called].filter((tool) => !planned.has(tool))).toEqual([]);
      expect(called.size).toBeGreaterThan(1);
      expect(new Set(statuses)).toEqual(new Set(['success']));
    },
    START_MS,
  );
});
