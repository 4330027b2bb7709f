import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import pc from 'picocolors';
import type { CallEvent } from '../src/call/events.js';
import { FIXTURES_DIR, loadFixture } from '../src/replay/fixture/fixture.js';
import { LiveView } from '../src/replay/live-view.js';
import type { ReplayResult } from '../src/replay/replayed-call.js';
import { writeReport } from '../src/replay/run/out.js';
import { failureLine, latencyTable, toolLine, transcriptLines } from '../src/replay/run/report.js';
import { replay } from '../src/replay/runner.js';
import { startLocalStack } from '../src/replay/stack/local-stack.js';

/** Three calls that show the most in the least time. */
const CALLS = [
  'caller-interrupts-and-the-agent-stops',
  'order-status-comes-from-an-agentcore-agent',
  'agent-hangs-up-after-its-goodbye-was-heard',
];
const OUT = fileURLToPath(new URL('../out/demo', import.meta.url));

const print = (text = '') => process.stdout.write(`${text}\n`);

process.exitCode = await demo();

async function demo(): Promise<number> {
  print(
    'Recorded human calls on the real wire: a telephone, the bridge, a voice model and an AgentCore agent, all on this machine.\n',
  );
  const fixtures = CALLS.map((name) => loadFixture(join(FIXTURES_DIR, 'calls', name)));
  let view: LiveView | undefined;
  const stack = await startLocalStack({ onCallEvent: (event: CallEvent) => view?.callEvent(event) });
  const results: ReplayResult[] = [];
  try {
    for (const fixture of fixtures) {
      print(pc.bold(fixture.name.replaceAll('-', ' ')));
      print(pc.dim(fixture.call.description));
      const live = new LiveView(fixture);
      view = live;
      const result = await replay(fixture, stack, (news) => live.replayNews(news)).finally(() => live.close());
      results.push(result);
      tell(result, writeReport(result, OUT));
    }
  } finally {
    await stack.close();
  }
  const failed = results.filter(({ failures }) => failures.length > 0).length;
  print(
    failed === 0
      ? pc.green(`${results.length} calls as expected.`)
      : pc.red(`${failed} of ${results.length} calls were not as expected.`),
  );
  if (stack.stalledMs > 1000) {
    print(
      pc.dim(
        `The machine was busy elsewhere for ${(stack.stalledMs / 1000).toFixed(1)} s; the calls' time stood still meanwhile.`,
      ),
    );
  }
  print(`Hear and see them: ${relative(process.cwd(), OUT) || '.'}/<call>/heard.wav, report.html, report.json`);
  return failed === 0 ? 0 : 1;
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
