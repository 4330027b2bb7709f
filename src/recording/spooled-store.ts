import { access, constants, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import { type Disk, filesIn } from '../disk.js';
import { BridgeError, messageOf } from '../errors.js';
import { randomIds } from '../ids.js';
import type { Logger } from '../log.js';
import { Deliveries } from './delivery.js';
import type { ByteRange } from './range.js';
import { RemovalOrders } from './removal-orders.js';
import { repairRecording } from './repair.js';
import { absent, openForReading, SpoolFile } from './spool-file.js';
import type {
  KeptRecording,
  OpenedRecording,
  RecordingSink,
  RecordingStore,
  RecoveredRecording,
  Removal,
  Shelf,
} from './store.js';
import { HEADER_BYTES } from './wave-header.js';

/** A file that does not change for this long is nobody's: other processes may share the directory. */
export const QUIET_MS = 3000;

/** What is on its way when the process ends gets this long; the rest is found at the next start. */
export const CLOSE_LIMIT_MS = 10_000;

/** Whoever orders a removal waits this long for the place where it is kept, at most. */
export const REMOVAL_PATIENCE_MS = 5000;

const CALL_SID = /^[A-Za-z0-9_-]{1,64}$/;
const PIECE_NAME = /^([A-Za-z0-9_-]{1,64})~[A-Za-z0-9_-]{1,64}\.wav$/;

interface Piece {
  readonly callSid: string;
  readonly path: string;
  /** Undefined: left by a process before this one. */
  readonly file: SpoolFile | undefined;
  isLive: boolean;
  isRemoved: boolean;
  lacksSome?: true;
}

export interface SpooledStoreOptions {
  spoolDir: string;
  shelf: Shelf;
  disk: Disk;
  log: Logger;
  clock: Clock;
}

/** Recordings are made in a directory of this machine and go to their shelf when they are finished. */
export class SpooledStore implements RecordingStore {
  readonly #options: SpooledStoreOptions;
  readonly #deliveries: Deliveries;
  readonly #ids = randomIds();
  readonly #orders: RemovalOrders;
  readonly #pieces = new Map<string, Piece[]>();
  #stopWaiting = (): void => undefined;
  /** What `close` waits for. */
  #noneLive = (): void => undefined;
  #closed: Promise<void> | undefined;

  constructor(options: SpooledStoreOptions) {
    this.#options = options;
    this.#deliveries = new Deliveries(options.clock, options.log);
    this.#orders = new RemovalOrders(options.spoolDir, options.log);
  }

  /** Throws DATA_DIR_INACCESSIBLE. */
  async prepare(): Promise<void> {
    const { spoolDir } = this.#options;
    try {
      await mkdir(spoolDir, { recursive: true, mode: 0o700 });
      await access(spoolDir, constants.W_OK);
    } catch (cause) {
      const message = `recordings cannot be written to ${spoolDir}: ${messageOf(cause)}`;
      throw new BridgeError('DATA_DIR_INACCESSIBLE', message, { spoolDir }, { cause });
    }
  }

  get isAway(): boolean {
    return this.#deliveries.isAway;
  }

  get pendingCount(): number {
    return [...this.#pieces.values()].flat().filter((piece) => !piece.isLive && !piece.isRemoved).length;
  }

  create(callSid: string): RecordingSink {
    checkName(callSid);
    const path = join(this.#options.spoolDir, `${callSid}~${this.#ids.short('piece')}.wav`);
    const file = new SpoolFile(path, this.#options.disk);
    const piece = this.#adopt({ callSid, path, file, isLive: true, isRemoved: false });
    return {
      write: async (atPair, pairs) => {
        if (!piece.isRemoved) await file.write(atPair, pairs);
      },
      close: async () => {
        try {
          await file.close();
        } catch (error) {
          if (!file.hasAudio) {
            await rm(path, { force: true }).catch(() => undefined);
            this.#forget(piece);
            throw error;
          }
          piece.lacksSome = true;
          const fields = { callSid, err: error, code: 'RECORDING_FAILED' };
          this.#options.log.debug(fields, 'the end of a recording is not safe on the disk');
        } finally {
          piece.isLive = false;
          if (!this.#hasLive()) this.#noneLive();
        }
        return this.#deliver(piece);
      },
    };
  }

  async callSids(): Promise<string[]> {
    const { spoolDir, shelf } = this.#options;
    const spooled = (await filesIn(spoolDir)).flatMap((name) => PIECE_NAME.exec(name)?.[1] ?? []);
    return [...new Set([...spooled, ...(await shelf.callSids())])];
  }

  async open(callSid: string, range?: ByteRange): Promise<OpenedRecording | undefined> {
    checkName(callSid);
    const pieces = (this.#pieces.get(callSid) ?? []).filter((piece) => !piece.isRemoved);
    const isLive = pieces.some((piece) => piece.isLive);
    const read = async (piece: Piece | undefined) =>
      piece && (await (piece.file?.read(range) ?? openForReading(piece.path, range)));
    const whole = await read(pieces.find((piece) => piece.file?.isWhole));
    if (whole) return { ...whole, isFinal: !isLive && pieces.length === 1 };
    // What an earlier process left is nearly always all of it: better than nothing while the shelf is away.
    const left = pieces.find((piece) => !piece.file);
    try {
      const kept = this.#orders.isPending(callSid) ? undefined : await this.#options.shelf.open(callSid, range);
      if (kept) return { ...kept, isFinal: pieces.length === 0 };
    } catch (error) {
      if (!left || !(error instanceof BridgeError) || error.code !== 'STORE_UNAVAILABLE') throw error;
    }
    const piece = await read(left ?? pieces[0]);
    return piece && { ...piece, isFinal: false };
  }

  async remove(callSid: string): Promise<Removal> {
    checkName(callSid);
    const pieces = this.#pieces.get(callSid) ?? [];
    for (const piece of pieces) piece.isRemoved = true;
    await this.#orders.place(callSid);
    this.#deliveries.wake(callSid);
    let wasThere = pieces.length > 0;
    let areDiscarded = false;
    return new Promise((resolve) => {
      const answer = (removal: Removal) => {
        cancel();
        resolve(removal);
      };
      const cancel = this.#options.clock.after(REMOVAL_PATIENCE_MS, () => resolve('ordered'));
      const work = async (signal: AbortSignal) => {
        try {
          // Only once: should the call go on, what is recorded of it from now on is another recording.
          if (!areDiscarded && (await this.#discardPieces(callSid))) wasThere = true;
          areDiscarded = true;
          if (await this.#options.shelf.remove(callSid, signal)) wasThere = true;
          await this.#orders.fulfilled(callSid);
          answer(wasThere ? 'removed' : 'absent');
        } catch (error) {
          answer('ordered');
          throw error;
        }
      };
      void this.#deliveries.run(callSid, 'a recording is not removed yet', work).then(() => answer('ordered'));
    });
  }

  async recover(): Promise<RecoveredRecording[]> {
    const { spoolDir } = this.#options;
    const own = new Set([...this.#pieces.values()].flat().map(({ path }) => path));
    const names = await readdir(spoolDir);
    const removed = new Set(names.flatMap((name) => RemovalOrders.callOf(name) ?? []));
    for (const callSid of removed) void this.remove(callSid);
    const left = names
      .map((name) => ({ callSid: PIECE_NAME.exec(name)?.[1] ?? '', path: join(spoolDir, name) }))
      .filter(({ callSid, path }) => callSid !== '' && !own.has(path) && !removed.has(callSid));
    if (left.length === 0) return [];
    const before = await Promise.all(left.map(({ path }) => fingerprint(path)));
    const isClosing = await this.#waitQuiet();
    if (isClosing) return [];
    const recovered: RecoveredRecording[] = [];
    for (const [index, { callSid, path }] of left.entries()) {
      const now = await fingerprint(path);
      if (now === undefined || now !== before[index] || this.#orders.isPending(callSid)) continue;
      try {
        const hasAudio = (await repairRecording(path)) !== undefined;
        const piece = this.#adopt({ callSid, path, file: undefined, isLive: false, isRemoved: !hasAudio });
        recovered.push({ callSid, hasAudio, kept: this.#deliver(piece) });
      } catch (error) {
        // One bad file must not keep the others away, nor the bridge from starting.
        this.#options.log.error(
          { callSid, path, err: error, code: 'RECORDING_FAILED' },
          'a recording is not recovered',
        );
      }
    }
    return recovered;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#stopWaiting();
    let cancel = (): void => undefined;
    const limit = new Promise<void>((resolve) => {
      cancel = this.#options.clock.after(CLOSE_LIMIT_MS, resolve);
    });
    await Promise.race([this.#untilNoneLive(), limit]);
    await this.#deliveries.close(limit);
    cancel();
    this.#options.shelf.close();
  }

  #waitQuiet(): Promise<boolean> {
    if (this.#closed) return Promise.resolve(true);
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(QUIET_MS, () => resolve(false));
      this.#stopWaiting = () => {
        cancel();
        resolve(true);
      };
    });
  }

  #hasLive(): boolean {
    return [...this.#pieces.values()].flat().some((piece) => piece.isLive);
  }

  #untilNoneLive(): Promise<void> {
    if (!this.#hasLive()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#noneLive = resolve;
    });
  }

  /** Also those that this process does not know: of a crash, or of another process. Answers whether there were any. */
  async #discardPieces(callSid: string): Promise<boolean> {
    const { spoolDir } = this.#options;
    // Somebody may have removed the directory.
    const all = (await readdir(spoolDir).catch(absent)) ?? [];
    const names = all.filter((name) => PIECE_NAME.exec(name)?.[1] === callSid);
    for (const name of names) await rm(join(spoolDir, name), { force: true });
    return names.length > 0;
  }

  #adopt(piece: Piece): Piece {
    this.#pieces.set(piece.callSid, [...(this.#pieces.get(piece.callSid) ?? []), piece]);
    return piece;
  }

  #forget(piece: Piece): void {
    const rest = (this.#pieces.get(piece.callSid) ?? []).filter((each) => each !== piece);
    if (rest.length > 0) this.#pieces.set(piece.callSid, rest);
    else this.#pieces.delete(piece.callSid);
  }

  async #deliver(piece: Piece): Promise<KeptRecording | undefined> {
    const { callSid, path } = piece;
    return this.#deliveries.run(callSid, 'a recording is not where it is kept yet', async (signal) => {
      const isThere = (await this.#options.disk.run(() => stat(path).catch(absent))) !== undefined;
      const kept = piece.isRemoved
        ? undefined
        : await (isThere ? this.#options.shelf.put(callSid, path, signal) : this.#missing(piece));
      await rm(path, { force: true });
      this.#forget(piece);
      return kept && (piece.lacksSome ? { ...kept, lacksSome: true } : kept);
    });
  }

  /** Another process has kept it, or somebody has removed the file under a call that went on. */
  async #missing({ callSid, file }: Piece): Promise<KeptRecording | undefined> {
    if (!file) return undefined;
    const kept = await this.#options.shelf.open(callSid, undefined);
    kept?.stream.destroy();
    return kept ? { byteLength: kept.byteLength } : { byteLength: HEADER_BYTES, lacksSome: true };
  }
}

function checkName(callSid: string): void {
  if (!CALL_SID.test(callSid)) throw new BridgeError('REQUEST_INVALID', 'not the name of a call', { callSid });
}

/** Undefined when it cannot be seen. */
async function fingerprint(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found && `${found.size} ${found.mtimeMs}`;
}
