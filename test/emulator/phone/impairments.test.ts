import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import wavefile from 'wavefile';
import { FakeClock, scaledClock } from '../../../src/clock.js';
import { createPhone, type PhoneOptions } from '../../../src/emulator/phone/phone.js';
import { startBridge } from './bridge.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function bareCall(options: Partial<PhoneOptions> = {}, script: Parameters<typeof startBridge>[0] = {}) {
  const bridge = await startBridge(script);
  open.push(bridge);
  const phone = createPhone({
    bridgeUrl: bridge.url,
    publicUrl: 'https://bridge.example.com',
    accountSid: `AC${'0'.repeat(32)}`,
    authToken: '12345',
    clock: scaledClock(10),
    seed: 7,
    ...options,
  });
  const call = await phone.connectStream({ url: bridge.url.replace('http', 'ws'), callSid: 'CA1' });
  const peer = bridge.peers[0]!;
  const { streamSid } = await peer.next('start');
  const media = (bytes: number) => ({
    event: 'media',
    streamSid,
    media: { payload: Buffer.alloc(bytes, 0x11).toString('base64') },
  });
  return { call, peer, streamSid, media };
}

describe('a call over a bad network', () => {
  it('numbers messages without holes while timestamps jump over what was lost', async () => {
    const { call, peer } = await bareCall({ network: { gaps: [{ atMs: 100, forMs: 300, kind: 'lost' }] } });

    await call.say(new Uint8Array(4800));
    await call.hangUp();
    await peer.closed;

    const media = peer.received.filter(({ event }) => event === 'media');
    expect(media.map(({ media: { chunk } }) => Number(chunk))).toEqual(media.map((_, index) => index + 1));
    const jumps = media.map(
      ({ media: { timestamp } }, index) => Number(timestamp) - Number(media[index - 1]?.media.timestamp),
    );
    expect(Math.max(...jumps.slice(1))).toBeGreaterThan(300);
    expect(call.saidMulaw().filter((byte) => byte === 0)).toHaveLength(4800);
  });

  it('delivers what was held back in one burst, nothing lost', async () => {
    const { call, peer } = await bareCall({ network: { gaps: [{ atMs: 0, forMs: 300, kind: 'late' }] } });

    expect(peer.received.map(({ event }) => event)).not.toContain('media');
    await call.say(new Uint8Array(3200));
    void call.hangUp();
    await peer.next('stop');

    const sent = Buffer.concat(
      peer.received.flatMap(({ event, media }) => (event === 'media' ? [Buffer.from(media.payload, 'base64')] : [])),
    );
    expect(sent.filter((byte) => byte === 0)).toHaveLength(3200);
    expect(call.messages.find(({ text }) => text.includes('"media"'))!.atMs).toBeGreaterThanOrEqual(300);
  });

  it('returns marks late when told so', async () => {
    const { call, peer, streamSid, media } = await bareCall({ network: { lateMarksMs: 150 } });

    peer.send(media(160));
    peer.send({ event: 'mark', streamSid, mark: { name: 'a' } });
    await peer.next('mark');
    await call.hangUp();

    expect(call.marks[0]!.returnedMs! - call.marks[0]!.receivedMs).toBeGreaterThanOrEqual(150);
  });

  it('stops reading for a while and then takes everything', async () => {
    const { call, peer, media } = await bareCall({ network: { slowReader: { atMs: 0, forMs: 500 } } });

    peer.send(media(160));
    const { atMs } = await call.next('media');
    await call.hangUp();

    expect(atMs).toBeGreaterThanOrEqual(500);
  });

  it('stops reading again and again', async () => {
    const slowReader = { atMs: 0, forMs: 400, everyMs: 500 };
    const { call, peer, media } = await bareCall({ network: { slowReader } });
    const arrived: number[] = [];
    call.listen((event) => {
      if (event.kind === 'media') arrived.push(event.atMs);
    });

    for (let count = 0; count < 4; count++) {
      peer.send(media(160));
      await call.next('media');
      await call.say(new Uint8Array(3200));
    }
    await call.hangUp();

    expect(arrived).toHaveLength(4);
    expect(Math.min(...arrived)).toBeGreaterThanOrEqual(400);
  });

  it('has noise in every frame while what the caller said stays clean', async () => {
    const { call, peer } = await bareCall({ network: { noise: { kind: 'white', dbfs: -30 } } });

    await call.say(new Uint8Array(3200).fill(0xff));
    await call.hangUp();
    await peer.closed;

    const frames = peer.received.flatMap(({ event, media }) =>
      event === 'media' ? [Buffer.from(media.payload, 'base64')] : [],
    );
    expect(frames.length).toBeGreaterThan(19);
    expect(frames.every((frame) => new Set(frame).size > 20)).toBe(true);
    expect(call.saidMulaw().every((byte) => byte === 0xff)).toBe(true);
  });

  it('gives the agent its own words back', async () => {
    const { call, peer, media } = await bareCall({ network: { echo: { db: -6, delayMs: 100 } } });

    peer.send(media(1600));
    const { atMs } = await call.next('playing-started');
    await call.say(new Uint8Array(4800).fill(0xff));
    await call.hangUp();
    await peer.closed;

    const loud = peer.received
      .filter(({ event }) => event === 'media')
      .map(({ media: { payload } }, index) => ({ atMs: index * 20, bytes: Buffer.from(payload, 'base64') }))
      .filter(({ bytes }) => bytes.some((byte) => byte !== 0xff));
    expect(loud[0]!.atMs).toBeGreaterThan(atMs + 80);
    expect(loud[0]!.atMs).toBeLessThanOrEqual(atMs + 100);
    expect(loud.length).toBeGreaterThanOrEqual(10);
    expect(loud.length).toBeLessThanOrEqual(11);
  });

  it('discards audio beyond ten minutes and says so once', async () => {
    const { call, peer, streamSid, media } = await bareCall();

    for (let minute = 0; minute < 13; minute++) peer.send(media(480_000));
    peer.send({ event: 'clear', streamSid });
    await call.next('clear');
    await call.hangUp();

    expect(call.warnings.map(({ code }) => code)).toEqual([31931]);
    const { atMs, queuedMs } = call.clears[0]!;
    expect(queuedMs + atMs).toBeGreaterThan(590_000);
  });

  it('ends with the bridge lost when a bare stream breaks off', async () => {
    const { call, peer } = await bareCall();

    peer.socket.terminate();

    expect(await call.ended).toMatchObject({ by: 'lost' });
    expect(call.warnings.map(({ code }) => code)).toEqual([31903]);
    await expect(call.next('media')).rejects.toThrow(/ended/);
    await expect(call.whenHeard(10)).rejects.toThrow(/ended/);
  });

  it('reports an abnormal close code', async () => {
    const { call, peer } = await bareCall();

    peer.socket.close(1008, 'ticket');

    expect(await call.ended).toMatchObject({ by: 'bridge' });
    expect(call.streams[0]).toMatchObject({ closeCode: 1008, closeReason: 'ticket', closedBy: 'bridge' });
    expect(call.warnings.map(({ code }) => code)).toEqual([31921]);
  });
});

describe('a call on a fake clock', () => {
  it('moves only when the clock does, catches up in a burst, and leaves no timer behind', async () => {
    const clock = new FakeClock();
    const bridge = await startBridge({});
    open.push(bridge);
    const phone = createPhone({
      bridgeUrl: bridge.url,
      publicUrl: bridge.url,
      accountSid: 'AC1',
      authToken: 't',
      clock,
    });
    const opening = phone.connectStream({ url: bridge.url.replace('http', 'ws'), callSid: 'CA1', connectedDelayMs: 0 });
    while (clock.pendingTimers === 0) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(0);
    const call = await opening;

    expect(call.framesSent).toBe(1);
    clock.advance(1000);
    expect(call.framesSent).toBe(51);
    expect(call.nowMs).toBe(1000);
    const ended = call.hangUp();
    await bridge.peers[0]!.closed;
    await ended;

    expect(clock.pendingTimers).toBe(0);
  });
});

describe('audio files', () => {
  it('speaks a WAV file and writes the call as stereo WAV', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'phone-'));
    open.push({ close: () => rm(folder, { recursive: true }) });
    const wav = new wavefile.WaveFile();
    wav.fromScratch(1, 16_000, '16', new Int16Array(3200).fill(1000));
    await writeFile(join(folder, 'in.wav'), wav.toBuffer());
    const { call, peer, media } = await bareCall();

    peer.send(media(800));
    const { startMs, endMs } = await call.say(join(folder, 'in.wav'));
    await call.whenHeard(100);
    await call.hangUp();
    await call.writeWav(join(folder, 'out.wav'));

    expect(endMs - startMs).toBe(200);
    const written = new wavefile.WaveFile(await readFile(join(folder, 'out.wav')));
    const [left, right] = written.getSamples(false, Int16Array) as unknown as [Int16Array, Int16Array];
    expect(left.length).toBe(call.heardMulaw().length);
    expect(left[startMs * 8 + 800]).toBeGreaterThan(900);
    expect(right.filter((sample) => sample !== 0)).toHaveLength(800);
  });
});
