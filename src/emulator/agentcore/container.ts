import type { Clock } from '../../clock.js';
import { messageOf } from '../../errors.js';
import { type AwsAnswer, AwsProblem } from '../aws/server.js';
import { wait } from '../aws/wait.js';
import type { RuntimeAnswer, RuntimeScript, SessionView } from './script.js';

const TYPES: Readonly<Record<number, string>> = {
  400: 'ValidationException',
  401: 'UnauthorizedException',
  402: 'ServiceQuotaExceededException',
  403: 'AccessDeniedException',
  404: 'ResourceNotFoundException',
  409: 'ConflictException',
  424: 'RuntimeClientError',
  429: 'ThrottlingException',
};

/**
 * Lets the agent's code answer, as the Python SDK's server and the service in front of it would: a failure of the code is
 * 424, one in the middle of a stream an event. Source: bedrock-agentcore (Python), runtime/app.py.
 */
export async function containerAnswer(
  script: RuntimeScript,
  payload: Buffer,
  session: SessionView,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<AwsAnswer> {
  const parsed = parse(payload);
  if (!parsed) throw containerFailure(400);
  let answer: RuntimeAnswer;
  try {
    answer = await script.answer(parsed.value, session);
  } catch {
    throw containerFailure(500);
  }
  if (answer.delayMs !== undefined) await wait(clock, answer.delayMs, signal);
  const { error, raw, sse } = answer;
  if (error) throw new AwsProblem(error.status, TYPES[error.status] ?? 'InternalServerException', error.message);
  if (raw) {
    if (raw.status >= 400) throw containerFailure(raw.status);
    return { status: raw.status, headers: { 'content-type': raw.contentType }, body: raw.body };
  }
  if (sse) {
    const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };
    return { status: 200, headers, body: events(sse, answer.gapMs ?? 0, clock, signal) };
  }
  const json = JSON.stringify(answer.json ?? null);
  return { status: 200, headers: { 'content-type': 'application/json' }, body: json };
}

async function* events(
  values: readonly unknown[] | AsyncIterable<unknown>,
  gapMs: number,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let isFirst = true;
  try {
    for await (const value of values) {
      if (!isFirst && gapMs > 0) await wait(clock, gapMs, signal);
      signal.throwIfAborted();
      isFirst = false;
      yield line(value);
    }
  } catch (error) {
    if (signal.aborted) throw error;
    const type = error instanceof Error ? error.name : 'Exception';
    yield line({ error: messageOf(error), error_type: type, message: 'An error occurred during streaming' });
  }
}

function line(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

function parse(payload: Buffer): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(payload.toString('utf8')) };
  } catch {
    return undefined;
  }
}

function containerFailure(status: number): AwsProblem {
  const message = `Received error (${status}) from runtime. Please check your CloudWatch logs for more information.`;
  return new AwsProblem(424, 'RuntimeClientError', message);
}
