/** What the model stand-in asks an agent for: its call of a tool, how long the agent is to take over it, and say. */
export interface ToolAsk {
  id: string;
  tookMs: number;
  /** At least so long is the answer, in bytes; left out: two sentences. */
  answerBytes?: number;
}

/** Of one event of a long answer. */
const PIECE_BYTES = 10_000;

/** The question in words, as it crosses the bridge. */
export function askWords({ id, tookMs, answerBytes }: ToolAsk): string {
  const size = answerBytes === undefined ? '' : ` and say ${answerBytes} bytes`;
  return `Please work on ${id} for ${tookMs} ms${size}.`;
}

/** The question out of its words; undefined when nothing of the bench has asked it. */
export function parseAsk(words: unknown): ToolAsk | undefined {
  const [, id, tookMs, bytes] =
    /^Please work on (\S+) for (\d+) ms(?: and say (\d+) bytes)?\.$/.exec(String(words)) ?? [];
  if (id === undefined) return undefined;
  return { id, tookMs: Number(tookMs), ...(bytes !== undefined && { answerBytes: Number(bytes) }) };
}

/** The answer in pieces, as an agent that streams gives it; the id stands in the last one, and in the first of a long one. */
export function answerPieces({ id, answerBytes = 0 }: Pick<ToolAsk, 'id' | 'answerBytes'>): [string, ...string[]] {
  const last = `The work on ${id} is done.`;
  if (answerBytes === 0) return ['I have looked that up for you, and everything is in good order. ', last];
  const sentence = 'Of this there is a lot to be said, and nobody will hear it. ';
  const piece = sentence.repeat(Math.ceil(PIECE_BYTES / sentence.length)).slice(0, PIECE_BYTES);
  return [`The work on ${id} was long. `, ...Array<string>(Math.ceil(answerBytes / PIECE_BYTES)).fill(piece), last];
}
