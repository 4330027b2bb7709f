import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { databaseLine } from '../../src/bench/database-line.js';
import { summaryOf } from '../../src/bench/statistics.js';
import { storeAudioGoalRows } from '../../src/bench/store-audio.js';

/** p99 of the windows of each state, in ms; the database is quiet twice. */
function result(p99s: Record<'quiet' | 'busy' | 'away', number[]>) {
  const windows = (state: keyof typeof p99s) =>
    p99s[state].map((p99) => ({ callerToModel: summaryOf([p99]), modelToCarrier: summaryOf([p99]), disturbed: false }));
  const quiet = windows('quiet');
  return { calls: 40, windows: { quiet, busy: windows('busy'), 'quiet again': quiet, away: windows('away') } };
}

const verdicts = (p99s: Parameters<typeof result>[0]) => storeAudioGoalRows(result(p99s)).map(({ met }) => met);

describe('sound beside the database, in the bench', () => {
  it('is unchanged when windows side by side differ by no more than a millisecond, whatever one of them saw', () => {
    expect(verdicts({ quiet: [2, 3, 20], busy: [40, 3.9, 20.5], away: [2, 3, 2] })).toEqual([true, true, true, true]);
  });

  it('has changed when most windows are slower than the one before them', () => {
    const [busyIn, busyOut, awayIn, awayOut] = verdicts({ quiet: [2, 3, 9], busy: [2, 3, 9], away: [3.5, 4.5, 9] });
    expect([busyIn, busyOut, awayIn, awayOut]).toEqual([true, true, false, false]);
  });

  it('is told with what two quiet windows differ by', () => {
    const [busyIn] = storeAudioGoalRows(result({ quiet: [2, 3, 4], busy: [2.5, 3.5, 4.5], away: [2, 3, 4] }));
    expect(busyIn).toMatchObject({
      measured: expect.stringContaining('+0.50 ms, to 3.50 from 3.00'),
      control: '+0.00 ms',
    });
  });

  it('says so when nothing was measured', () => {
    for (const row of storeAudioGoalRows(undefined))
      expect(row).toMatchObject({ measured: 'not measured', met: undefined });
  });
});

describe('a line to the database', () => {
  let server: Server;
  const ends: Socket[] = [];

  afterEach(async () => {
    for (const end of ends) end.destroy();
    server.close();
  });

  it('carries bytes, is cut, and is the same address when it is mended', async () => {
    server = createServer((socket) => {
      ends.push(socket);
      socket.on('error', () => undefined);
      socket.pipe(socket);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const line = await databaseLine(`postgres://oratio@127.0.0.1:${port}/bench`);
    const linePort = Number(new URL(line.url).port);
    const echo = async () => {
      const socket = connect(linePort, '127.0.0.1');
      ends.push(socket);
      socket.write('hello');
      const [bytes] = await once(socket, 'data');
      return { socket, said: String(bytes) };
    };

    const { socket, said } = await echo();
    expect(said).toBe('hello');

    const closed = once(socket, 'close');
    await line.cut();
    await closed;
    await expect(echo()).rejects.toMatchObject({ code: 'ECONNREFUSED' });

    await line.mend();
    expect((await echo()).said).toBe('hello');
    await line.cut();
  });
});
