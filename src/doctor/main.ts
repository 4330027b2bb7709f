import { parseArgs } from 'node:util';
import { messageOf } from '../errors.js';
import { examine } from './doctor.js';
import { isHealthy, lineText, reportJson, summaryText } from './report.js';

const HELP = `npm run doctor [-- --json]

Looks at this installation as the environment describes it: configuration, priority on this machine,
database, AWS, voice model, what agents ask of AWS, buckets of knowledge bases, recordings, Twilio, public
address. Changes nothing; opens one short session of the voice model and of each agent, and asks each
knowledge base and index once.
Ends with code 0 when nothing failed (warnings are allowed), else with 1.

  --json   the result as JSON, for programs
  --help   this text
`;

/** What keeps a connection open after the last line (a server that does not hang up) does not keep the process. */
const LINGER_MS = 1000;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { json: { type: 'boolean' }, help: { type: 'boolean' } } });
  const { stdout } = process;
  if (values.help) {
    stdout.write(HELP);
    return 0;
  }
  const hasColours = stdout.isTTY === true && !process.env.NO_COLOR;
  const lines = await examine({
    environment: process.env,
    tell(line) {
      if (!values.json) stdout.write(`${lineText(line, hasColours)}\n`);
    },
  });
  stdout.write(values.json ? `${reportJson(lines)}\n` : `\n${summaryText(lines)}\n`);
  return isHealthy(lines) ? 0 : 1;
}

main()
  .catch((error: unknown) => {
    process.stderr.write(`The doctor cannot work: ${messageOf(error)}\n`);
    return 1;
  })
  .then((exitCode) => {
    process.exitCode = exitCode;
    setTimeout(() => process.exit(), LINGER_MS).unref();
  });
