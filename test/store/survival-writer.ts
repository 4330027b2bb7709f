import { LiveRecords } from '../../src/call/live-records.js';
import { realClock } from '../../src/clock.js';
import { randomIds } from '../../src/ids.js';
import { createLog } from '../../src/log.js';
import { startEmbedded } from '../../src/store/embedded/server.js';
import { openStore } from '../../src/store/open.js';

/** A process that writes calls without end, and says the name of each that is kept: a test kills it. */
const log = createLog('silent');
const server = await startEmbedded({ dataDir: process.argv[2]!, log });
const store = await openStore({
  databaseUrl: server.url,
  instanceUrl: 'http://127.0.0.1:1',
  defaultModelId: 'amazon.nova-2-sonic-v1:0',
  ids: randomIds(),
  log,
  clock: realClock(),
});
const records = new LiveRecords(store.record);
for (let call = 0; ; call++) {
  const callSid = `CA${call}`;
  const [from, to] = ['+14155550101', '+14155550100'];
  const rang = { kind: 'rang', direction: 'inbound', from, to, agentId: null, agentVersion: null } as const;
  records.listener({ callSid, atMs: 0, ...rang, variables: {}, test: false }, Date.now());
  const turn = { role: 'caller', text: `words of call ${call}`, startMs: 0, endMs: 1 } as const;
  records.listener({ callSid, atMs: 1, kind: 'turnChanged', index: 0, turn }, Date.now());
  await store.flush(5000);
  process.stdout.write(`${callSid}\n`);
}
