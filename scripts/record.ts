import { Command, InvalidArgumentError } from 'commander';
import { BridgeError } from '../src/errors.js';
import { fixtureFromBridge } from '../src/replay/recorded/from-bridge.js';
import { fixtureOfCall, writeFixture } from '../src/replay/recorded/make.js';

interface Options {
  dataDir: string;
  redact: string[];
  agent?: string;
  stream: number;
  url?: string;
  token?: string;
}

const MORE_HELP = `
Exit codes:
  0  the folder is written
  1  nothing is written: a bad option, no black box of that call, a folder that exists or cannot be made, a bridge that does
     not answer, or a call that makes no fixture; standard error has the reason

Examples:
  npm run record -- CA0123… fixtures/calls/order-number-is-understood --redact "Ada Lovelace"
  npm run record -- CA0123… my-calls/second-half --stream 2
  npm run record -- CA0123… my-calls/seen-in-production --url https://bridge.example.com --token ort_…
`;

const command = new Command('record')
  .description('Makes a fixture of a recorded call, to be replayed.')
  .argument('<callSid>', 'a call over a number that records')
  .argument('<folder>', 'the new folder of the fixture')
  .option('--data-dir <dir>', 'DATA_DIR of the bridge', process.env.DATA_DIR ?? 'data')
  .option('--redact <text...>', 'names and other texts that must not be in it; card numbers and keys never are', [])
  .option('--agent <name>', 'an agent of fixtures/agents, instead of the one of the call')
  .option('--stream <n>', 'which media stream of a call that came back', wholeNumber, 1)
  .option('--url <url>', 'a bridge that runs, which makes it: where its data cannot be read here')
  .option('--token <token>', 'a token of that bridge, of a tester or more')
  .addHelpText('after', MORE_HELP)
  .parse();
const [callSid = '', folder = ''] = command.args;
const { dataDir, redact, agent, stream, url, token } = command.opts<Options>();
if ((url === undefined) !== (token === undefined)) command.error('--url and --token belong together.');

try {
  const isRemote = url !== undefined && token !== undefined;
  const make = { redact, stream, ...(agent && { agent }) };
  const files = isRemote
    ? await fixtureFromBridge(url, token, callSid, make)
    : await fixtureOfCall(dataDir, callSid, make);
  writeFixture(files, folder);
  const notes = [...textOf(files.get('call.yaml')).matchAll(/^# ((?:Redacted|Note): .*)$/gm)].map(([, note]) => note);
  process.stdout.write(
    [
      `${folder}: ${files.size} files.`,
      ...notes,
      `Listen to it and edit call.yaml, then: npm run replay -- ${folder}`,
      '',
    ].join('\n'),
  );
} catch (error) {
  const isExpected = error instanceof BridgeError || (error instanceof Error && 'syscall' in error);
  if (!isExpected) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

function textOf(content: string | Uint8Array = ''): string {
  return typeof content === 'string' ? content : Buffer.from(content).toString();
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number from 1.');
  return value;
}
