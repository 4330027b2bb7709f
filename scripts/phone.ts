import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { processTerminal } from '../src/replay/run/terminal.js';
import { type PhoneStep, runPhone } from '../src/replay/stand-ins/phone-run.js';

interface Options {
  url: string;
  from: string;
  to: string;
  wait: number;
  seconds: number;
  network?: string;
  out?: string;
  authTokenEnv: string;
  unsigned?: true;
  accountSid?: string;
  publicUrl?: string;
  statusUrl?: string;
}

const COULD_NOT_RUN = 2;

const MORE_HELP = `
The caller takes the steps in their order. Each waits until nothing has been heard for --wait seconds; all but the first
also until there was an answer to the step before, 10 s at most.

Exit codes:
  0  the call was carried
  1  the call was lost, or Twilio would have reported an error or a warning
  2  it could not be placed: a bad option or file, or nobody listens at the URL

Examples:
  npm run phone -- --url http://127.0.0.1:3000 --say hello.wav --out heard.wav
  npm run phone -- --url http://127.0.0.1:5050/incoming-call --unsigned --press 2# --seconds 10
  npm run phone -- --url http://127.0.0.1:3000 --public-url https://bridge.example.com --say hello.wav
`;

const steps: PhoneStep[] = [];

const command: Command = new Command('phone')
  .description('Calls a Twilio voice webhook as Twilio would: signs, follows TwiML, speaks Media Streams.')
  .requiredOption('--url <url>', 'the voice webhook; without a path /twilio/voice')
  .option('--from <number>', 'who calls', '+14155550100')
  .option('--to <number>', 'who is called', '+14155550199')
  .optionsGroup('What the caller does (each may be given several times):')
  .option('--say <file>', 'says a WAV file: mu-law at 8 kHz, or PCM of any rate', step('say'))
  .option('--press <keys>', 'presses keys: 0 to 9, *, #, A to D', step('press'))
  .option('--wait <seconds>', 'how long nothing is heard before a step', positive, 1.5)
  .option('--seconds <n>', 'hangs up after so long', positive, 30)
  .optionsGroup('Who calls:')
  .option('--auth-token-env <name>', "environment variable with the account's auth token", 'TWILIO_AUTH_TOKEN')
  .option('--unsigned', 'signs nothing')
  .option('--account-sid <sid>', 'the account (default: TWILIO_ACCOUNT_SID, else AC and zeros)')
  .option(
    '--public-url <url>',
    'scheme and host that the bridge is known by: these are signed (default: those of --url)',
  )
  .option('--status-url <url>', "gets the call's end (default: /twilio/status when --url has no path, else nobody)")
  .optionsGroup('Line and result:')
  .option('--network <list>', 'a bad line, such as jitter=30,loss=2; all impairments: npm run replay -- --help')
  .option('--out <file>', 'writes a WAV: the caller left, the agent right')
  .addHelpText('after', MORE_HELP)
  .exitOverride();

try {
  command.parse();
  const { authTokenEnv, unsigned, accountSid, wait, seconds, ...options } = command.opts<Options>();
  const authToken = unsigned ? null : process.env[authTokenEnv];
  if (authToken === undefined || authToken === '') {
    command.error(`error: ${authTokenEnv} is not set: name another with --auth-token-env, or call --unsigned`);
  }
  const hangUp = new AbortController();
  process.once('SIGINT', () => hangUp.abort());
  process.exitCode = await runPhone(
    {
      ...options,
      authToken,
      accountSid: accountSid ?? process.env.TWILIO_ACCOUNT_SID,
      steps,
      quietMs: wait * 1000,
      hangUpAfterMs: seconds * 1000,
    },
    processTerminal(),
    hangUp.signal,
  );
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : COULD_NOT_RUN;
}

/** Both kinds go to one list: their order counts. */
function step(kind: PhoneStep['kind']) {
  return (written: string): void => {
    if (kind === 'say') steps.push({ kind, file: written });
    else if (/^[0-9*#A-D]+$/.test(written)) steps.push({ kind, keys: written });
    else throw new InvalidArgumentError('must be keys: 0 to 9, *, #, A to D.');
  };
}

function positive(written: string): number {
  const value = Number(written);
  if (!(value > 0 && value <= 86_400)) throw new InvalidArgumentError('must be a number of seconds above 0.');
  return value;
}
