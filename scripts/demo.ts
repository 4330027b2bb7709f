import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import pc from 'picocolors';
import type { CallEvent } from '../src/call/events.js';
import { messageOf } from '../src/errors.js';
import { showCreator } from '../src/replay/creator-show.js';
import { FIXTURES_DIR, type Fixture, loadFixture } from '../src/replay/fixture/fixture.js';
import { LiveView } from '../src/replay/live-view.js';
import type { ReplayResult } from '../src/replay/replayed-call.js';
import { writeReport } from '../src/replay/run/out.js';
import { failureLine, latencyTable, toolLine, transcriptLines } from '../src/replay/run/report.js';
import { replay } from '../src/replay/runner.js';
import { type LocalStack, startLocalStack } from '../src/replay/stack/local-stack.js';

/** Three calls that show the most in the least time. */
const CALLS = [
  'caller-interrupts-and-the-agent-stops',
  'order-status-comes-from-an-agentcore-agent',
  'agent-hangs-up-after-its-goodbye-was-heard',
];
const OUT = fileURLToPath(new URL('../out/demo', import.meta.url));

const print = (text = '') => process.stdout.write(`${text}\n`);

const command = new Command('demo')
  .description('Places recorded calls on the local stack.')
  .option('--creator', 'makes an agent of a written procedure first, and calls it')
  .parse();

process.exitCode = await demo(command.opts<{ creator?: boolean }>().creator === true);

async function demo(isCreator: boolean): Promise<number> {
  print(
    isCreator
      ? 'A written procedure becomes an agent, is rehearsed, approved, and answers a recorded call, all on this machine.\n'
      : 'Recorded human calls on the real wire: a telephone, the bridge, a voice model and an AgentCore agent, all on this machine.\n',
  );
  let view: LiveView | undefined;
  const stack = await startLocalStack({ onCallEvent: (event: CallEvent) => view?.callEvent(event) });
  const results: ReplayResult[] = [];
  try {
    for (const fixture of isCreator ? [await showCreator(stack, print)] : sampleCalls()) {
      print(pc.bold(fixture.name.replaceAll('-', ' ')));
      print(pc.dim(fixture.call.description));
      const live = new LiveView(fixture);
      view = live;
      const result = await replay(fixture, stack, (news) => live.replayNews(news)).finally(() => live.close());
      results.push(result);
      tell(result, writeReport(result, OUT));
    }
  } catch (error) {
    print(pc.red(messageOf(error)));
    return 1;
  } finally {
    await stack.close();
  }
  const failed = results.filter(({ failures }) => failures.length > 0).length;
  print(
    failed === 0
      ? pc.green(`${results.length === 1 ? 'The call went' : `${results.length} calls went`} as expected.`)
      : pc.red(`${failed} of ${results.length} calls were not as expected.`),
  );
  tellOfStalls(stack);
  print(`Hear and see them: ${relative(process.cwd(), OUT) || '.'}/<call>/heard.wav, report.html, report.json`);
  return failed === 0 ? 0 : 1;
}

function sampleCalls(): Fixture[] {
  return CALLS.map((name) => loadFixture(join(FIXTURES_DIR, 'calls', name)));
}

function tellOfStalls({ stalledMs }: LocalStack): void {
  if (stalledMs <= 1000) return;
  print(
    pc.dim(
      `The machine was busy elsewhere for ${(stalledMs / 1000).toFixed(1)} s; the calls' time stood still meanwhile.`,
    ),
  );
}

function tell(result: ReplayResult, folder: string): void {
  const { record, failures } = result;
  const section = (title: string, lines: readonly string[]) => {
    if (lines.length > 0) print(`\n  ${pc.underline(title)}\n${lines.map((line) => `  ${line}`).join('\n')}`);
  };
  section('Transcript, as heard', transcriptLines(record?.turns ?? []));
  section('Tool calls', (record?.toolCalls ?? []).map(toolLine));
  section("From the caller's last sound to the agent's first", latencyTable(result));
  section(
    'Not as expected',
    failures.map((failure) => pc.red(failureLine(failure))),
  );
  print(
    `\n  ${failures.length === 0 ? pc.green('✓ as expected') : pc.red('✗ not as expected')}  ${pc.dim(relative(process.cwd(), folder))}\n`,
  );
}
