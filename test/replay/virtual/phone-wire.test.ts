import { describe, expect, it } from 'vitest';
import type { MemorySocket } from '../../../src/replay/virtual/memory-socket.js';
import { type BridgeDoors, memoryWire } from '../../../src/replay/virtual/phone-wire.js';

function wireTo(doors: Partial<BridgeDoors> = {}) {
  const served: { socket: MemorySocket; path: string; headers: object }[] = [];
  const wire = memoryWire({
    inject: async ({ url, headers, payload }) => ({
      statusCode: 200,
      headers: { 'content-type': 'text/plain' },
      rawPayload: Buffer.from(`${String(url)} ${JSON.stringify(headers)} ${String(payload)}`),
    }),
    mediaPath: '/twilio/media',
    media: { admits: () => true, serve: (socket, { path, headers }) => served.push({ socket, path, headers }) },
    ...doors,
  });
  return { wire, served };
}

const REQUEST = {
  origin: new URL('https://bridge.virtual.test'),
  path: '/twilio/voice?a=1',
  method: 'POST',
  headers: { Host: 'bridge.virtual.test' },
  body: 'CallSid=CA1',
} as const;

describe('the way from phone to bridge in memory', () => {
  it('hands over requests as they are, and gives the answer back', async () => {
    const { wire } = wireTo();
    const { status, headers, body } = await wire.request(REQUEST, new AbortController().signal);

    expect({ status, headers }).toEqual({ status: 200, headers: { 'content-type': 'text/plain' } });
    expect(body.toString()).toBe('/twilio/voice?a=1 {"Host":"bridge.virtual.test"} CallSid=CA1');
  });

  it('waits for an answer no longer than the signal lets it', async () => {
    const limit = new AbortController();
    const { wire } = wireTo({ inject: () => new Promise(() => undefined) });
    const asking = wire.request(REQUEST, limit.signal);
    limit.abort(new Error('no answer in time'));

    await expect(asking).rejects.toThrow('no answer in time');
  });

  it('opens a media socket, with the names of its headers as a server sees them', async () => {
    const { wire, served } = wireTo();
    const { socket, upgraded } = wire.dial(
      'wss://bridge.virtual.test/twilio/media?b=2',
      { 'X-Twilio-Signature': 's' },
      [],
    );
    await upgraded;

    expect(served).toMatchObject([{ path: '/twilio/media?b=2', headers: { 'x-twilio-signature': 's' } }]);
    expect([socket.readyState, served[0]?.socket.readyState]).toEqual([1, 1]);
  });

  it.each([
    ['a door that does not let it in', '/twilio/media', 403],
    ['a path where no door is', '/elsewhere', 404],
  ])('is refused by %s', async (_what, path, status) => {
    const { wire, served } = wireTo({ media: { admits: () => false, serve: () => undefined } });
    const { socket, upgraded } = wire.dial(`wss://bridge.virtual.test${path}`, {}, []);

    await expect(upgraded).rejects.toMatchObject({ twilioCode: 31920, message: expect.stringContaining(`${status}`) });
    expect(socket.readyState).toBe(3);
    expect(served).toEqual([]);
  });

  it('is given up when the caller hangs up before it is open', async () => {
    const { wire, served } = wireTo();
    const { socket, upgraded } = wire.dial('wss://bridge.virtual.test/twilio/media', {}, []);
    socket.terminate();

    await expect(upgraded).rejects.toMatchObject({ twilioCode: 31903 });
    expect(served).toEqual([]);
  });
});
