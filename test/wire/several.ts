import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { onTestFinished } from 'vitest';
import { freshDatabase } from '../store/postgres.js';
import { type Bridge, startBridge, ticketIn } from './bridge.js';

/** A port that was free a moment ago, so that an instance can say where it is before it listens. */
export async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

type Options = Omit<NonNullable<Parameters<typeof startBridge>[0]>, 'database'>;

/** Instances on one database, until the test is over; each as its options say. */
export async function severalInstances(each: readonly Options[]): Promise<Bridge[]> {
  const database = await freshDatabase();
  const started: Bridge[] = [];
  onTestFinished(async () => {
    for (const bridge of started) await bridge.close();
    await database.drop();
  });
  for (const options of each) {
    const environment = { PORT: await freePort(), ...options.environment };
    started.push(await startBridge({ ...options, database, environment }));
  }
  return started;
}

export async function twoInstances(options: Options = {}): Promise<[Bridge, Bridge]> {
  return (await severalInstances([options, options])) as [Bridge, Bridge];
}

/** The media stream of a call starts at this instance, wherever its TwiML came from. */
export async function startMedia(bridge: Bridge, callSid: string, twiml: string) {
  const socket = bridge.media();
  await once(socket, 'open');
  const streamSid = `MZ${callSid.slice(2)}`;
  const start = {
    event: 'start',
    sequenceNumber: '1',
    start: {
      accountSid: `AC${'0'.repeat(32)}`,
      streamSid,
      callSid,
      tracks: ['inbound'],
      mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
      customParameters: { ticket: ticketIn(twiml) },
    },
    streamSid,
  };
  socket.send(JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' }));
  socket.send(JSON.stringify(start));
  await bridge.fact(callSid, 'answered');
  return socket;
}
