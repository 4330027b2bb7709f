import { describe, expect, it } from 'vitest';
import { MemorySocket } from '../../../src/replay/virtual/memory-socket.js';

function openPair() {
  const [near, far] = MemorySocket.pair();
  const seen: string[] = [];
  for (const [name, end] of [
    ['near', near],
    ['far', far],
  ] as const) {
    end.on('message', (data: Buffer, isBinary: boolean) => seen.push(`${name} got ${isBinary ? 'bytes ' : ''}${data}`));
    end.on('close', (code: number, reason: Buffer) => seen.push(`${name} closed ${code} ${reason}`.trim()));
  }
  near.open();
  return { near, far, seen };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a media socket in memory', () => {
  it('delivers in the order of sending over both ends, never within the call that sends', async () => {
    const { near, far, seen } = openPair();
    near.send('one');
    far.send('two');
    near.send(new Uint8Array([51]));
    expect(seen).toEqual([]);
    await settled();

    expect(seen).toEqual(['far got one', 'near got two', 'far got bytes 3']);
  });

  it('keeps what was sent as it was then', async () => {
    const { near, seen } = openPair();
    const bytes = Buffer.from('before');
    near.send(bytes);
    bytes.fill('x');
    await settled();

    expect(seen).toEqual(['far got bytes before']);
  });

  it('closes both ends with the code, after what was sent before', async () => {
    const { near, far, seen } = openPair();
    far.send('last words');
    far.close(1000, 'done');
    far.send('too late');
    await settled();

    expect(seen).toEqual(['near got last words', 'near closed 1000 done', 'far closed 1000 done']);
    expect([near.readyState, far.readyState]).toEqual([near.CLOSED, far.CLOSED]);
  });

  it('tells both ends once when both close at the same time, without a code when none was given', async () => {
    const { near, far, seen } = openPair();
    near.close();
    far.close(1001);
    await settled();

    expect(seen).toEqual(['far closed 1005', 'near closed 1001']);
  });

  it('breaks without a close frame', async () => {
    const { near, far, seen } = openPair();
    near.terminate();
    near.terminate();
    far.send('into the void');
    await settled();

    expect([...seen].sort()).toEqual(['far closed 1006', 'near closed 1006']);
  });

  it('holds back what an end does not read, counts it at the other one, and delivers it later', async () => {
    const { near, far, seen } = openPair();
    near.pause();
    far.send('held');
    far.close(1000);
    await settled();
    expect(seen).toEqual([]);
    expect(far.bufferedAmount).toBe(4);
    near.resume();
    near.resume();
    await settled();

    expect(seen).toEqual(['near got held', 'near closed 1000', 'far closed 1000']);
    expect(far.bufferedAmount).toBe(0);
  });

  it('sends nothing before it is open, and breaks when it is closed before', async () => {
    const [near, far] = MemorySocket.pair();
    const codes: number[] = [];
    near.on('close', (code: number) => codes.push(code));
    near.send('early');
    near.close();
    await settled();

    expect(codes).toEqual([1006]);
    expect(far.bufferedAmount).toBe(0);
  });
});
