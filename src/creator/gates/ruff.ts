import { createRequire } from 'node:module';
import type { Diagnostic, Workspace } from '@astral-sh/ruff-wasm-nodejs';
import { z } from 'zod';

const PACKAGE = '@astral-sh/ruff-wasm-nodejs';
/** Errors only, no matters of taste: syntax, names that are nowhere, what Python refuses when it loads the file, wrong format strings. */
const SETTINGS = {
  'target-version': 'py312',
  lint: { select: ['E9', 'F5', 'F63', 'F7', 'F811', 'F821', 'F822', 'F823', 'PLE'], ignore: ['F541'] },
};

const diagnosticsSchema = z.array(
  z.object({ code: z.string().nullable(), message: z.string(), start_location: z.object({ row: z.int() }) }),
);
export type RuffProblem = Pick<Diagnostic, 'code' | 'message'> & { readonly line: number };

/** Astral's ruff, compiled to WebAssembly. It is loaded when it is first needed, which takes about 0.2 s. */
export class Ruff {
  #workspace: Workspace | undefined;

  /** Its words of the program, as ruff prints them. Throws RangeError for what is nested too deeply. */
  tokens(program: string): string {
    return this.#use((workspace) => workspace.tokens(program));
  }

  check(program: string): RuffProblem[] {
    const answer: unknown = this.#use((workspace) => workspace.check(program));
    return diagnosticsSchema
      .parse(answer)
      .map(({ code, message, start_location }) => ({ code, message, line: start_location.row }));
  }

  #use<T>(ask: (workspace: Workspace) => T): T {
    try {
      this.#workspace ??= load();
      return ask(this.#workspace);
    } catch (error) {
      // Its memory may be in any state after that: the next program gets a new one.
      this.#workspace = undefined;
      unload();
      throw error;
    }
  }
}

const require = createRequire(import.meta.url);

function load(): Workspace {
  const { PositionEncoding, Workspace } = require(PACKAGE) as typeof import('@astral-sh/ruff-wasm-nodejs');
  return new Workspace(SETTINGS, PositionEncoding.Utf16);
}
function unload(): void {
  delete require.cache[require.resolve(PACKAGE)];
}
