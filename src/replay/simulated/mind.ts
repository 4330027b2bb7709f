import type { Simulated } from './schema.js';

/** What was said so far, as the caller has it. */
export interface SaidLine {
  who: 'agent' | 'caller';
  words: string;
}

/** The agent's words since the caller last answered, and all that was said before them. */
export interface HeardTurn {
  words: string;
  before: readonly SaidLine[];
}

export type Decision = { kind: 'say'; fact: string } | { kind: 'goodbye' } | { kind: 'wait' };

/** Decides what a caller says to the agent's words. One for each call. */
export interface CallerMind {
  decide(turn: HeardTurn): Promise<Decision>;
}

/** Decides by the rules in the file. */
export function ruleMind({ answers, goodbye }: Simulated): CallerMind {
  const given = new Set<Simulated['answers'][number]>();
  return {
    async decide({ words }) {
      if (goodbye.when.test(words)) return { kind: 'goodbye' };
      const answer = answers.find(
        (each) => each.when.test(words) && !each.unless?.test(words) && !(each.once && given.has(each)),
      );
      if (!answer) return { kind: 'wait' };
      given.add(answer);
      return { kind: 'say', fact: answer.say };
    },
  };
}
