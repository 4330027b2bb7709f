/** Records a call without end into the directory it is given and says what is in the file; made to be killed. */
import { realClock } from '../../src/clock.js';
import { createLog } from '../../src/log.js';
import { openRecordingStore } from '../../src/recording/store.js';

const [dataDir = '', callSid = ''] = process.argv.slice(2);
const PIECE_PAIRS = 5600;

const store = await openRecordingStore({ url: undefined, dataDir, log: createLog('silent'), clock: realClock() });
const sink = store.create(callSid);
for (let count = 1; ; count++) {
  const level = (count % 100) + 1;
  const pairs = new Int16Array(2 * PIECE_PAIRS);
  for (let index = 0; index < PIECE_PAIRS; index++) pairs.set([level, -level], 2 * index);
  await sink.write((count - 1) * PIECE_PAIRS, new Uint8Array(pairs.buffer));
  process.stdout.write(`${level}\n`);
}
