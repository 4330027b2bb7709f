import type { RuntimeAnswer, RuntimeScript } from '../script.js';
import type { Piece, PythonMachine } from './machine.js';

/** A program for AgentCore: what a zip holds beside its vendored packages. */
export interface PythonProgram {
  /** `arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/loader-Ab12Cd34Ef` */
  arn: string;
  /** Texts by their paths: `agent.py`, `full_prompt.md`. */
  files: Readonly<Record<string, string>>;
  /** Default `agent.py`. */
  entryPoint?: string;
  environment?: Readonly<Record<string, string>>;
}

/** What AgentCore says of a program that does not come to answer. */
const NOT_UP = 'Runtime initialization time exceeded. Please make sure that initialization completes in 30s.';
const CUSTOM_HEADER = /^(?:authorization$|x-amzn-bedrock-agentcore-runtime-custom-)/;

/** A runtime that really runs a Python program, with the stand-ins of `bedrock_agentcore` and `boto3` beside this file. */
export function pythonRuntime(program: PythonProgram, machine: PythonMachine): RuntimeScript {
  const { arn, files, entryPoint = 'agent.py' } = program;
  const region = arn.split(':')[3] ?? '';
  const environment = { AWS_REGION: region, AWS_DEFAULT_REGION: region, ...program.environment };
  return {
    arn,
    async answer(payload, { id, count, headers }) {
      const pieces = machine.run({
        key: `${arn} ${id}`,
        isFirst: count === 1,
        files,
        entryPoint,
        environment,
        sessionId: id,
        headers: Object.fromEntries(
          Object.entries(headers).flatMap(([name, value]) =>
            CUSTOM_HEADER.test(name) && value !== undefined ? [[name, String(value)]] : [],
          ),
        ),
        payload,
      });
      return answerOf(pieces[Symbol.asyncIterator]());
    },
  };
}

async function answerOf(pieces: AsyncIterator<Piece>): Promise<RuntimeAnswer> {
  const { value: first, done } = await pieces.next();
  if (done) throw new Error('the program gave no answer');
  if (first.part === 'value' || first.part === 'end') {
    return { raw: { status: 200, contentType: 'text/event-stream; charset=utf-8', body: events(first, pieces) } };
  }
  // Whoever comes next has to wait for the end of this one.
  await pieces.next();
  if (first.part === 'broken') return { error: { status: 424, message: NOT_UP } };
  return { raw: { status: first.part === 'json' ? 200 : 500, contentType: 'application/json', body: first.json } };
}

async function* events(first: Piece, pieces: AsyncIterator<Piece>): AsyncGenerator<string> {
  try {
    for (let piece: Piece | undefined = first; piece; piece = (await pieces.next()).value as Piece | undefined) {
      if (piece.part === 'value') yield `data: ${piece.json}\n\n`;
    }
  } finally {
    await pieces.return?.();
  }
}
