import { createInterface } from 'node:readline/promises';

/** Where a command speaks to a person or to a program. */
export interface Terminal {
  /** What was asked for. */
  print(text: string): void;
  /** What is told beside it: progress and complaints. */
  tell(text: string): void;
  /** Where a bar can be drawn; undefined when nobody looks at it. */
  readonly bar: NodeJS.WriteStream | undefined;
  /** Whether somebody can answer. */
  readonly isInteractive: boolean;
  ask(question: string): Promise<string>;
}

export function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process;
  return {
    print: (text) => void stdout.write(text),
    tell: (text) => void stderr.write(text),
    bar: stderr.isTTY ? stderr : undefined,
    isInteractive: stdin.isTTY === true && stderr.isTTY === true,
    async ask(question) {
      const lines = createInterface({ input: stdin, output: stderr });
      try {
        return await lines.question(question);
      } finally {
        lines.close();
      }
    },
  };
}
