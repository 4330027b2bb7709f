import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { freshDatabase } from '../store/postgres.js';
import { startBridge } from './bridge.js';

const PERSON = '+14155550171';
const OTHER = '+14155550172';
/** Of another number than those of the directory: the call is on record, and over at once. */
const NOBODY = '+14155550188';

it('an instance that was away while a caller was forgotten keeps nothing of them when it is back, and everything of others', async () => {
  const database = await freshDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'oratio-away-'));
  const there = await startBridge({ database });
  onTestFinished(async () => {
    await there.close();
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  });
  const calls = { CAforgotten: PERSON, CAkept: OTHER };
  for (const [CallSid, From] of Object.entries(calls)) {
    const form = { CallSid, AccountSid: `AC${'0'.repeat(32)}`, From, To: NOBODY, Direction: 'inbound' };
    expect((await there.webhook('/twilio/voice', form)).status).toBe(200);
    await expect
      .poll(async () => (await there.api('GET', `/calls/${CallSid}`)).body.state, { timeout: 20_000 })
      .toBe('ended');
  }
  // What a process of this directory has left: of the one that was forgotten also a piece that nobody has put in its place.
  const left = (callSid: string) => [
    `blackboxes/${callSid}/call.box`,
    `recordings/${callSid.slice(-2)}/${callSid}.wav`,
  ];
  const files = [
    ...left('CAforgotten'),
    'recordings/spool/CAforgotten~piece.wav',
    ...left('CAkept'),
    ...left('CAnobodys'),
  ];
  for (const file of files) {
    await mkdir(dirname(join(dataDir, file)), { recursive: true });
    await writeFile(join(dataDir, file), Buffer.alloc(4000));
  }

  expect((await there.api('DELETE', `/callers/${PERSON}`)).body.calls).toBe(1);
  const back = await startBridge({ database, environment: { DATA_DIR: dataDir } });
  onTestFinished(() => back.close());

  const kept = (await readdir(dataDir, { recursive: true })).filter((name) => /\.(wav|box|removed)$/.test(name));
  expect(kept.sort()).toEqual([...left('CAkept'), ...left('CAnobodys')].sort());
});
