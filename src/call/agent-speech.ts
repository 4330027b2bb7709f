import { Downsampler24to8 } from '../audio/downsampler.js';
import { S16leReader } from '../audio/passthrough.js';
import { Downlink } from '../media/downlink.js';
import { PlayoutLedger } from '../media/ledger.js';
import type { TelephonyLeg } from './ports.js';
import type { ResponseGapMeter } from './response-gap.js';
import type { Transcript } from './transcript.js';

export interface AgentSpeechOptions {
  phone: TelephonyLeg;
  outputRateHz: number;
  transcript: Transcript;
  gap: ResponseGapMeter;
  /** Clock time and time of the call, in ms. */
  now: () => number;
  callMs: () => number;
  /**
   * A turn has begun, or goes on with another block; the caller has heard what came of it so far; the model has produced
   * all of it; the caller has heard all of it.
   */
  started: (turnId: number, isNew: boolean) => void;
  paused: (turnId: number) => void;
  generated: (turnId: number) => void;
  heard: (turnId: number) => void;
}

/**
 * How long the model may be silent within a turn, after all that it sent has sounded and no tool runs, in ms. Pauses between
 * sentences are far shorter, as audio comes faster than it sounds; should it speak on after all, the turn goes on.
 */
const STALLED_MS = 3000;
/** The same within a block, whose rest may be late but must come, in ms. */
const STALLED_IN_BLOCK_MS = 8000;
/** A model that is interrupted so soon after the end of a block ended it for that, in ms: nothing is as fast between two blocks. */
const SAME_BREATH_MS = 50;
/** The same for a block that was not marked as the last one: a process that stands still reads the two apart. */
const READ_APART_MS = 1000;

/**
 * What the agent says, from the model's audio to the caller's ear: relays it, keeps count of what was heard, and tells
 * when a turn begins, is complete and was heard.
 */
export class AgentSpeech {
  /** How often the carrier's buffer was emptied. */
  clears = 0;
  readonly #options: AgentSpeechOptions;
  readonly #ledger = new PlayoutLedger();
  readonly #downlink: Downlink;
  /** The block of audio that is being relayed; audio of any other block is late. */
  #liveBlockId: string | undefined;
  /** The block that has ended last, and when. */
  #ended: { readonly blockId: string; readonly atMs: number; readonly isLast: boolean } | undefined;
  #turnFromMs = 0;
  #isGenerated = false;
  /** The model was lost, or broke off, in the middle of a block: its words were not all spoken. */
  #isCutShort = false;
  #isBeginningHeard = false;
  /** Until when the audio sent so far sounds, by the clock alone. */
  #quietFromMs = 0;

  constructor(options: AgentSpeechOptions) {
    this.#options = options;
    const { phone, outputRateHz, now } = options;
    this.#downlink = new Downlink({
      converter: outputRateHz === 8000 ? new S16leReader() : new Downsampler24to8(),
      ledger: this.#ledger,
      now,
      play: (mulaw) => phone.play(mulaw),
      mark: (name) => phone.mark(name),
    });
  }

  /** Sent and, as far as is known, not yet heard. */
  get unheardMs(): number {
    return this.#ledger.unheardMs(this.#options.now());
  }

  /** For how long nothing of the agent has sounded, in ms. */
  get quietMs(): number {
    return Math.max(0, this.#options.now() - this.#quietFromMs);
  }

  /** Where the audio sent so far ends, on the ledger's line. */
  get sentMs(): number {
    return this.#ledger.sentMs;
  }

  /** Begins a block of audio, and with it a turn when none is open. */
  begin(blockId: string): void {
    const { transcript, gap, callMs, started } = this.#options;
    this.#liveBlockId = blockId;
    this.#ended = undefined;
    const { turnId, isNew } = transcript.blockStarted(blockId, this.#ledger.sentMs, callMs());
    this.noteProgress();
    // When the model speaks on before the caller has heard all, it is still the same turn, and not complete after all.
    this.#isGenerated = false;
    if (isNew) {
      this.#turnFromMs = this.#ledger.sentMs;
      this.#isCutShort = false;
      this.#isBeginningHeard = false;
      gap.audioCame(callMs());
    }
    started(turnId, isNew);
  }

  /** Relays audio of the block at once. False when the block was cut or is over: nothing of it sounds any more. */
  relay(blockId: string, s16le: Uint8Array): boolean {
    if (blockId !== this.#liveBlockId) return false;
    const beforeMs = this.#ledger.sentMs;
    this.#downlink.push(s16le);
    this.noteProgress(this.#ledger.sentMs - beforeMs);
    this.#options.gap.audioSent(this.#options.callMs());
    return true;
  }

  /** The block is over; `turnEnded` when the model says that the whole turn is. */
  end(blockId: string, turnEnded: boolean): void {
    if (blockId === this.#liveBlockId) {
      this.#downlink.flush();
      this.#options.transcript.blockEnded(blockId, this.#ledger.sentMs);
      this.#liveBlockId = undefined;
      this.#ended = { blockId, atMs: this.#options.now(), isLast: turnEnded };
      if (turnEnded) this.#complete();
      else if (!this.#ledger.awaitsMarks) this.#endWhenHeard(this.#ledger.sentMs);
    } else if (turnEnded && this.#liveBlockId === undefined && this.#options.transcript.isOpen(blockId)) {
      this.#complete();
    }
  }

  /** The model breaks off. Of a block that it has ended with the same breath not all words were spoken. */
  brokenOff(): void {
    const { now, transcript } = this.#options;
    const ended = this.#ended;
    this.#ended = undefined;
    if (!ended) return;
    const isCertain = now() - ended.atMs <= (ended.isLast ? SAME_BREATH_MS : READ_APART_MS);
    // Later only the block itself can tell.
    if ((isCertain || !ended.isLast) && transcript.blockBroken(ended.blockId, isCertain)) this.#isCutShort = true;
  }

  /** No more of the open turn can come between blocks, however it was marked. */
  completeBetweenBlocks(): void {
    if (this.#liveBlockId === undefined) this.#complete();
  }

  /** Something has happened that lets the model go on; `sentMs` of audio were sent with it. */
  noteProgress(sentMs = 0): void {
    this.#quietFromMs = Math.max(this.#quietFromMs, this.#options.now()) + sentMs;
  }

  /** A model that has fallen silent in the middle of a turn has said all of it, whether it says so or not. */
  completeWhenStalled(): void {
    const limitMs = this.#liveBlockId === undefined ? STALLED_MS : STALLED_IN_BLOCK_MS;
    if (this.#options.now() - this.#quietFromMs >= limitMs) this.completeNow();
  }

  /** No more can come at all: what has come is the whole turn, and a block in the middle of its words is cut there. */
  completeNow(): void {
    if (this.#liveBlockId !== undefined) {
      this.#downlink.flush();
      this.#options.transcript.blockCut(this.#liveBlockId, this.#ledger.sentMs);
      this.#liveBlockId = undefined;
      this.#isCutShort = true;
    }
    this.#complete();
  }

  markReturned(name: string): void {
    const { transcript, gap, now, callMs } = this.#options;
    const positionMs = this.#ledger.returned(name, now());
    if (positionMs === undefined || transcript.openTurnId === undefined) return;
    if (!this.#isBeginningHeard && positionMs > this.#turnFromMs) {
      this.#isBeginningHeard = true;
      const heardAtMs = callMs() - (positionMs - this.#turnFromMs);
      transcript.beginningHeard(heardAtMs, this.#ledger.sentMs, gap.heard(heardAtMs));
    }
    this.#endWhenHeard(positionMs);
    transcript.heardSoFar({ heardToMs: positionMs, sentToMs: this.#ledger.sentMs }, callMs());
  }

  /** Cuts the open turn, emptying the carrier's buffer if anything may be in it. Answers how many ms were thrown away. */
  cut(): number {
    const { phone, now } = this.#options;
    const isBuffered = this.#ledger.awaitsMarks;
    const isUnfinished = isBuffered || this.#liveBlockId !== undefined || this.#isCutShort;
    const unheardMs = this.unheardMs;
    if (isBuffered) {
      phone.clear();
      this.clears++;
    }
    // What was thrown away does not sound.
    this.#quietFromMs = Math.min(this.#quietFromMs, now());
    const heardToMs = this.#ledger.cleared(now());
    this.#downlink.reset();
    this.#liveBlockId = undefined;
    this.#endTurn(heardToMs, isUnfinished);
    return unheardMs;
  }

  /** The carrier does not return marks: what is known to be heard is all that is credited, and counting begins afresh. */
  giveUpMarks(): void {
    const heardToMs = this.#ledger.cleared(this.#options.now());
    this.#endTurn(heardToMs, heardToMs < this.#ledger.sentMs);
  }

  /** The call is over: what was heard by now is all that was. The carrier returns marks before it says that it is over. */
  close(): void {
    const isUnfinished = this.#ledger.awaitsMarks || this.#liveBlockId !== undefined || this.#isCutShort;
    this.#endTurn(this.#ledger.heardMs(this.#options.now()), isUnfinished);
  }

  /** The call goes on elsewhere, and the carrier still plays for a moment: what it holds would be heard and not credited. */
  leave(): void {
    if (this.unheardMs > 0) this.cut();
    this.close();
  }

  #complete(): void {
    const turnId = this.#options.transcript.openTurnId;
    if (turnId === undefined || this.#isGenerated) return;
    this.#isGenerated = true;
    this.#options.generated(turnId);
    if (!this.#ledger.awaitsMarks) this.#endWhenHeard(this.#ledger.sentMs);
  }

  #endWhenHeard(heardToMs: number): void {
    const { transcript, heard, paused } = this.#options;
    const turnId = transcript.openTurnId;
    if (turnId === undefined || heardToMs < this.#ledger.sentMs) return;
    if (!this.#isGenerated) {
      if (this.#liveBlockId === undefined) paused(turnId);
      return;
    }
    this.#endTurn(heardToMs, this.#isCutShort);
    heard(turnId);
  }

  #endTurn(heardToMs: number, interrupted: boolean): void {
    const { transcript, callMs } = this.#options;
    transcript.agentTurnEnded({ heardToMs, sentToMs: this.#ledger.sentMs }, callMs(), interrupted);
  }
}
