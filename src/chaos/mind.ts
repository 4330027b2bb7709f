import type { ModelSession, SessionEvent } from '../emulator/bedrock/model-session.js';
import type { ModelScript, ScriptTurn } from '../emulator/bedrock/script.js';
import { ASK_AGAIN, HELLO, ONE_MOMENT, type SpokenLine, wordsOf } from './lines.js';
import { matchesOf, receivedOf } from './matching.js';
import { bytesOf, type Microphone } from './microphone.js';

/** One question of a caller and what answers it. */
export interface Question {
  readonly transcript: string;
  readonly answer: SpokenLine;
  /** Made as fast as it sounds. */
  readonly isRealTime: boolean;
  /** Stands in the tool's input and in its result; undefined: no tool is needed. */
  readonly toolToken: string | undefined;
  /** Where in the microphone it was asked, in samples; more than once when the caller had to repeat it. */
  readonly asked: { readonly from: number; readonly to: number }[];
}

export const TOOL_NAME = 'look_up';

/** So much of a question must be in the sound of an utterance to be understood. */
const UNDERSTOOD_SHARE = 0.5;
const BYTES_PER_SAMPLE = 2;
const BYTES_PER_MS = 16;
/** The transcript of what holds no question. */
const NOT_UNDERSTOOD = '(unclear)';
/** More than any stream of a short call needs. */
const TURNS_PER_STREAM = 30;

/**
 * What the voice model makes of one call. Like a real one it knows only what its stream was told: it recognises by their
 * sound the questions that it hears, answers each, and when it is told text it goes on from the history that it was given.
 * So whatever reaches it twice is answered twice, and what does not reach it is not answered.
 */
export class Mind {
  readonly #questions: readonly Question[];
  readonly #microphone: Microphone;

  constructor(questions: readonly Question[], microphone: Microphone) {
    this.#questions = questions;
    this.#microphone = microphone;
  }

  /** The lines of a stream, which are thought of when their turn has come. */
  scriptFor(session: ModelSession): ModelScript {
    let utteranceFromMs: number | undefined;
    let asked: HeardTurn | undefined;
    const texts: string[] = [];
    session.listen((event: SessionEvent) => {
      if (event.kind === 'utteranceStarted') utteranceFromMs = event.startMs;
      if (event.kind === 'textHeard' && event.isAnswered) texts.push(event.text);
      if (event.kind === 'utteranceEnded') {
        asked?.answer(this.#understood(session, utteranceFromMs ?? 0));
        utteranceFromMs = undefined;
      }
    });
    const hear = (turn: HeardTurn) => {
      asked = turn;
      return utteranceFromMs === undefined ? [] : this.#understood(session, utteranceFromMs);
    };
    const tell = (index: number) => {
      const text = texts[index];
      return text === undefined ? undefined : this.#replyTo(text, session);
    };
    return {
      turns: [
        ...Array.from({ length: TURNS_PER_STREAM }, () => new HeardTurn(hear)),
        ...Array.from({ length: TURNS_PER_STREAM }, (_, index) => new ToldTurn(() => tell(index))),
      ],
    };
  }

  #understood(session: ModelSession, fromMs: number): Question[] {
    const { samples } = session.heard;
    const bytes = bytesOf(samples).subarray(fromMs * BYTES_PER_MS);
    const matches = matchesOf(bytes, this.#microphone.samples, BYTES_PER_SAMPLE);
    return this.#questions.filter(({ asked }) =>
      asked.some(({ from, to }) => {
        const heard = receivedOf(matches, from * BYTES_PER_SAMPLE, to * BYTES_PER_SAMPLE);
        return heard >= (to - from) * BYTES_PER_SAMPLE * UNDERSTOOD_SHARE;
      }),
    );
  }

  #replyTo(text: string, { history }: ModelSession): string {
    const looked = this.#questions.find(({ toolToken }) => toolToken !== undefined && text.includes(toolToken));
    if (looked) return looked.answer.text;
    const asked = this.#questions.find(({ transcript }) => text.includes(transcript));
    if (asked) return asked.answer.text;
    const rest = goingOn(this.#questions, history);
    if (rest !== undefined) return rest;
    if (/^greet/i.test(text)) return HELLO;
    return /silent/i.test(text) ? ONE_MOMENT : ASK_AGAIN;
  }
}

/** What is left to say by a history: the answer to a question that has none, or the rest of one. */
export function goingOn(questions: readonly Question[], history: ModelSession['history']): string | undefined {
  const lastAsked = history.findLastIndex(({ role }) => role === 'USER');
  const entry = history[lastAsked];
  if (!entry) return undefined;
  const question = questions.findLast(({ transcript }) => entry.text.includes(transcript));
  if (!question) return undefined;
  const said = new Set(history.slice(lastAsked + 1).flatMap(({ text }) => wordsOf(text)));
  const left = wordsOf(question.answer.text).filter((word) => !said.has(word));
  return left.length === 0 ? undefined : `${left.join(' ')}.`;
}

/** The answer to whatever the next utterance turns out to be. */
class HeardTurn implements ScriptTurn {
  say?: string;
  sayFirst?: string;
  call?: NonNullable<ScriptTurn['call']>;
  burst?: number;
  readonly #hear: (turn: HeardTurn) => Question[];
  #transcript: string | undefined;

  constructor(hear: (turn: HeardTurn) => Question[]) {
    this.#hear = hear;
  }

  /** As far as the utterance goes: it is over when it is answered. */
  get hear(): string {
    return this.#transcript ?? transcriptOf(this.#hear(this));
  }

  answer(questions: readonly Question[]): void {
    this.#transcript = transcriptOf(questions);
    if (questions.length === 0) {
      this.say = ASK_AGAIN;
      return;
    }
    this.say = questions.map(({ answer }) => answer.text).join(' ');
    if (questions.some(({ isRealTime }) => isRealTime)) this.burst = 1;
    const tokens = questions.flatMap(({ toolToken }) => toolToken ?? []);
    if (tokens.length > 0) {
      this.sayFirst = ONE_MOMENT;
      this.call = tokens.map((token) => ({ [TOOL_NAME]: { prompt: token } }));
    }
  }
}

function transcriptOf(questions: readonly Question[]): string {
  return questions.length === 0 ? NOT_UNDERSTOOD : questions.map(({ transcript }) => transcript).join(', ');
}

/** The reply to the next text, whatever it will be. */
class ToldTurn implements ScriptTurn {
  /** Is in every text. */
  readonly text = '';
  readonly #reply: () => string | undefined;
  #said: string | undefined;

  constructor(reply: () => string | undefined) {
    this.#reply = reply;
  }

  get say(): string {
    this.#said ??= this.#reply();
    return this.#said ?? '';
  }
}
