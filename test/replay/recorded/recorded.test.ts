import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBoxes } from '../../../src/blackbox/boxes.js';
import { FIXTURES_DIR, type Fixture, loadFixture } from '../../../src/replay/fixture/fixture.js';
import { fixtureFromBridge } from '../../../src/replay/recorded/from-bridge.js';
import { fixtureOfCall, writeFixture } from '../../../src/replay/recorded/make.js';
import type { ReplayResult } from '../../../src/replay/replayed-call.js';
import { replay } from '../../../src/replay/runner.js';
import type { LocalStack } from '../../../src/replay/stack/local-stack.js';
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

const AS_IT_IS = { redact: [], stream: 1 };

/** Names and sizes of what is in an archive, and the first file that is broken. */
const READ_ZIP = `
import json, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
print(json.dumps({"broken": archive.testzip(), "sizes": [[each.filename, each.file_size] for each in archive.infolist()]}))
`;

import { startStackOnServer } from '../stack-on-server.js';

const run = promisify(execFile);

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
    stack = await startStackOnServer({ speed: 3, environment: { DATA_DIR: folder.path } });
    await Promise.all(
      NAMES.map(async (name) => {
        const first = await replay(overRecordingNumber(name), stack);
        firsts.set(name, first);
        const path = join(folder.path, 'fixtures', name);
        writeFixture(await fixtureOfCall(folder.path, first.call!.callSid, AS_IT_IS), path);
        agains.set(name, await replay(loadFixture(path), stack));
      }),
    );
  });
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

  it('makes the same one through the bridge that carried it', async () => {
    const { callSid } = firsts.get('two-tools-are-asked-at-once')!.call!;
    const fromBridge = (sid: string, options = {}) =>
      fixtureFromBridge(stack.url, stack.adminToken, sid, { ...AS_IT_IS, ...options });

    const files = await fromBridge(callSid);
    const redacted = await fromBridge(callSid, { redact: ['order', 'parcel'], agent: 'orders' });

    const here = await fixtureOfCall(folder.path, callSid, AS_IT_IS);
    expect(new Map([...files].map(([name, bytes]) => [name, Buffer.from(bytes)]))).toEqual(
      new Map([...here].map(([name, content]) => [name, Buffer.from(content)])),
    );
    expect([...redacted.keys()]).not.toContain('agent.yaml');
    expect(Buffer.from(redacted.get('call.yaml')!).toString()).toMatch(/^agent: orders$/m);
    expect(Buffer.from(redacted.get('call.yaml')!).toString()).not.toMatch(/\border\b/i);
    await expect(fromBridge('CAunknown')).rejects.toThrow('There is no call CAunknown.');
    await expect(fromBridge(callSid, { stream: 2 })).rejects.toThrow('has 1 media streams');
  });

  it('is an archive that other programs read', async () => {
    const { callSid } = firsts.get('question-gets-an-answer')!.call!;
    const response = await fetch(`${stack.url}/api/calls/${callSid}/fixture.zip`, {
      headers: { authorization: `Bearer ${stack.adminToken}` },
    });
    const path = join(folder.path, 'fixture.zip');
    await writeFile(path, Buffer.from(await response.arrayBuffer()));

    const { stdout } = await run('python3', ['-c', READ_ZIP, path]);

    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${callSid}.zip"`);
    const here = await fixtureOfCall(folder.path, callSid, AS_IT_IS);
    const sizes = [...here].map(([name, content]) => [`${callSid}/${name}`, Buffer.byteLength(content)]);
    expect(JSON.parse(stdout)).toEqual({ broken: null, sizes });
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
    const files = await fixtureOfCall(folder.path, callSid, AS_IT_IS);
    const make = (sid: string, stream: number) => fixtureOfCall(folder.path, sid, { redact: [], stream });

    expect(() => writeFixture(files, folder.path)).toThrow('exists already');
    await expect(make('CAunknown', 1)).rejects.toThrow('there is no black box of CAunknown');
    await expect(make(callSid, 2)).rejects.toThrow(`there are 1 black boxes of ${callSid}`);
  });

  it('leaves nothing of a fixture that could not be replayed', async () => {
    const { callSid } = firsts.get('agent-speaks-first')!.call!;
    const files = await fixtureOfCall(folder.path, callSid, { ...AS_IT_IS, agent: 'nobody' });
    const path = join(folder.path, 'fixtures', 'refused');

    expect(() => writeFixture(files, path)).toThrow('there is no nobody.yaml');
    expect(existsSync(path)).toBe(false);
  });

  it('whose box was cut makes a fixture up to there, in which the caller hangs up', async () => {
    const { callSid } = firsts.get('caller-interrupts-and-the-agent-stops')!.call!;
    const kept = join(folder.path, 'blackboxes', callSid);
    const cut = join(folder.path, 'blackboxes', 'CAcut');
    await rename(kept, cut);
    const [name = ''] = await readdir(cut);
    await truncate(join(cut, name), 60_000);

    const files = await fixtureOfCall(folder.path, 'CAcut', AS_IT_IS);
    writeFixture(files, join(folder.path, 'fixtures', 'cut'));

    const [box] = await readBoxes(cut);
    expect(box!.endReason).toBeUndefined();
    expect(loadFixture(join(folder.path, 'fixtures', 'cut')).call.caller.at(-1)).toMatchObject({ kind: 'hang-up' });
    expect(files.get('call.yaml')).toContain(
      '# Note: the call ended for a reason that no caller can bring about (its box was cut): here the caller hangs up.',
    );
  });
});
