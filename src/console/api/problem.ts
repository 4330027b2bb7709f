import type { Problem } from './types.ts';

/** What the API, or the way to it, answered in place of what was asked: with words for people. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  /** Every bad field by its path. */
  readonly fields: Readonly<Record<string, string>>;
  readonly problem: Problem | undefined;

  constructor(status: number, problem: Problem | undefined) {
    super(
      problem?.detail ??
        (status === 0 ? 'The bridge does not answer. What you typed is kept: try again.' : `HTTP ${status}`),
    );
    this.name = 'ApiProblem';
    this.status = status;
    this.code = problem?.code ?? 'UNREACHABLE';
    this.fields = Object.fromEntries((problem?.errors ?? []).map(({ field, message }) => [field, message]));
    this.problem = problem;
  }
}

/** In words, whatever was thrown. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
