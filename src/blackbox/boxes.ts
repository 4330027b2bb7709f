import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TapedCall } from '../call/tape.js';
import type { Clock } from '../clock.js';
import { hideSecrets } from '../directory/tool-secrets.js';
import { type Disk, filesIn, localDisk } from '../disk.js';
import { BridgeError, messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import { createOutage, type Outage } from '../outage.js';
import { BOX_FORMAT, type Box, type BoxHead } from './box.js';
import { decodeBox } from './decoder.js';
import { boxFile, streamOf } from './file.js';

import { type BoxFile, BoxWriter } from './writer.js';

/** How long a disk may take at the end of the process, in ms. */
const CLOSE_LIMIT_MS = 5000;
/** What a call's folder may be named. */
const CALL_SID = /^[A-Za-z0-9_-]{1,64}$/;

/** How black boxes are doing, to be measured: from memory, at any time. */
export interface BoxesHealth {
  /** The local disk does not take them. */
  readonly isAway: boolean;
  /** That are written now. */
  readonly openBoxes: number;
  /** Since the start: that were given up, and lack the end of their call. */
  readonly failedBoxes: number;
}

/** The black boxes of calls: what went into each media stream and what the call did on it, to be replayed and looked at. */
export interface BlackBoxes {
  health(): BoxesHealth;
  /** Begins a box. Never throws: what cannot be kept is logged once, and the call goes on. */
  open(call: TapedCall): BoxWriter;
  /** The boxes of a call, one for each media stream, as far as they can be read; none when it is not kept. */
  read(callSid: string): Promise<Box[]>;
  /** Where the boxes of a call are, or would be, once what is on its way has arrived; undefined when it can have none. */
  folderOf(callSid: string): Promise<string | undefined>;
  /** Calls of which something is kept here. */
  callSids(): Promise<string[]>;
  /** Removes what is kept of a call here. False when there was nothing, or when it cannot be removed, which is logged. */
  remove(callSid: string): Promise<boolean>;
  /** Ends every box and lets what is on its way arrive, five seconds at most. May be called twice. */
  close(): Promise<void>;
}

export interface BlackBoxesOptions {
  /** One folder for each call is made below it. */
  directory: string;
  /** Version of the bridge. */
  version: string;
  clock: Clock;
  log: Logger;
  /** Where the box of a call is written; a file below `directory`, unless said otherwise. */
  fileFor?: (folder: string) => BoxFile;
  /** Shared with others that write to it as calls go. */
  disk?: Disk;
}

export function createBlackBoxes(options: BlackBoxesOptions): BlackBoxes {
  const { directory, version, clock, log, disk = localDisk() } = options;
  const { fileFor = (folder) => boxFile(folder, disk) } = options;
  const open = new Map<string, Set<BoxWriter>>();
  const outage = createOutage({
    ...{ clock, log, code: 'RECORDING_FAILED' },
    begins: 'black boxes cannot be written: calls go on, and theirs end here',
    ends: 'black boxes are written again',
    tally: () => ({ failedBoxes }),
  });
  let failedBoxes = 0;

  const closeOf = (callSid: string) => Promise.all([...(open.get(callSid) ?? [])].map((writer) => writer.close()));

  return {
    health: () => ({
      isAway: outage.isAway,
      openBoxes: [...open.values()].reduce((sum, writers) => sum + writers.size, 0),
      failedBoxes,
    }),
    open(call) {
      const { callSid } = call;
      const isName = CALL_SID.test(callSid);
      const writer = new BoxWriter({
        head: headOf(call, version),
        file: isName ? watched(fileFor(join(directory, callSid)), outage, callSid) : nowhere,
        failed: (error) => {
          failedBoxes++;
          const fields = { callSid, err: error, code: 'RECORDING_FAILED' };
          log.warn(fields, 'the black box of the call was given up');
          if (!isName) return;
          outage.failed(callSid, error, { callSid });
          outage.left(callSid);
        },
      });
      const writers = open.get(callSid) ?? new Set();
      open.set(callSid, writers.add(writer));
      void writer.ended.then(() => {
        writers.delete(writer);
        if (writers.size === 0 && open.get(callSid) === writers) open.delete(callSid);
      });
      return writer;
    },
    async read(callSid) {
      return CALL_SID.test(callSid) ? readBoxes(join(directory, callSid)) : [];
    },
    async folderOf(callSid) {
      if (!CALL_SID.test(callSid)) return undefined;
      await Promise.all([...(open.get(callSid) ?? [])].map((writer) => writer.ended));
      return join(directory, callSid);
    },
    callSids: async () => (await filesIn(directory)).filter((name) => CALL_SID.test(name)),
    async remove(callSid) {
      if (!CALL_SID.test(callSid)) return false;
      await closeOf(callSid);
      const folder = join(directory, callSid);
      try {
        const names = await namesIn(folder);
        await rm(folder, { recursive: true, force: true });
        return names.length > 0;
      } catch (error) {
        log.error({ callSid, err: error, code: 'RECORDING_FAILED' }, 'the black box of the call could not be removed');
        return false;
      }
    },
    async close() {
      const limit = new AbortController();
      const cancelLimit = clock.after(CLOSE_LIMIT_MS, () => limit.abort());
      const late = new Promise<void>((resolve) => limit.signal.addEventListener('abort', () => resolve()));
      await Promise.race([Promise.all([...open.keys()].map(closeOf)), late]);
      cancelLimit();
    },
  };
}

/** The boxes in the folder of a call, by their media streams. Throws for one that cannot be read at all. */
export async function readBoxes(folder: string): Promise<Box[]> {
  const names = await namesIn(folder);
  const boxes: Box[] = [];
  for (const name of names) {
    const path = join(folder, name);
    const bytes = await readFile(path);
    // A crash may come before the first record.
    if (bytes.length > 0) boxes.push(decoded(bytes, path));
  }
  return boxes;
}

/** The box in a file. Throws `NOT_FOUND` when there is none, or what is wrong with it, naming the file. */
export async function readBox(path: string): Promise<Box> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new BridgeError('NOT_FOUND', `${path} cannot be read: ${messageOf(error)}`, { path }, { cause: error });
  });
  return decoded(bytes, path);
}

function decoded(bytes: Buffer, path: string): Box {
  try {
    return decodeBox(bytes);
  } catch (error) {
    const code = error instanceof BridgeError ? error.code : 'FIXTURE_INVALID';
    throw new BridgeError(code, `${path}: ${messageOf(error)}`, { path }, { cause: error });
  }
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await filesIn(folder);
  const boxes = names.filter((name) => streamOf(name) !== undefined);
  return boxes.sort((a, b) => streamOf(a)! - streamOf(b)!);
}

function headOf({ mayDial, agent, ...call }: TapedCall, version: string): BoxHead {
  const persons = agent.tools.flatMap((tool) => (tool.kind === 'handoff' ? [tool.to] : []));
  return {
    format: BOX_FORMAT,
    ...call,
    agent: hideSecrets(agent),
    dialable: [...new Set(persons)].filter(mayDial),
    versions: { bridge: version, node: process.version },
  };
}

/** Tells when the disk takes what is written. */
function watched(file: BoxFile, outage: Outage, callSid: string): BoxFile {
  return {
    append(record) {
      const done = file.append(record);
      done.then(
        () => outage.worked(callSid),
        () => undefined,
      );
      return done;
    },
    close: () => file.close(),
  };
}

/** For a call whose name is no name of a folder. */
const nowhere: BoxFile = {
  append: () => Promise.reject(new BridgeError('RECORDING_FAILED', 'the call cannot have a folder by its name')),
  close: async () => undefined,
};
