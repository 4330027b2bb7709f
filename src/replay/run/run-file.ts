import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { BridgeError, messageOf } from '../../errors.js';
import { type CallDifferences, comparedCall, type EarlierRun } from './compare.js';
import { jsonReport } from './report.js';
import { type Run, runSentence, verdictOf } from './run-results.js';

/** Changed when a program that reads the file has to change, too. */
const FORMAT = 1;

/** Everything about a run but its audio: what `--json` writes and `--against` reads. */
export function runJson(run: Run, differences?: readonly CallDifferences[]) {
  const verdicts = run.calls.map(({ result }) => verdictOf(result));
  const count = (wanted: string) => verdicts.filter((verdict) => verdict === wanted).length;
  return {
    format: FORMAT,
    startedAt: run.startedAt,
    tookMs: run.tookMs,
    where: run.where,
    summary: runSentence(run),
    counts: {
      wanted: run.wanted,
      passed: count('passed'),
      failed: count('failed'),
      notRun: count('not-run'),
    },
    variants: run.variants,
    rounds: run.rounds,
    calls: run.calls.map((call) => {
      const { variant, round, verdict } = comparedCall(call);
      const { name, ...report } = jsonReport(call.result);
      return { name, variant, round, verdict, ...report };
    }),
    ...(differences && { differences }),
  };
}

const data = z.record(z.string(), z.unknown());
const startMs = z.number();
const turn = z.discriminatedUnion('role', [
  z.object({ role: z.literal('caller'), text: z.string(), startMs }),
  z.object({
    role: z.literal('agent'),
    text: z.string(),
    heardText: z.string(),
    interrupted: z.boolean(),
    startMs,
    responseGapMs: z.number().optional(),
  }),
]);
const record = z.object({
  endReason: z.string().nullable(),
  turns: z.array(turn),
  toolCalls: z.array(
    z.object({
      name: z.string(),
      input: data,
      output: data,
      outcome: z.enum(['running', 'answered', 'failed', 'aborted']),
      startMs,
    }),
  ),
});
/** Only what is compared; what else the file has may change freely. */
const runFile = z.object({
  format: z.literal(FORMAT),
  startedAt: z.string(),
  calls: z.array(
    z.object({
      name: z.string(),
      variant: z.string(),
      round: z.number(),
      verdict: z.enum(['passed', 'failed', 'not-run']),
      record: record.nullable().default(null),
    }),
  ),
});

/** Reads what `--json` wrote. Throws `FIXTURE_INVALID` with file and reason. */
export function readRunFile(path: string): EarlierRun {
  const refuse = (reason: string, cause?: unknown): never => {
    throw new BridgeError(
      'FIXTURE_INVALID',
      `${path} is no JSON file of a run (--json): ${reason}`,
      { path },
      { cause },
    );
  };
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return refuse(messageOf(error), error);
  }
  const parsed = runFile.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return refuse(`${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim());
}
