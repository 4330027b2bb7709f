import { access, constants, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import { BridgeError, messageOf } from '../errors.js';
import { randomIds } from '../ids.js';
import type { Logger } from '../log.js';
import { CLOSE_LIMIT_MS, Deliveries } from './delivery.js';
import type { ByteRange } from './range.js';
import { repairRecording } from './repair.js';
import { absent, openForReading, SpoolFile } from './spool-file.js';
import type {
  KeptRecording,
  OpenedRecording,
  RecordingSink,
  RecordingStore,
  RecoveredRecording,
  Shelf,
} from './store.js';

/** A file that does not change for this long is nobody's: other processes may share the directory. */
export const QUIET_MS = 3000;

const CALL_SID = /^[A-Za-z0-9_-]{1,64}$/;
const PIECE_NAME = /^([A-Za-z0-9_-]{1,64})~[A-Za-z0-9_-]{1,64}\.wav$/;
const REMOVAL_NAME = /^([A-Za-z0-9_-]{1,64})\.removed$/;

interface Piece {
  readonly callSid: string;
  readonly path: string;
  /** Undefined: left by a process before this one. */
  readonly file: SpoolFile | undefined;
  isLive: boolean;
  isRemoved: boolean;
}

export interface SpooledStoreOptions {
  spoolDir: string;
  shelf: Shelf;
  log: Logger;
  clock: Clock;
}

/** Recordings are made in a directory of this machine and go to their shelf when they are finished. */
export class SpooledStore implements RecordingStore {
  readonly #options: SpooledStoreOptions;
  readonly #deliveries: Deliveries;
  readonly #ids = randomIds();
  readonly #pieces = new Map<string, Piece[]>();
  #stopWaiting = (): void => undefined;
  /** What `close` waits for. */
  #noneLive = (): void => undefined;

  constructor(options: SpooledStoreOptions) {
    this.#options = options;
    this.#deliveries = new Deliveries(options.clock, options.log);
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

  create(callSid: string): RecordingSink {
    checkName(callSid);
    const path = join(this.#options.spoolDir, `${callSid}~${this.#ids.short('piece')}.wav`);
    const file = new SpoolFile(path);
    const piece = this.#adopt({ callSid, path, file, isLive: true, isRemoved: false });
    return {
      write: async (atPair, pairs) => {
        if (!piece.isRemoved) await file.write(atPair, pairs);
      },
      close: async () => {
        try {
          await file.close();
        } catch (error) {
          this.#forget(piece);
          throw error;
        } finally {
          piece.isLive = false;
          if (!this.#hasLive()) this.#noneLive();
        }
        return this.#deliver(piece);
      },
    };
  }

  async open(callSid: string, range?: ByteRange): Promise<OpenedRecording | undefined> {
    checkName(callSid);
    const pieces = (this.#pieces.get(callSid) ?? []).filter((piece) => !piece.isRemoved);
    const isLive = pieces.some((piece) => piece.isLive);
    const read = (piece: Piece | undefined) => piece && (piece.file?.read(range) ?? openForReading(piece.path, range));
    const whole = await read(pieces.find((piece) => piece.file?.isWhole ?? true));
    const opened = whole ?? (await this.#options.shelf.open(callSid, range)) ?? (await read(pieces[0]));
    return opened && { ...opened, isFinal: !isLive && pieces.length === (whole ? 1 : 0) };
  }

  async remove(callSid: string): Promise<boolean> {
    checkName(callSid);
    const { shelf, spoolDir } = this.#options;
    const pieces = this.#pieces.get(callSid) ?? [];
    for (const piece of pieces) piece.isRemoved = true;
    for (const { path } of pieces) await rm(path, { force: true });
    this.#deliveries.wake(callSid);
    const wasHere = pieces.length > 0;
    const marker = join(spoolDir, `${callSid}.removed`);
    return new Promise<boolean>((resolve, reject) => {
      const work = async (signal: AbortSignal) => {
        try {
          const wasThere = await shelf.remove(callSid, signal);
          await rm(marker, { force: true });
          resolve(wasHere || wasThere);
        } catch (error) {
          // Found again at the next start, should this process end before it is done.
          await writeFile(marker, '', { mode: 0o600 });
          reject(unavailable(error));
          throw error;
        }
      };
      void this.#deliveries.run(callSid, work).then(() => reject(unavailable(undefined)));
    });
  }

  async recover(): Promise<RecoveredRecording[]> {
    const { spoolDir } = this.#options;
    const own = new Set([...this.#pieces.values()].flat().map(({ path }) => path));
    const names = await readdir(spoolDir);
    for (const name of names) {
      const removed = REMOVAL_NAME.exec(name)?.[1];
      // Its failure is logged, and it is tried on.
      if (removed !== undefined) void this.remove(removed).catch(() => false);
    }
    const left = names
      .map((name) => ({ callSid: PIECE_NAME.exec(name)?.[1], path: join(spoolDir, name) }))
      .filter((each): each is { callSid: string; path: string } => each.callSid !== undefined && !own.has(each.path));
    if (left.length === 0) return [];
    const before = await Promise.all(left.map(({ path }) => fingerprint(path)));
    const isClosing = await this.#waitQuiet();
    if (isClosing) return [];
    const recovered: RecoveredRecording[] = [];
    for (const [index, { callSid, path }] of left.entries()) {
      const now = await fingerprint(path);
      if (now === undefined || now !== before[index]) continue;
      const byteLength = await repairRecording(path);
      const piece = this.#adopt({ callSid, path, file: undefined, isLive: false, isRemoved: byteLength === undefined });
      recovered.push({ callSid, kept: this.#deliver(piece) });
    }
    return recovered;
  }

  async close(): Promise<void> {
    this.#stopWaiting();
    await this.#untilNoneLive();
    await this.#deliveries.close();
    this.#options.shelf.close();
  }

  #waitQuiet(): Promise<boolean> {
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

  /** Files that are being closed get this long; what does not make it is found at the next start. */
  #untilNoneLive(): Promise<void> {
    if (!this.#hasLive()) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(CLOSE_LIMIT_MS, resolve);
      this.#noneLive = () => {
        cancel();
        resolve();
      };
    });
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
    return this.#deliveries.run(callSid, async (signal) => {
      const isThere = (await stat(path).catch(absent)) !== undefined;
      // Removed, or another process has kept it.
      const kept = isThere && !piece.isRemoved ? await this.#options.shelf.put(callSid, path, signal) : undefined;
      await rm(path, { force: true });
      this.#forget(piece);
      return kept;
    });
  }
}

function checkName(callSid: string): void {
  if (!CALL_SID.test(callSid)) throw new BridgeError('REQUEST_INVALID', 'not the name of a call', { callSid });
}

function unavailable(cause: unknown): BridgeError {
  const message = 'the recording could not be removed yet: it is tried again';
  return new BridgeError('STORE_UNAVAILABLE', message, {}, { cause });
}

async function fingerprint(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(absent);
  return found && `${found.size} ${found.mtimeMs}`;
}
