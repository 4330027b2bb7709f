import { setPriority } from 'node:os';
import { readBoxes } from '../blackbox/boxes.js';
import { BridgeError, type ErrorCode, messageOf } from '../errors.js';
import { fixtureFiles } from './fixture-files.js';
import { recordedInBox } from './from-box.js';
import { zipOf } from './zip.js';

/** What the process is asked for. */
export interface Order {
  callSid: string;
  /** Where the black boxes of the call are. */
  folder: string;
  /** Which of its media streams, from 1. */
  stream: number;
  redact: readonly string[];
}

/** Why there is no archive. */
export interface Refusal {
  code: ErrorCode;
  message: string;
}

/** Writes one archive to the standard output, which holds nobody up who reads it. Whatever goes wrong is an answer. */
async function make({ callSid, folder, stream, redact }: Order): Promise<Refusal | undefined> {
  try {
    const boxes = await readBoxes(folder);
    const box = boxes[stream - 1];
    if (!box) {
      const message =
        boxes.length === 0
          ? `There is no black box of the call ${callSid} here: its number does not record, or another instance has carried it.`
          : `The call ${callSid} has ${boxes.length} media streams with a black box: there is no stream ${stream}.`;
      return { code: 'NOT_FOUND', message };
    }
    // Which words the local model can say is known only where it runs.
    const files = fixtureFiles(recordedInBox(box), { redact, canSay: () => false });
    const inFolder = new Map([...files].map(([name, content]) => [`${callSid}/${name}`, content]));
    process.stdout.write(zipOf(inFolder, new Date(box.ticks[0]?.atMs ?? 0)));
    return undefined;
  } catch (error) {
    return { code: error instanceof BridgeError ? error.code : 'INTERNAL', message: messageOf(error) };
  }
}

// Live calls come first.
setPriority(10);
process.once('message', async (order: Order) => {
  const refusal = await make(order);
  if (refusal) process.send?.(refusal, () => process.disconnect());
  else process.disconnect();
});
