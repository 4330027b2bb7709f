import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { processTerminal } from '../src/replay/run/terminal.js';
import { type ModelRunOptions, runModel } from '../src/replay/stand-ins/model-run.js';

const COULD_NOT_RUN = 2;

const MORE_HELP = `
It prints the variables to set for the program under test, then a line for all that its sessions do. Ctrl-C ends it.

Exit codes:
  0  it ran until it was stopped
  2  it could not be started: a bad option or script, or the port is taken

Examples:
  npm run model
  npm run model -- --port 4000 --script fixtures/calls/question-gets-an-answer/model.yaml --endpointing-ms 800
`;

const command = new Command('model')
  .description('A stand-in for Amazon Nova Sonic: its bidirectional stream, on this machine, without an AWS account.')
  .option('--port <n>', 'of 127.0.0.1 (default: any free one)', port, 0)
  .option('--script <file>', "the model's lines (see fixtures/calls/README.md); without it, it answers by itself")
  .option(
    '--endpointing-ms <n>',
    "pause that ends the caller's turn (default: as the client asks, 1500 to 2000)",
    length,
  )
  .addHelpText('after', MORE_HELP)
  .exitOverride();

try {
  command.parse();
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  process.exitCode = await runModel(command.opts<ModelRunOptions>(), processTerminal(), stop.signal);
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : COULD_NOT_RUN;
}

function port(written: string): number {
  const value = Number(written);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) throw new InvalidArgumentError('must be a port.');
  return value;
}

function length(written: string): number {
  const value = Number(written);
  if (!Number.isInteger(value) || value < 100 || value > 10_000) {
    throw new InvalidArgumentError('must be a whole number of ms from 100 to 10000.');
  }
  return value;
}
