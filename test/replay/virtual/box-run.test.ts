import { cp, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBox } from '../../../src/blackbox/boxes.js';
import { BoxEncoder } from '../../../src/blackbox/encoder.js';
import { bridgeVersion } from '../../../src/blackbox/version.js';
import { FIXTURES_DIR, loadFixture } from '../../../src/replay/fixture/fixture.js';
import { replay } from '../../../src/replay/runner.js';
import { replayBoxes } from '../../../src/replay/virtual/box-run.js';
import { type TemporaryDataDir, temporaryDataDir } from '../../../src/store/embedded/temp-folder.js';
import { startStackOnServer } from '../stack-on-server.js';

const NAMES = [
  'caller-interrupts-and-the-agent-stops',
  'caller-speaks-while-a-tool-runs',
  'keys-reach-the-agent-as-one-text',
];

describe('black boxes of calls that the local stack carried', () => {
  let folder: TemporaryDataDir;
  let kept: string;
  const callSids: string[] = [];

  beforeAll(async () => {
    folder = await temporaryDataDir();
    kept = join(folder.path, 'blackboxes');
    const stack = await startStackOnServer({ speed: 3, environment: { DATA_DIR: folder.path } });
    try {
      const results = await Promise.all(
        NAMES.map((name) => {
          const fixture = loadFixture(join(FIXTURES_DIR, 'calls', name));
          const agent = fixture.agent && { ...fixture.agent, number: { ...fixture.agent.number, recording: true } };
          return replay({ ...fixture, agent }, stack);
        }),
      );
      callSids.push(...results.map(({ call }) => call!.callSid));
    } finally {
      await stack.close();
    }
  });
  afterAll(() => folder.remove());

  it('are replayed without a difference, all that lie in a folder', async () => {
    const { text, exitCode } = await replayBoxes([kept]);

    expect(text.match(/^CA\w+\/call\.box: no difference in \d+\.\d{3} s with \d+ inputs\.$/gm)).toHaveLength(
      NAMES.length,
    );
    expect(text.trim().split('\n')).toHaveLength(NAMES.length);
    expect(exitCode).toBe(0);
  });

  it('that were cut are replayed up to there, and it is said', async () => {
    const path = join(folder.path, 'CAcut', 'call.box');
    await cp(join(kept, callSids[0]!), join(folder.path, 'CAcut'), { recursive: true });
    await truncate(path, 60_000);

    const { text, exitCode } = await replayBoxes([path]);

    expect(text).toMatch(
      /^CAcut\/call\.box: no difference in (\S+ s) with \d+ inputs\.\n {2}The box was cut at \1: it was replayed up to there\.\n$/,
    );
    expect(exitCode).toBe(0);
  });

  it('tell what differs, when, on what, and by which version the call was carried', async () => {
    const box = await readBox(join(kept, callSids[0]!, 'call.box'));
    const tick = box.ticks.find(({ outputs }) => outputs.some(({ kind }) => kind === 'clear'))!;
    const encoder = new BoxEncoder();
    encoder.head({ ...box.head, versions: { ...box.head.versions, bridge: '0.0.9' } });
    for (const each of box.ticks) {
      const outputs = each === tick ? each.outputs.filter(({ kind }) => kind !== 'clear') : each.outputs;
      encoder.tick({ ...each, outputs });
    }
    encoder.end(box.endReason!);
    const path = join(folder.path, 'CAother', 'call.box');
    await mkdir(join(folder.path, 'CAother'));
    await writeFile(path, encoder.takeRecord()!);

    const { text, exitCode } = await replayBoxes([path]);

    const at = ((tick.atMs - box.ticks[0]!.atMs) / 1000).toFixed(3);
    expect(text.split('\n')).toEqual([
      expect.stringMatching(/^CAother\/call\.box: 1 difference in /),
      `  The call was carried by version 0.0.9 of the bridge; this is ${bridgeVersion()}.`,
      `  ${at} s, on the model's interrupted: clear`,
      '    on the tape: nothing',
      '    now:         clear',
      '',
    ]);
    expect(exitCode).toBe(1);
  });

  it('that cannot be read are named, and the others replayed', async () => {
    const whole = join(kept, callSids[2]!, 'call.box');
    const old = join(folder.path, 'CAold', 'call.box');
    const box = await readBox(whole);
    const encoder = new BoxEncoder();
    encoder.head({ ...box.head, format: 9 as typeof box.head.format });
    await mkdir(join(folder.path, 'CAold'));
    await writeFile(old, encoder.takeRecord()!);
    const rubbish = join(folder.path, 'CAold', 'call-2.box');
    await writeFile(rubbish, (await readFile(whole)).subarray(100));

    const { text, exitCode } = await replayBoxes([join(folder.path, 'CAold'), join(folder.path, 'nowhere'), whole]);

    expect(text.split('\n')).toEqual([
      `${old}: the box has format 9, this bridge reads 2`,
      `${rubbish}: this is no black box of a call, or nothing of it was written`,
      expect.stringContaining('nowhere cannot be read'),
      expect.stringContaining('no difference'),
      '',
    ]);
    expect(exitCode).toBe(2);
  });
});
