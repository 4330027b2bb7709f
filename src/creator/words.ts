import type { CodeReview, Finding, PlanReview, Requirements } from './artefacts.js';
import type { StageName, StageRecord } from './job.js';

/** What a reason may be long: what is in it stands in the stages as well, whole. */
const MAX_REASON = 2000;
const MAX_NAMED = 8;
/** The rule of a finding that says of the job, not of how its procedure was read, what is missing. */
export const PERSON_MISSING = 'person-missing';

const DOING: Readonly<Record<StageName, string>> = {
  'parse-sop': 'Reading the procedure',
  'parse-voice': 'Reading the voice personality',
  'draft-plan': 'Planning the agent',
  'review-plan': 'Reviewing the plan',
  'write-code': 'Writing the code',
  'check-code': 'Checking the code',
  'review-code': 'Reviewing the code',
  'write-prompt': 'Writing the prompts',
  'check-prompt': 'Checking the prompts',
  'write-scenarios': 'Writing the rehearsals',
  rehearse: 'Rehearsing',
  store: 'Writing the agent to the bucket',
  'meta-agent': 'Having the agent made by AgentCreator',
};

/** What a stage does: "Writing the code". */
export function doing(stage: StageName): string {
  return DOING[stage];
}

export function wordsOfFailure({ stage, round, error }: StageRecord, tries: number): string {
  const often = tries > 1 ? `, also when tried ${tries} times` : '';
  return cut(
    `${doing(stage)}${round > 1 ? ` (round ${round})` : ''} failed${often}: ${error ?? 'for no known reason'}`,
  );
}

export function wordsOfFindings({ stage, round, findings }: StageRecord): string {
  const often = round > 1 ? ` after ${round} rounds` : '';
  return cut(
    `${doing(stage)} ended with ${counted(findings.length, 'finding')}${often}: ${listed(findings.map(inWords))}`,
  );
}

/** What forbids to go on after the procedure has been read; undefined when nothing does. */
export function wordsOfReading(
  requirements: Requirements | undefined,
  findings: readonly Finding[],
): string | undefined {
  if (!requirements) return 'What was read out of the procedure cannot be used: begin again.';
  const { contradictions, suspicious } = requirements;
  const missing = findings.filter(({ rule }) => rule === PERSON_MISSING);
  const unread = findings.filter(({ rule }) => rule !== PERSON_MISSING);
  const parts = [
    ...(contradictions.length > 0
      ? [
          `The procedure contradicts itself; change it and begin again: ${listed(
            contradictions.map(({ quotes, explanation }) => `${quotes.map(quoted).join(' and ')} (${explanation})`),
          )}`,
        ]
      : []),
    ...(suspicious.length > 0
      ? [
          `The procedure speaks to those who make the agent instead of describing what to do; take this out and begin again: ${listed(suspicious.map(quoted))}`,
        ]
      : []),
    ...(unread.length > 0 ? [`The procedure could not be read completely: ${listed(unread.map(inWords))}`] : []),
    ...missing.map(({ message }) => `${message} Then begin again.`),
  ];
  return parts.length === 0 ? undefined : cut(parts.join(' '));
}

export function wordsOfReview(what: 'plan' | 'code', review: PlanReview | CodeReview | undefined): string {
  const issues = review?.issues.map(({ problem, suggestion }) => `${problem} (${suggestion})`) ?? [];
  const said = issues.length > 0 ? listed(issues) : 'without giving a reason';
  return cut(`The ${what} was not approved in its last round. The reviewer says: ${said}`);
}

interface JudgedEvidence {
  readonly results: readonly {
    readonly title: string;
    readonly how: string;
    readonly passed: boolean;
    readonly error?: string | undefined;
    readonly checks: readonly { readonly passed: boolean; readonly detail: string }[];
  }[];
  readonly coverage: readonly { readonly clauseId: string; readonly quote: string; readonly state: string }[];
}

/** What the rehearsals hold against the agent; undefined when nothing. Pieces of information need not be asked for. */
export function wordsOfEvidence(
  requirements: Requirements | undefined,
  evidence: JudgedEvidence | undefined,
): string | undefined {
  if (!requirements || !evidence) return 'There is no evidence of rehearsals that can be read.';
  const { results, coverage } = evidence;
  const failed = results
    .filter(({ passed }) => !passed)
    .map(({ title, how, error, checks }) => {
      const why = error ?? checks.find(({ passed }) => !passed)?.detail;
      return `"${title}" (${how})${why === undefined ? '' : `: ${why}`}`;
    });
  const broken = coverage.filter(({ state }) => state === 'failed').map(({ quote }) => quoted(quote));
  const covered = new Set(coverage.filter(({ state }) => state !== 'not-rehearsed').map(({ clauseId }) => clauseId));
  const missing = requirements.clauses
    .filter(({ id, kind }) => kind !== 'information' && !covered.has(id))
    .map(({ quote }) => quoted(quote));
  const parts = [
    ...(failed.length > 0 ? [`${counted(failed.length, 'rehearsal')} failed: ${listed(failed)}`] : []),
    ...(broken.length > 0 ? [`Not followed: ${listed(broken)}`] : []),
    ...(missing.length > 0 ? [`Never rehearsed: ${listed(missing)}`] : []),
  ];
  return parts.length === 0 ? undefined : cut(parts.join(' '));
}

export function wordsOfUnproven(stage: StageName): string {
  return `${doing(stage)} has not ended well, and the job must not go on without it: begin again.`;
}

function inWords({ file, line, message }: Finding): string {
  return line === null || file === 'sop' ? message : `${file} line ${line}: ${message}`;
}

function listed(items: readonly string[]): string {
  const more = items.length - MAX_NAMED;
  const named = items
    .slice(0, MAX_NAMED)
    .map((item) => item.replace(/\.$/, ''))
    .join('; ');
  return more > 0 ? `${named}; and ${more} more.` : `${named}.`;
}

function quoted(words: string): string {
  return `"${words}"`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function cut(text: string): string {
  return text.length <= MAX_REASON ? text : `${text.slice(0, MAX_REASON - 1)}…`;
}
