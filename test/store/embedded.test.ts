import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { scaledClock } from '../../src/clock.js';
import { createLog } from '../../src/log.js';
import { findNativeFolder } from '../../src/store/embedded/binaries.js';
import { shareFolder } from '../../src/store/embedded/shared-folder.js';
import { temporaryDataDir } from '../../src/store/embedded/temp-folder.js';
import {
  ask,
  clusterOf,
  embeddedRig,
  execute,
  isRoot,
  makeFolder,
  ordinaryUser,
  serverPid,
  socketDirOf,
} from './embedded-rig.js';

let rig: Awaited<ReturnType<typeof embeddedRig>>;
/** Has a cluster with a table `kept`; every test leaves it stopped and whole. */
let dataDir: string;

beforeAll(async () => {
  rig = await embeddedRig();
  dataDir = rig.newDataDir();
  const server = await rig.start({ dataDir });
  await ask(server.url, 'CREATE TABLE kept (word text)');
  await rig.release();
});
afterEach(() => rig.release());
afterAll(() => rig.remove());

const keep = (url: string, word: string) => ask(url, `INSERT INTO kept VALUES ('${word}')`);
const isKept = async (url: string, word: string) =>
  (await ask<{ found: boolean }>(url, `SELECT count(*) = 1 AS found FROM kept WHERE word = '${word}'`))?.found;

describe('the embedded database', () => {
  it('keeps what it was given, listens on no network, and takes nobody but this user', async () => {
    const first = await rig.start({ dataDir });
    await keep(first.url, 'stopped in order');
    const sockets = await stat(socketDirOf(first.url));
    await first.stop();
    await first.stop();

    const { url, joined } = await rig.start({ dataDir });

    expect(joined).toBe(false);
    expect(await isKept(url, 'stopped in order')).toBe(true);
    expect(sockets.mode & 0o777).toBe(0o700);
    expect(sockets.uid).toBe((await stat(join(dataDir, 'postgres'))).uid);
    const names = ['fsync', 'synchronous_commit', 'listen_addresses', 'server_encoding', 'max_connections'];
    expect(await ask(url, `SELECT ${names.map((name) => `current_setting('${name}') AS ${name}`)}`)).toEqual({
      fsync: 'on',
      synchronous_commit: 'on',
      listen_addresses: '',
      server_encoding: 'UTF8',
      max_connections: '50',
    });
    expect(await readFile(join(dataDir, 'postgres', 'pg_hba.conf'), 'utf8')).toBe('local all oratio peer map=bridge\n');
  });

  it.each([
    { how: 'is killed', end: (pid: number) => process.kill(pid, 'SIGKILL') },
    { how: 'gets Ctrl-C with its process group', end: (pid: number) => process.kill(-pid, 'SIGINT') },
    { how: 'loses its terminal', end: (pid: number) => process.kill(-pid, 'SIGHUP') },
  ])('lives on when the bridge $how, and the next one joins it', async ({ how, end }) => {
    const bridge = rig.bridge({ dataDir });
    const { url = '' } = await bridge.report;
    await keep(url, how);
    const pid = await serverPid(dataDir);
    end(bridge.child.pid!);
    await bridge.ended;

    const next = await rig.start({ dataDir });

    expect(next.joined).toBe(true);
    expect(await serverPid(dataDir)).toBe(pid);
    expect(await isKept(next.url, how)).toBe(true);
  });

  it('recovers what was acknowledged when bridge and server are killed', async () => {
    const bridge = rig.bridge({ dataDir });
    await keep((await bridge.report).url!, 'both killed');
    bridge.child.kill('SIGKILL');
    process.kill(await serverPid(dataDir), 'SIGKILL');
    await bridge.ended;

    const next = await rig.start({ dataDir });

    expect(next.joined).toBe(false);
    expect(await isKept(next.url, 'both killed')).toBe(true);
  });

  it('comes back at the same address when only the server is killed', async () => {
    let back = (): void => undefined;
    const isBack = new Promise<void>((resolve) => {
      back = resolve;
    });
    const log = createLog('info', { write: (line) => (line.includes('runs again') ? back() : undefined) });
    const { url } = await rig.start({ dataDir, log });
    await keep(url, 'server killed');

    process.kill(await serverPid(dataDir), 'SIGKILL');
    await isBack;

    expect(await isKept(url, 'server killed')).toBe(true);
    await expect(rig.start({ dataDir })).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' });
  });

  it('refuses a second bridge on the same directory, and the first goes on', async () => {
    const first = await rig.start({ dataDir });

    await expect(rig.start({ dataDir })).rejects.toMatchObject({
      code: 'DATA_DIR_IN_USE',
      message: expect.stringContaining(`The data directory ${dataDir} is in use by another bridge`),
    });

    expect(await ask(first.url, 'SELECT 1 AS one')).toEqual({ one: 1 });
  });

  it('lets exactly one of two have a new directory that both ask for at the same moment', async () => {
    const contested = rig.newDataDir();

    const reports = await Promise.all([1, 2].map(() => rig.bridge({ dataDir: contested }).report));

    const winner = reports.find((report) => report.url !== undefined);
    expect(reports.find((report) => report !== winner)).toMatchObject({ code: 'DATA_DIR_IN_USE' });
    expect(await ask(winner!.url!, 'SELECT 1 AS one')).toEqual({ one: 1 });
  });

  describe('with a postmaster.pid that a crash left', () => {
    const leave = async (text: string) => {
      const path = join(dataDir, 'postgres', 'postmaster.pid');
      const { uid, gid } = await stat(join(dataDir, 'postgres'));
      await writeFile(path, text);
      if (isRoot) await execute('chown', [`${uid}:${gid}`, path]);
      return { uid, gid };
    };
    const textOf = (pid: number) => `${pid}\n${join(dataDir, 'postgres')}\n1700000000\n5432\n/tmp\n\n1 2\nready   \n`;

    it('starts when its process is gone', async () => {
      const gone = spawn('true');
      await once(gone, 'exit');
      await leave(textOf(gone.pid!));

      expect((await rig.start({ dataDir })).joined).toBe(false);
    });

    it('starts when its process is another program of the same user, and leaves that alone', async () => {
      const { uid, gid } = await stat(join(dataDir, 'postgres'));
      const other = spawn('sleep', ['60'], isRoot ? { uid, gid } : {});
      await leave(textOf(other.pid!));

      expect((await rig.start({ dataDir })).joined).toBe(false);
      expect(other.exitCode).toBeNull();
      other.kill();
    });

    it('starts when it is empty', async () => {
      await leave('');

      expect((await rig.start({ dataDir, clock: scaledClock(20) })).joined).toBe(false);
    });
  });

  it('starts a server again whose socket was cleaned away, but not under a bridge that uses it', async () => {
    const bridge = rig.bridge({ dataDir });
    await rm(socketDirOf((await bridge.report).url!), { recursive: true });

    await expect(rig.start({ dataDir })).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' });
    bridge.child.kill('SIGKILL');
    await bridge.ended;
    const next = await rig.start({ dataDir });

    expect(next.joined).toBe(false);
    expect(await ask(next.url, 'SELECT 1 AS one')).toEqual({ one: 1 });
  });

  it('takes a directory with a name that is long and means something to shells', async () => {
    const odd = join(rig.root, `a "b" $(false) ' %20, \\`, ...Array.from({ length: 4 }, () => 'long'.repeat(15)));
    await execute('mkdir', ['-p', odd]);
    await execute('cp', ['-a', join(dataDir, 'postgres'), odd]);

    const { url } = await rig.start({ dataDir: odd });

    expect(await isKept(url, 'stopped in order')).toBe(true);
  });

  it('runs for a user without any rights, with nothing but that user’s own rights', async () => {
    const runAs = await ordinaryUser();
    const own = await makeFolder(join(rig.root, 'user', 'data'), { mode: 0o700, owner: runAs });
    // What stands in a closed folder is copied for root; an ordinary user's own folder is never closed to it.
    const nativeDir = isRoot ? await shareFolder(findNativeFolder(), rig.tempDir) : findNativeFolder();
    const options = { dataDir: own, nativeDir, ...(runAs ? { runAs } : {}) };
    const first = rig.bridge(options);
    const { url } = await first.report;
    first.child.kill('SIGKILL');
    await first.ended;

    const second = await rig.bridge(options).report;

    expect(second).toEqual({ url, joined: true });
    expect((await stat(await clusterOf(own))).uid).toBe(runAs?.uid ?? process.getuid?.());
  });

  it('runs from an installation in a folder that only this user can enter', async () => {
    const clone = await makeFolder(join(rig.root, 'clone'), { mode: 0o700 });
    const nativeDir = join(clone, 'native');
    await cp(findNativeFolder(), nativeDir, { recursive: true, verbatimSymlinks: true });
    const one = rig.newDataDir();
    await execute('mkdir', [one]);
    await execute('cp', ['-a', join(dataDir, 'postgres'), one]);

    const servers = await Promise.all([dataDir, one].map((each) => rig.start({ dataDir: each, nativeDir })));

    for (const { url } of servers) expect(await ask(url, 'SELECT 1 AS one')).toEqual({ one: 1 });
  });

  it('has temporary data directories, also for root', async () => {
    const temporary = await temporaryDataDir(rig.tempDir);
    const { mode } = await stat(temporary.path);
    await temporary.remove();

    expect(mode & 0o777).toBe(0o755);
    await expect(stat(temporary.path)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
