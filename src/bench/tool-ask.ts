/** What the model stand-in asks an agent for: its call of a tool, and how long the agent is to take over it, in ms. */
export interface ToolAsk {
  id: string;
  tookMs: number;
}

/** The question in words, as it crosses the bridge. */
export function askWords({ id, tookMs }: ToolAsk): string {
  return `Please work on ${id} for ${tookMs} ms.`;
}

/** The question out of its words; undefined when nothing of the bench has asked it. */
export function parseAsk(words: unknown): ToolAsk | undefined {
  const [, id, tookMs] = /^Please work on (\S+) for (\d+) ms\.$/.exec(String(words)) ?? [];
  return id === undefined ? undefined : { id, tookMs: Number(tookMs) };
}

/** The answer in two pieces, as an agent that streams gives it; the id stands in the last one. */
export function answerPieces(id: string): [string, string] {
  return ['I have looked that up for you, and everything is in good order. ', `The work on ${id} is done.`];
}
