import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BlackBoxes, createBlackBoxes } from '../../src/blackbox/boxes.js';
import { FakeClock } from '../../src/clock.js';
import { createLog } from '../../src/log.js';
import { type TemporaryDataDir, temporaryDataDir } from '../../src/store/embedded/temp-folder.js';
import { virtualCall } from '../call/virtual-call.js';
import { faultyDisk } from '../faulty-disk.js';
import { tapedCall } from './kept.js';

let folder: TemporaryDataDir;
let lines: { level: number; code?: string; msg: string; callSid?: string }[];
let clock: FakeClock;

beforeEach(async () => {
  folder = await temporaryDataDir();
  lines = [];
  clock = new FakeClock();
});
afterEach(() => folder.remove());

function blackBoxes(options: Partial<Parameters<typeof createBlackBoxes>[0]> = {}): BlackBoxes {
  const log = createLog('info', { write: (line: string) => lines.push(JSON.parse(line)) });
  return createBlackBoxes({ directory: join(folder.path, 'boxes'), version: '9.9.9', clock, log, ...options });
}

async function recordCall(boxes: BlackBoxes, callSid: string, agent = {}): Promise<void> {
  const writer = boxes.open(tapedCall(callSid, agent));
  const call = virtualCall(agent, { tape: writer });
  call.session.start();
  call.line(2000, true);
  call.session.hangUp();
  await writer.ended;
}

describe('black boxes', () => {
  it('are kept by call, one for each of its media streams', async () => {
    const boxes = blackBoxes();

    await recordCall(boxes, 'CA1');
    await recordCall(boxes, 'CA1');
    await recordCall(boxes, 'CA2');

    expect(await boxes.read('CA1')).toHaveLength(2);
    const [box] = await boxes.read('CA2');
    expect(box).toMatchObject({ endReason: 'operator-hung-up', head: { callSid: 'CA2', number: '+14155550102' } });
    expect(box!.head.versions).toEqual({ bridge: '9.9.9', node: process.version });
    expect(await boxes.read('CA3')).toEqual([]);
  });

  it('name whom the caller could be put through to, and no secret of a tool', async () => {
    const boxes = blackBoxes();
    const person = { kind: 'handoff', name: 'person', description: 'd', warm: false, timeoutMs: 1000 } as const;
    const auth = { kind: 'oauth', tokenUrl: 'https://id.example.com/token', clientId: 'c', clientSecret: 'so-secret' };
    const orders = {
      kind: 'agentcore',
      name: 'orders',
      description: 'd',
      agentRuntimeArn: 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/orders-a1b2c3d4e5',
      auth: { ...auth, scopes: [] },
    };
    const tools = [{ ...person, to: '+14155550108' }, { ...person, name: 'other', to: '+14155550109' }, orders];

    await recordCall(boxes, 'CA1', { tools });

    const [box] = await boxes.read('CA1');
    expect(box!.head.dialable).toEqual(['+14155550108']);
    expect(JSON.stringify(box)).toContain('https://id.example.com/token');
    expect(JSON.stringify(box)).not.toContain('so-secret');
  });

  it('are gone when they are removed, also while the call goes on', async () => {
    const boxes = blackBoxes();
    await recordCall(boxes, 'CA1');
    const call = virtualCall({}, { tape: boxes.open(tapedCall('CA2')) });
    call.session.start();
    call.line(3000, true);

    expect(await boxes.remove('CA1')).toBe(true);
    expect(await boxes.remove('CA1')).toBe(false);
    expect(await boxes.remove('CA2')).toBe(true);
    call.line(3000, true);
    call.session.hangUp();
    await boxes.close();

    expect(await boxes.read('CA1')).toEqual([]);
    expect(await boxes.read('CA2')).toEqual([]);
  });

  it('never leave their folder, whatever a call is named', async () => {
    const boxes = blackBoxes();
    await mkdir(join(folder.path, 'precious'));
    await writeFile(join(folder.path, 'precious', 'call.box'), 'x');

    await recordCall(boxes, '../precious');

    expect(await boxes.remove('../precious')).toBe(false);
    expect(await boxes.read('../precious')).toEqual([]);
    expect(await readFile(join(folder.path, 'precious', 'call.box'), 'utf8')).toBe('x');
    expect(lines).toMatchObject([{ code: 'RECORDING_FAILED', callSid: '../precious' }]);
  });

  it('that cannot be written are told of once, with the call', async () => {
    await writeFile(join(folder.path, 'boxes'), 'a file where the folder should be');
    const boxes = blackBoxes();

    await recordCall(boxes, 'CA1');

    expect(lines).toMatchObject([
      { level: 40, code: 'RECORDING_FAILED', callSid: 'CA1' },
      { level: 50, code: 'RECORDING_FAILED', callSid: 'CA1', msg: expect.stringContaining('calls go on') },
    ]);
  });

  it.each(['ENOSPC', 'EROFS'] as const)('end with %s, and the next ones are kept when that is over', async (fault) => {
    const disk = faultyDisk();
    const boxes = blackBoxes({ disk });
    const first = boxes.open(tapedCall('CA1'));
    const call = virtualCall({}, { tape: first });
    call.session.start();
    call.line(6000, true);
    await vi.waitFor(async () => expect((await boxes.read('CA1')).length).toBe(1), { interval: 2, timeout: 60_000 });
    disk.fault = fault;
    call.line(6000, true);
    await first.ended;
    await recordCall(boxes, 'CA2');
    const during = boxes.health();
    disk.fault = undefined;
    call.line(6000, true);
    await recordCall(boxes, 'CA3');

    expect(during).toEqual({ isAway: true, openBoxes: 0, failedBoxes: 2 });
    expect(boxes.health()).toEqual({ isAway: false, openBoxes: 0, failedBoxes: 2 });
    expect((await boxes.read('CA1'))[0]).toMatchObject({ endReason: undefined, head: { callSid: 'CA1' } });
    expect((await boxes.read('CA3'))[0]!.endReason).toBe('operator-hung-up');
    expect(lines.filter(({ level }) => level !== 40)).toMatchObject([
      { level: 50, reason: fault, callSid: 'CA1' },
      { level: 30, failedBoxes: 2 },
    ]);
    expect(disk.openFiles).toBe(0);
  });

  it('are made anew when somebody has removed their directory', async () => {
    const boxes = blackBoxes();
    await recordCall(boxes, 'CA1');
    await rm(join(folder.path, 'boxes'), { recursive: true });
    await recordCall(boxes, 'CA2');

    expect(await boxes.read('CA2')).toHaveLength(1);
    expect(lines).toEqual([]);
  });

  it('arrive before the end of the process, unless the disk takes too long', async () => {
    const boxes = blackBoxes();
    const stuck = blackBoxes({ fileFor: () => ({ append: () => new Promise(() => undefined), close: stay }) });
    for (const each of [boxes, stuck]) {
      const call = virtualCall({}, { tape: each.open(tapedCall('CA1')) });
      call.session.start();
      call.line(3000, true);
    }

    await boxes.close();
    const closing = stuck.close();
    clock.advance(5000);
    await closing;

    expect((await boxes.read('CA1'))[0]!.ticks.at(-1)!.atMs).toBe(3000);
    expect(clock.pendingTimers).toBe(0);
  });

  it('that are broken from their beginning are refused by name', async () => {
    const boxes = blackBoxes();
    await mkdir(join(folder.path, 'boxes/CA1'), { recursive: true });
    await writeFile(join(folder.path, 'boxes/CA1/call.box'), 'rubbish');

    await expect(boxes.read('CA1')).rejects.toThrow('boxes/CA1/call.box: this is no black box');
  });
});

function stay(): Promise<void> {
  return new Promise(() => undefined);
}
