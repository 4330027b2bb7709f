import { createBlackBoxes } from '../../src/blackbox/boxes.js';
import { realClock } from '../../src/clock.js';
import { createLog } from '../../src/log.js';
import { virtualCall } from '../call/virtual-call.js';
import { tapedCall } from './kept.js';

/** Records a call that never ends into a folder, twenty seconds of it every 20 ms, and says when two minutes are over. */
const boxes = createBlackBoxes({
  directory: process.argv[2]!,
  version: '1',
  clock: realClock(),
  log: createLog('silent'),
});
const call = virtualCall({}, { tape: boxes.open(tapedCall('CA1')) });
call.session.start();
let second = 0;
setInterval(() => {
  call.line(20_000, true);
  second += 20;
  if (second === 120) process.stdout.write('two minutes\n');
}, 20);
