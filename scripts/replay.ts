import { join } from 'node:path';
import { Argument, Command, CommanderError, InvalidArgumentError } from 'commander';
import { FIXTURES_DIR } from '../src/replay/fixture/fixture.js';
import { IMPAIRMENTS } from '../src/replay/impair.js';
import { COULD_NOT_RUN, runReplay } from '../src/replay/run/run.js';
import type { RunOptions } from '../src/replay/run/run-options.js';
import { processTerminal } from '../src/replay/run/terminal.js';
import { replayBoxes } from '../src/replay/virtual/box-run.js';

type Switches = 'bail' | 'virtual' | 'webhook' | 'update' | 'yes';
type Lists = 'places' | 'agents' | 'agentVersions' | 'impairments';
type Options = Omit<RunOptions, Switches | Lists> & {
  [Name in Switches]?: true;
} & { agent?: string[]; agentVersion?: number[]; impair?: string[]; box?: string[] };

const impairments = Object.values(IMPAIRMENTS).map(({ example, help }) => `  ${example.padEnd(22)}${help}`);

const MORE_HELP = `
Impairments of --impair, several joined by commas:
${impairments.join('\n')}

Exit codes:
  0  every call is as expected (after --update: or expects now what was found)
  1  an expectation failed
  2  something could not be run: a bad option or file, or a call that could not be placed

Examples:
  npm run replay                                                    all of fixtures/calls
  npm run replay -- 'fixtures/calls/caller-*' --out out/replay      with out/replay/run.html to look at
  npm run replay -- --repeat 5 --grep interrupt                     how often they pass
  npm run replay -- --impair none --impair jitter=40,loss=2         on a good and on a bad line
  npm run replay -- --json now.json --against before.json           what is not as it was
  npm run replay -- --box data/blackboxes/CA…                       what a bridge that changed decides otherwise
  npm run replay -- --url https://bridge.example.com --token ort_…  against a bridge that runs, by test calls
`;

const command = new Command('replay')
  .description('Replays recorded calls and checks what they expect.')
  .addArgument(
    new Argument('[folders...]', 'folders of recorded calls, folders of such folders, or patterns').default(
      [join(FIXTURES_DIR, 'calls')],
      'fixtures/calls',
    ),
  )
  .optionsGroup('Which calls:')
  .option('--grep <pattern>', 'only calls whose name this regular expression finds', pattern)
  .option('--repeat <n>', 'each call n times, for a pass rate', wholeNumber, 1)
  .option('--bail', 'one call after the other, and none after the first that is not as expected')
  .optionsGroup('Where (the local stack when nothing is said):')
  .option('--speed <n>', 'multiple of real time on the local stack, up to about 9', positive, 1)
  .option('--virtual', 'in memory: as fast as the machine can, and with the same seed always the same')
  .option('--seed <n>', 'of --virtual (default: 1)', wholeNumber)
  .option('--url <url>', 'a bridge that runs: by test calls, in real time')
  .option('--token <token>', 'a token of that bridge, of a tester or more')
  .option('--webhook', 'calls the Twilio webhook of --url in place of test calls, signed with TWILIO_AUTH_TOKEN')
  .option('--box <path...>', 'black boxes or folders of them, in memory: tells where this bridge decides otherwise')
  .option('--jobs <n>', 'how many calls at once (default: 20 on the local stack, 4 on a running bridge)', wholeNumber)
  .optionsGroup('Side by side (each may be given several times; every combination is a column):')
  .option('--agent <name>', "a file of fixtures/agents, or the bridge's agent of this name or id", each(text))
  .option('--agent-version <n>', 'a version of the agent on the bridge of --url', each(wholeNumber))
  .option('--impair <list>', 'a bad line, such as jitter=40,loss=2; "none" for a good one', each(text))
  .option('--against <file>', 'tells what is not as it was in an earlier run, of which this is the --json file')
  .optionsGroup('Simulated callers:')
  .option('--caller-model <modelId>', 'a model on Bedrock that decides for them, in place of their rules')
  .option('--keep <folder>', 'keeps what they did in calls that failed, as recorded calls')
  .optionsGroup('Results:')
  .option('--judge <modelId>', 'a model on Bedrock that tells whether words mean what `meaning:` expects')
  .option('--out <dir>', 'writes run.html, and for each call report.html, report.json and heard.wav')
  .option('--json <file>', 'writes everything but the sound')
  .option('--junit <file>', 'writes JUnit XML')
  .option('--update', 'writes found words, tool calls and endings into call.yaml of the calls that failed; asks before')
  .option('--yes', 'does not ask')
  .addHelpText('after', MORE_HELP)
  .exitOverride();

try {
  command.parse();
  const { agent = [], agentVersion = [], impair = [], box, ...options } = command.opts<Options>();
  if (box) {
    const { text: differences, exitCode } = await replayBoxes(box);
    process.stdout.write(differences);
    process.exit(exitCode);
  }
  const wanted: RunOptions = {
    bail: false,
    virtual: false,
    webhook: false,
    authToken: process.env.TWILIO_AUTH_TOKEN,
    update: false,
    yes: false,
    ...options,
    places: command.processedArgs[0] as string[],
    agents: agent,
    agentVersions: agentVersion,
    impairments: impair,
  };
  // What could not be opened may have left something open: nothing of it may keep the command from ending.
  process.exit(await runReplay(wanted, processTerminal()));
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : COULD_NOT_RUN;
}

function each<Value>(parse: (text: string) => Value) {
  return (written: string, before: readonly Value[] = []): Value[] => [...before, parse(written)];
}

function text(written: string): string {
  return written;
}

function pattern(written: string): RegExp {
  try {
    return new RegExp(written, 'i');
  } catch {
    throw new InvalidArgumentError('is no regular expression.');
  }
}

function positive(written: string): number {
  const value = Number(written);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('must be a number above 0.');
  return value;
}

function wholeNumber(written: string): number {
  const value = Number(written);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number from 1.');
  return value;
}
