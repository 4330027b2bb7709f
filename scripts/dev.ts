import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Command, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import { realClock } from '../src/clock.js';
import { buildConsole } from '../src/console-build.js';
import { messageOf } from '../src/errors.js';
import { FIXTURES_DIR, type Fixture, loadAgentFile, loadFixture } from '../src/replay/fixture/fixture.js';
import { LiveView } from '../src/replay/live-view.js';
import { failureLine } from '../src/replay/run/report.js';
import { replay } from '../src/replay/runner.js';
import { type LocalStack, startLocalStack } from '../src/replay/stack/local-stack.js';

const NUMBER = '+14155550199';
const SAMPLE_CALL = 'agent-hangs-up-after-its-goodbye-was-heard';
/** Below this level of pino, log lines are not shown. */
const WARN = 40;

const command: Command = new Command('dev')
  .description('Keeps the local stack running: the bridge with stand-ins for voice model and telephone.')
  .option('--port <n>', 'where the bridge listens', port, 3000)
  .parse();

let view: LiveView | undefined;
const { port: listeningPort } = command.opts<{ port: number }>();
const starting = buildConsole().then(() =>
  startLocalStack({
    port: listeningPort,
    publicUrl: `http://127.0.0.1:${listeningPort}`,
    clock: realClock(),
    onCallEvent: (event) => view?.callEvent(event),
    onLogLine: (line) => {
      if ((JSON.parse(line) as { level: number }).level >= WARN) process.stderr.write(line);
    },
  }),
);

// From the first moment on: whoever is killed while the database starts or stops leaves its server behind.
let isStopping = false;
const stop = async () => {
  if (isStopping) return;
  isStopping = true;
  process.stdout.write('\nStopping.\n');
  await (await starting).close();
  process.exit(0);
};
process.on('SIGINT', stop);
process.on('SIGTERM', stop);

let stack: LocalStack;
try {
  stack = await starting;
} catch (error) {
  command.error(`Cannot start: ${messageOf(error)}`);
}
// It is stopped: what is below would find it closed.
if (isStopping) await new Promise(() => undefined);

const { agent, number } = loadAgentFile(join(FIXTURES_DIR, 'agents', 'reception.yaml'));
const { id } = await stack.admin.post<{ id: string }>('/agents', agent);
await stack.admin.put(`/numbers/${encodeURIComponent(NUMBER)}`, { ...number, agentId: id });
const call = loadFixture(join(FIXTURES_DIR, 'calls', SAMPLE_CALL));

process.stdout.write(`
${pc.bold('The bridge runs on')} ${stack.url}

  admin token   ${stack.adminToken}
  agent         ${id} (${agent.name})
  number        ${NUMBER} is answered by it

${pc.bold('Look at it')}
  ${stack.url}   (the console: log in with the token)

  curl -H 'Authorization: Bearer ${stack.adminToken}' ${stack.url}/api/agents
  curl -H 'Authorization: Bearer ${stack.adminToken}' ${stack.url}/api/calls

  ${stack.url}/docs   (the API, to be read)

${pc.bold('Place a call')}
  ${process.stdin.isTTY ? 'press Enter here' : 'send an empty line to this process'}: a recorded caller rings, and you see what happens
  npm run replay -- fixtures/calls/${SAMPLE_CALL}   (on a stack of its own, with its expectations checked)

Ctrl-C stops everything.
`);

let isCalling = false;
const input = createInterface({ input: process.stdin });
input.on('line', async () => {
  if (isCalling) return;
  isCalling = true;
  await placeCall(call).finally(() => {
    isCalling = false;
  });
});

async function placeCall(fixture: Fixture): Promise<void> {
  const live = new LiveView(fixture);
  view = live;
  const result = await replay(fixture, stack, (news) => live.replayNews(news)).finally(() => live.close());
  if (isStopping) return;
  for (const failure of result.failures) process.stdout.write(`  ${pc.red(failureLine(failure))}\n`);
  process.stdout.write(`  recorded as ${stack.url}/api/calls/${result.call?.callSid ?? ''}\n\n`);
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) throw new InvalidArgumentError('must be a port.');
  return value;
}
