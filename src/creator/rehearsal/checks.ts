import type { Judge } from '../../agents/judge.js';
import { messageOf } from '../../errors.js';
import type { RehearsedTurn, Scenario, ScenarioResult } from '../artefacts.js';
import { TRANSFER_TOOL } from './tools.js';

type Expectation = Scenario['must'][number];
type Check = ScenarioResult['checks'][number];
/** What was looked for was there, or not, and how one can tell; `cannot-tell` fails either way. */
interface Finding {
  readonly found: boolean | 'cannot-tell';
  readonly detail: string;
}

/** Holds what a scenario demands against what was said and done in it. */
export async function checksOf(
  scenario: Scenario,
  transcript: readonly RehearsedTurn[],
  judge: Judge,
): Promise<Check[]> {
  const said = transcript.filter(({ role }) => role === 'agent').map(({ text }) => text);
  const called = transcript.flatMap(({ toolCalls = [] }) => toolCalls.map(({ name }) => name));
  const check = async (expectation: Expectation, must: boolean): Promise<Check> => {
    const { found, detail } = await look(expectation, said, called, judge);
    return { ...expectation, must, passed: found === must, detail };
  };
  return Promise.all([
    ...scenario.must.map((expectation) => check(expectation, true)),
    ...scenario.mustNot.map((expectation) => check(expectation, false)),
  ]);
}

/** What a scenario demands when it could not be played: nothing of it was shown. */
export function unmet(scenario: Scenario, detail: string): Check[] {
  const fail = (must: boolean) => (expectation: Expectation) => ({ ...expectation, must, passed: false, detail });
  return [...scenario.must.map(fail(true)), ...scenario.mustNot.map(fail(false))];
}

async function look(
  { kind, value }: Expectation,
  said: readonly string[],
  called: readonly string[],
  judge: Judge,
): Promise<Finding> {
  switch (kind) {
    case 'says': {
      const words = plain(value);
      if (words === '') return { found: 'cannot-tell', detail: 'there are no words to look for' };
      const turn = said.find((text) => ` ${plain(text)} `.includes(` ${words} `));
      return turn === undefined
        ? { found: false, detail: 'the agent never said these words' }
        : { found: true, detail: `the agent said: ${turn}` };
    }
    case 'calls-tool':
      return called.includes(value)
        ? { found: true, detail: 'the tool was called' }
        : { found: false, detail: called.length === 0 ? 'no tool was called' : `only ${called.join(', ')} was called` };
    case 'hands-off':
      return called.includes(TRANSFER_TOOL)
        ? { found: true, detail: 'the caller was put through to a person' }
        : { found: false, detail: 'the caller was not put through to a person' };
    case 'means': {
      if (said.length === 0) return { found: false, detail: 'the agent said nothing' };
      const { answer, reason } = await judge
        .ask({ meaning: value, text: said.join('\n') })
        .catch((error: unknown) => ({ answer: 'cannot-tell' as const, reason: messageOf(error) }));
      if (answer === 'cannot-tell') return { found: answer, detail: `cannot tell: ${reason}` };
      return { found: answer === 'yes', detail: `judged: ${reason}` };
    }
  }
}

/** Words alone: whoever speaks has neither capitals nor punctuation. */
function plain(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/['’]/g, '')
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim();
}
