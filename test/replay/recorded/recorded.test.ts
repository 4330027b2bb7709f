import { existsSync } from 'node:fs';
import { readdir, rename, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBoxes } from '../../../src/blackbox/boxes.js';
import { FIXTURES_DIR, type Fixture, loadFixture } from '../../../src/replay/fixture.js';
import { type LocalStack, startLocalStack } from '../../../src/replay/local-stack.js';
import { recordedOnBridge } from '../../../src/replay/recorded/from-bridge.js';
import { recordedCall, writeFixture } from '../../../src/replay/recorded/make.js';
import type { ReplayResult } from '../../../src/replay/replayed-call.js';
import { replay } from '../../../src/replay/runner.js';
import { type TemporaryDataDir, temporaryDataDir } from '../../../src/store/embedded/temp-folder.js';

const NAMES = [
  'question-gets-an-answer',
  'agent-speaks-first',
  'caller-interrupts-and-the-agent-stops',
  'keys-reach-the-agent-as-one-text',
  'caller-speaks-while-a-tool-runs',
  'agent-hangs-up-after-its-goodbye-was-heard',
  'silent-caller-is-asked-and-bid-goodbye',
  'two-tools-are-asked-at-once',
];

/** A fixture of the project, over a number that records; the notice of that is not expected. */
function overRecordingNumber(name: string): Fixture {
  const fixture = loadFixture(join(FIXTURES_DIR, 'calls', name));
  const { spoken: _spoken, ...expect } = fixture.call.expect;
  const number = { ...fixture.agent!.number, recording: true };
  return { ...fixture, call: { ...fixture.call, expect }, agent: { ...fixture.agent!, number } };
}

describe('a call over a number that records', () => {
  let folder: TemporaryDataDir;
  let stack: LocalStack;
  const firsts = new Map<string, ReplayResult>();
  const agains = new Map<string, ReplayResult>();

  beforeAll(async () => {
    folder = await temporaryDataDir();
    stack = await startLocalStack({ speed: 3, environment: { DATA_DIR: folder.path } });
    await Promise.all(
      NAMES.map(async (name) => {
        const first = await replay(overRecordingNumber(name), stack);
        firsts.set(name, first);
        const path = join(folder.path, 'fixtures', name);
        writeFixture(await recordedCall(folder.path, first.call!.callSid), path, { redact: [] });
        agains.set(name, await replay(loadFixture(path), stack));
      }),
    );
  }, 180_000);
  afterAll(async () => {
    await stack.close();
    await folder.remove();
  });

  it.each(NAMES)('makes a fixture that is replayed as it was: %s', (name) => {
    const first = firsts.get(name)!;
    const again = agains.get(name)!;

    expect(first.failures).toEqual([]);
    expect(again.failures).toEqual([]);
    expect(again.record!.turns.map(({ role }) => role)).toEqual(first.record!.turns.map(({ role }) => role));
    expect(again.record!.endReason).toBe(first.record!.endReason);
  });

  it('makes one from the record and the recording of a bridge as well', async () => {
    const { callSid } = firsts.get('two-tools-are-asked-at-once')!.call!;

    const call = await recordedOnBridge(stack.url, stack.adminToken, callSid);
    const path = join(folder.path, 'fixtures', 'from-bridge');
    writeFixture(call, path, { redact: [] });

    const { failures } = await replay(loadFixture(path), stack);
    expect(failures).toEqual([]);
    await expect(recordedOnBridge(stack.url, stack.adminToken, 'CAunknown')).rejects.toThrow('has no call CAunknown');
  });

  it('is kept no longer than its recording: both are gone when the caller is forgotten', async () => {
    const { call, record } = firsts.get('question-gets-an-answer')!;
    const kept = join(folder.path, 'blackboxes', call!.callSid);
    expect(existsSync(kept)).toBe(true);

    const response = await fetch(`${stack.url}/api/callers/${encodeURIComponent(record!.from)}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${stack.adminToken}` },
    });

    expect(response.status).toBe(200);
    expect(existsSync(kept)).toBe(false);
  });

  it('makes no fixture in a folder that is there, or of a call that was not kept', async () => {
    const { callSid } = firsts.get('agent-speaks-first')!.call!;
    const call = await recordedCall(folder.path, callSid);

    expect(() => writeFixture(call, folder.path, { redact: [] })).toThrow('exists already');
    await expect(recordedCall(folder.path, 'CAunknown')).rejects.toThrow('there is no black box of CAunknown');
    await expect(recordedCall(folder.path, callSid, 2)).rejects.toThrow(`there are 1 black boxes of ${callSid}`);
  });

  it('leaves nothing of a fixture that could not be replayed', async () => {
    const { callSid } = firsts.get('agent-speaks-first')!.call!;
    const call = await recordedCall(folder.path, callSid);
    const path = join(folder.path, 'fixtures', 'refused');

    expect(() => writeFixture(call, path, { redact: [], agent: 'nobody' })).toThrow('there is no nobody.yaml');
    expect(existsSync(path)).toBe(false);
  });

  it('whose box was cut makes a fixture up to there, in which the caller hangs up', async () => {
    const { callSid } = firsts.get('caller-interrupts-and-the-agent-stops')!.call!;
    const kept = join(folder.path, 'blackboxes', callSid);
    const cut = join(folder.path, 'blackboxes', 'CAcut');
    await rename(kept, cut);
    const [name = ''] = await readdir(cut);
    await truncate(join(cut, name), 60_000);

    const call = await recordedCall(folder.path, 'CAcut');
    const { notes } = writeFixture(call, join(folder.path, 'fixtures', 'cut'), { redact: [] });

    const [box] = await readBoxes(cut);
    expect(box!.endReason).toBeUndefined();
    expect(loadFixture(join(folder.path, 'fixtures', 'cut')).call.caller.at(-1)).toMatchObject({ kind: 'hang-up' });
    expect(notes).toContain(
      'the call ended for a reason that no caller can bring about (its box was cut): here the caller hangs up',
    );
  });
});
