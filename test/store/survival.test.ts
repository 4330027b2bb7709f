import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CallEvent, CallFact } from '../../src/call/events.js';
import { LiveRecords } from '../../src/call/live-records.js';
import { realClock } from '../../src/clock.js';
import { randomIds } from '../../src/ids.js';
import { createLog } from '../../src/log.js';
import { startEmbedded } from '../../src/store/embedded/server.js';
import { temporaryDataDir } from '../../src/store/embedded/temp-folder.js';
import { openStore } from '../../src/store/open.js';
import { builtProcess } from '../built-process.js';
import { callerTurn, rang } from './opened-store.js';

async function ownData() {
  const data = await temporaryDataDir();
  onTestFinished(() => data.remove());
  return data.path;
}

async function storeOn(databaseUrl: string) {
  const store = await openStore({
    databaseUrl,
    instanceUrl: 'http://127.0.0.1:1',
    defaultModelId: 'amazon.nova-2-sonic-v1:0',
    ids: randomIds(),
    log: createLog('silent'),
    clock: realClock(),
  });
  return { store, records: new LiveRecords(store.record) };
}

describe('a database server that is killed', () => {
  it('loses nothing of the calls that go on meanwhile, and has it in order when it runs again', async () => {
    const dataDir = await ownData();
    const log = createLog('silent');
    const server = await startEmbedded({ dataDir, log });
    onTestFinished(() => server.stop());
    const { store, records } = await storeOn(server.url);
    onTestFinished(() => store.close());
    const tell = (callSid: string, fact: CallFact) =>
      records.listener({ callSid, atMs: 0, ...fact } as CallEvent, Date.now());
    for (let call = 0; call < 20; call++) tell(`CA${call}`, rang());
    await store.flush(5000);

    const [pid] = (await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
    process.kill(Number(pid), 'SIGKILL');
    for (let turn = 0; turn < 30; turn++) {
      for (let call = 0; call < 20; call++) tell(`CA${call}`, callerTurn(turn, `words ${turn}`));
    }
    for (let call = 0; call < 10; call++) tell(`CA${call}`, { kind: 'ended', endReason: 'caller-hung-up' });
    expect(store.pendingRows).toBeGreaterThan(0);
    await store.flush(15_000);

    for (let call = 0; call < 20; call++) {
      expect(await store.calls.find(`CA${call}`)).toEqual(records.peek(`CA${call}`));
    }
    const events = await store.feed.since(0, { callSid: 'CA3', limit: 100 });
    expect(events.map(({ event }) => event.kind)).toEqual([
      'rang',
      ...Array.from({ length: 30 }, () => 'turnChanged'),
      'ended',
    ]);
  });
});

describe('a bridge that is killed in the middle of its writes', () => {
  it('has lost no row that was acknowledged; the next start finds the server that lives on, and goes on with it', async () => {
    const dataDir = await ownData();
    const child = spawn(process.execPath, [builtProcess('test/store/survival-writer.ts'), dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const acknowledged: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged.push(line);
      if (acknowledged.length === 25) {
        child.kill('SIGKILL');
        break;
      }
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');

    const server = await startEmbedded({ dataDir, log: createLog('silent') });
    onTestFinished(() => server.stop());
    const { store } = await storeOn(server.url);
    onTestFinished(() => store.close());

    expect(server.joined).toBe(true);
    for (const [index, callSid] of acknowledged.entries()) {
      expect(await store.calls.find(callSid)).toMatchObject({ turns: [{ text: `words of call ${index}` }] });
    }
  });
});
