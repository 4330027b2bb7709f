import { StreamedAnswer } from './answer-stream.js';
import { errorIn, parsedJson, textOf } from './answer-text.js';
import { type BodyEnd, readBody } from './body.js';
import { failure, WHO } from './failure.js';
import { LARGE_LENGTH, readHead, shortData } from './head.js';
import { type SseEvent, SseParser } from './sse.js';

/** A source that an answer was drawn from, and the passage used. */
export interface Citation {
  readonly source: string | null;
  readonly text: string;
}

export interface AgentAnswer {
  /** The agent's words, JSON when it answered with data; the beginning of what is far too long to be spoken. May be empty. */
  readonly text: string;
  readonly citations?: readonly Citation[];
  /** What the model must know about the answer besides: what was left out, what the agent wants done. */
  readonly notes: readonly string[];
}

/** The answer as it comes from a runtime, whichever way it was asked. */
export interface RuntimeResponse {
  readonly contentType: string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
}

/** `isKnownShape` is false when the words had to be guessed: the answer's JSON is given as it is. */
export interface ReadAnswer extends AgentAnswer {
  readonly isKnownShape: boolean;
}

/**
 * Reads an answer by its content type: server-sent events, JSON, or plain text. Throws TOOL_FAILED when the agent
 * reports an error (also with HTTP 200 or in the middle of a stream), and when nothing can be read from it. `streams` is told
 * how to read what a stream has said so far.
 */
export async function readAnswer(
  { contentType, body }: RuntimeResponse,
  streams: (soFar: () => string | undefined) => void = () => undefined,
): Promise<ReadAnswer> {
  const type = contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'text/event-stream') return readStream(body, streams);
  if (/^(?:text\/html|image\/|audio\/|video\/|application\/(?:pdf|zip|xml|xhtml\+xml)$)/.test(type)) {
    await readBody(body, () => undefined, 0);
    throw failure('bad-answer', WHO, { details: { contentType: type } });
  }
  return readWhole(body, type);
}

async function readStream(
  body: AsyncIterable<Uint8Array>,
  streams: (soFar: () => string | undefined) => void,
): Promise<ReadAnswer> {
  const parser = new SseParser();
  const answer = new StreamedAnswer();
  // Half of the data is of no use; half of the words is.
  streams(() => (answer.error !== undefined || answer.isData || answer.text === '' ? undefined : answer.text));
  const add = async (events: readonly SseEvent[]) => {
    for (const event of events) {
      const { type, data } = event;
      answer.add(data.length > LARGE_LENGTH ? { type, data: await shortData(data) } : event);
    }
  };
  const end = await readBody(body, (slice) => add(parser.push(slice)));
  if (end.at === 'complete') await add(parser.end());
  if (answer.error !== undefined) throw agentError(answer.error);
  const { text, isData } = answer;
  if (text === '') refuseUnfinished(end);
  return { text, notes: notesOn(text, end), isKnownShape: !isData };
}

async function readWhole(body: AsyncIterable<Uint8Array>, type: string): Promise<ReadAnswer> {
  const { text, json, end } = await readHead(body);
  const value = json === undefined ? undefined : parsedJson(json);
  if (value === undefined) return readPlain(text, end, type);
  const error = errorIn(value);
  if (error !== undefined) throw agentError(error);
  const words = textOf(value)?.trim();
  return {
    text: words ?? JSON.stringify(value),
    notes: notesOn(words ?? text, end),
    isKnownShape: words !== undefined,
  };
}

/** Half of a JSON answer is of no use; half of a text is. */
function readPlain(text: string, end: BodyEnd, type: string): ReadAnswer {
  const words = text.trim();
  if (words === '' || /json/.test(type) || /^[{[<]/.test(words)) {
    refuseUnfinished(end);
    if (words !== '') throw failure('bad-answer', WHO, { details: { contentType: type } });
  }
  return { text: words, notes: notesOn(words, end), isKnownShape: true };
}

function refuseUnfinished(end: BodyEnd): void {
  if (end.at === 'broken') throw failure('truncated', WHO, { cause: end.cause });
  if (end.at === 'too-long') throw failure('bad-answer', WHO, { words: 'its answer is longer than 1 MB' });
}

function agentError(words: string) {
  return failure('agent-error', WHO, { words });
}

function notesOn(text: string, end: BodyEnd): string[] {
  return [
    ...(end.at === 'broken' ? ['The answer broke off; its end is missing.'] : []),
    ...(end.at === 'too-long' ? ['The answer is longer than 1 MB; its end was left out.'] : []),
    ...(text === '' ? ['The agent gave no words.'] : []),
    ...(text.includes('\uFFFD') ? ['Some characters of the answer could not be read.'] : []),
  ];
}
