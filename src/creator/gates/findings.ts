import type { Finding } from '../artefacts.js';

/** Tells of something in agent.py. */
export type Tell = (rule: string, line: number | null, message: string) => void;

const MOST = 50;

/** Collects findings of one file: the same one is told once, and no more than a generator can read. */
export class Findings {
  readonly #file: Finding['file'];
  readonly #found = new Map<string, Finding>();

  constructor(file: Finding['file']) {
    this.#file = file;
  }

  readonly tell: Tell = (rule, line, message) => {
    if (this.#found.size >= MOST) return;
    this.#found.set(`${rule} ${line} ${message}`, { file: this.#file, rule, line, message });
  };

  get all(): Finding[] {
    return [...this.#found.values()].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  }
}
