import { heardText, type SpokenSentence, shortenedTo, spokenWeight } from '../media/heard-text.js';
import { LetterRate } from '../media/letter-rate.js';
import { offendingFrom } from './filtered.js';
import type { Offence } from './ports.js';
import type { AgentTurn, CallerTurn, Turn } from './record.js';
import type { ResponseGap } from './response-gap.js';

/** How often it is told how far a turn was heard that goes on, in ms: what is said in it would be said again after a crash. */
const HEARD_EVERY_MS = 400;

interface Sentence {
  text: string;
  blockId: string;
  /** On the ledger's line. */
  fromMs: number;
  toMs: number;
  complete: boolean;
}

interface OpenAgentTurn {
  id: number;
  index: number;
  /** Where its audio begins on the ledger's line. */
  fromMs: number;
  sentences: Sentence[];
  /** What the ledger credits, before the model's own word on it. */
  creditedText: string;
  turn: AgentTurn;
}

/** How far a turn has come, on the ledger's line. */
interface Reached {
  heardToMs: number;
  sentToMs: number;
}

type Report = (index: number, turn: Turn) => void;

/** Who said what, as heard. Grows turn by turn; every change of a turn is reported whole. */
export class Transcript {
  readonly #report: Report;
  readonly #turns: Turn[] = [];
  #nextTurnId = 1;
  #open: OpenAgentTurn | undefined;
  /** The turn spoken last, for the model's late word on what it really spoke. */
  #last: OpenAgentTurn | undefined;
  #confirmedText = '';
  readonly #rate = new LetterRate();
  #pendingText = '';
  /** Whether this model announces what it will speak, as it is documented to. */
  #isAnnounced = false;

  constructor(report: Report, before: readonly Turn[] = []) {
    this.#report = report;
    this.#turns.push(...before);
  }

  /** What was said so far, as heard: for another model stream. Of a turn that still sounds, what was sent of it. */
  historyTo(sentMs: number): { role: 'caller' | 'agent'; text: string }[] {
    return this.#saidTo(sentMs).map(({ role, text }) => ({ role, text }));
  }

  /** A stream that was given it was lost over some of what was said so far: nobody is given that again. */
  filteredOver(offence: Offence, sentMs: number): void {
    const said = this.#saidTo(sentMs);
    for (const { index } of said.slice(offendingFrom(said, offence))) {
      const turn: Turn = { ...this.#turns[index]!, filtered: true };
      for (const spoken of [this.#open, this.#last]) {
        if (spoken?.index === index && turn.role === 'agent') spoken.turn = turn;
      }
      this.#turns[index] = turn;
      this.#report(index, turn);
    }
  }

  get openTurnId(): number | undefined {
    return this.#open?.id;
  }

  /** Whether the block belongs to the turn being spoken. */
  isOpen(blockId: string): boolean {
    return this.#open?.sentences.some((sentence) => sentence.blockId === blockId) ?? false;
  }

  callerSaid(text: string, bounds: { startMs: number; endMs: number }): void {
    const turn: CallerTurn = { role: 'caller', text, startMs: round(bounds.startMs), endMs: round(bounds.endMs) };
    this.#turns.push(turn);
    this.#report(this.#turns.length - 1, turn);
  }

  /** Announced text whose audio will not come any more. */
  forgetUnspoken(): void {
    this.#pendingText = '';
  }

  /** Text that the agent will speak in the audio block that comes next. */
  agentWillSay(text: string): void {
    this.#isAnnounced = true;
    this.#pendingText = joined(this.#pendingText, text);
  }

  /** Begins a block of agent audio, and with it a turn when none is open. `positionMs` is the ledger's. */
  blockStarted(blockId: string, positionMs: number, atMs: number): { turnId: number; isNew: boolean } {
    const isNew = this.#open === undefined;
    this.#open ??= this.#newTurn(positionMs, atMs);
    const open = this.#open;
    open.sentences.push({ text: this.#pendingText, blockId, fromMs: positionMs, toMs: positionMs, complete: false });
    const sentText = this.#textTo(open, positionMs);
    open.turn = { ...open.turn, text: joined(open.turn.text, this.#pendingText), sentText };
    this.#pendingText = '';
    this.#publish(open);
    return { turnId: open.id, isNew };
  }

  /** The audio of a block has all been sent; it ends at `positionMs` of the ledger. */
  blockEnded(blockId: string, positionMs: number): void {
    const sentence = this.#open?.sentences.find((each) => each.blockId === blockId);
    if (!sentence) return;
    sentence.toMs = positionMs;
    sentence.complete = true;
    this.#rate.add(spokenWeight(sentence.text), positionMs - sentence.fromMs);
  }

  /**
   * The newest block has ended because the model broke off: how far its words go is estimated as before. `isCertain`: it is known
   * to have; else it has when there is too little of its audio for all of them. Answers whether it did.
   */
  blockBroken(blockId: string, isCertain: boolean): boolean {
    const sentence = this.#open?.sentences.at(-1);
    if (sentence?.blockId !== blockId || !sentence.complete) return false;
    const [letters, ms] = [spokenWeight(sentence.text), sentence.toMs - sentence.fromMs];
    this.#rate.remove(letters, ms);
    sentence.complete = !isCertain && !this.#rate.isTooFast(letters, ms);
    if (sentence.complete) this.#rate.add(letters, ms);
    return !sentence.complete;
  }

  /** No more of the open block's audio will come: its sentence goes as far as what was sent of it, whatever follows. */
  blockCut(blockId: string, positionMs: number): void {
    const open = this.#open;
    const sentence = open?.sentences.find((each) => each.blockId === blockId);
    if (!open || !sentence || sentence.complete) return;
    const whole = spokenSentence(sentence, open.fromMs, positionMs, this.#rate.letterMs);
    sentence.text = heardText([whole], positionMs - open.fromMs);
    sentence.toMs = positionMs;
    sentence.complete = true;
  }

  /** The caller has heard the beginning of the turn: now the response gap is known. `sentToMs` is on the ledger's line. */
  beginningHeard(startMs: number, sentToMs: number, gap: ResponseGap | undefined): void {
    const open = this.#open;
    if (!open) return;
    const sentText = this.#textTo(open, sentToMs);
    open.turn = { ...open.turn, sentText, startMs: round(startMs), endMs: round(startMs), ...gap };
    this.#publish(open);
  }

  /** The caller has heard this much of the turn by now, and it goes on. */
  heardSoFar({ heardToMs, sentToMs }: Reached, atMs: number): void {
    const open = this.#open;
    if (!open || atMs - open.turn.endMs < HEARD_EVERY_MS) return;
    const heardText = this.#textTo(open, heardToMs);
    if (heardText.length <= open.turn.heardText.length) return;
    open.turn = { ...open.turn, sentText: this.#textTo(open, sentToMs), heardText, endMs: round(atMs) };
    this.#publish(open);
  }

  /** The turn is over: heard to its end, or cut. What was heard and what was sent end on the ledger's line. */
  agentTurnEnded({ heardToMs, sentToMs }: Reached, atMs: number, interrupted: boolean): void {
    const open = this.#open;
    if (!open) return;
    this.#open = undefined;
    this.#last = open;
    const heardMs = Math.max(0, heardToMs - open.fromMs);
    const whole = heardMs > 0 ? open.turn.text : '';
    const text = interrupted ? this.#textTo(open, heardToMs) : whole;
    open.creditedText = text;
    const sentText = interrupted ? this.#textTo(open, sentToMs) : whole;
    open.turn = { ...open.turn, sentText, heardText: text, heardMs: round(heardMs), interrupted, endMs: round(atMs) };
    this.#publish(open);
  }

  /** The model's own text of what it really spoke: shortens a cut turn, names the words of a turn that had none. */
  agentConfirmed(text: string): void {
    const turn = this.#open ?? this.#last;
    const isNamed = turn?.sentences.every((sentence) => sentence.text !== '') ?? true;
    if (!this.#isAnnounced && isNamed) {
      // A model that announces nothing gives its final text before the audio.
      this.#pendingText = joined(this.#pendingText, text);
      return;
    }
    if (!turn) return;
    this.#confirmedText = joined(this.#confirmedText, text);
    const before = turn.turn;
    if (turn.sentences.every((sentence) => sentence.text === '')) {
      const isHeard = turn === this.#last && turn !== this.#open && !before.interrupted && before.heardMs > 0;
      const heard = isHeard && { sentText: this.#confirmedText, heardText: this.#confirmedText };
      turn.turn = { ...before, text: this.#confirmedText, ...heard };
    } else if (turn !== this.#open && before.interrupted) {
      turn.turn = { ...before, heardText: shortenedTo(turn.creditedText, this.#confirmedText) };
    }
    if (turn.turn !== before) this.#publish(turn);
  }

  #saidTo(sentMs: number): { index: number; role: Turn['role']; text: string }[] {
    const open = this.#open;
    return this.#turns.flatMap((turn, index) => {
      const heard = turn.role === 'agent' ? turn.heardText : turn.text;
      const text = open?.index === index ? this.#textTo(open, sentMs) : heard;
      return text === '' || turn.filtered ? [] : [{ index, role: turn.role, text }];
    });
  }

  /** The words of the turn that lie before this position of the ledger. */
  #textTo(open: OpenAgentTurn, positionMs: number): string {
    const sentences = open.sentences.map((each) => spokenSentence(each, open.fromMs, positionMs, this.#rate.letterMs));
    return heardText(sentences, Math.max(0, positionMs - open.fromMs));
  }

  #newTurn(positionMs: number, atMs: number): OpenAgentTurn {
    this.#confirmedText = '';
    const turn: AgentTurn = {
      role: 'agent',
      text: '',
      sentText: '',
      heardText: '',
      interrupted: false,
      startMs: round(atMs),
      endMs: round(atMs),
      heardMs: 0,
    };
    this.#turns.push(turn);
    const index = this.#turns.length - 1;
    return { id: this.#nextTurnId++, index, fromMs: positionMs, sentences: [], creditedText: '', turn };
  }

  #publish(open: OpenAgentTurn): void {
    this.#turns[open.index] = open.turn;
    this.#report(open.index, open.turn);
  }
}

/** Where a sentence lies in its turn; the end of one that has not all come is estimated. */
function spokenSentence(sentence: Sentence, turnFromMs: number, heardToMs: number, letterMs: number): SpokenSentence {
  const { text } = sentence;
  const startMs = sentence.fromMs - turnFromMs;
  if (sentence.complete) return { text, startMs, endMs: sentence.toMs - turnFromMs };
  // More is to come: what was heard so far cannot have been the whole sentence.
  const endMs = Math.max(startMs + spokenWeight(text) * letterMs, heardToMs - turnFromMs + 1);
  return { text, startMs, endMs, isEndEstimated: true };
}

function joined(a: string, b: string): string {
  const left = a.trim();
  const right = b.trim();
  if (left === '') return right;
  return right === '' ? left : `${left} ${right}`;
}

function round(ms: number): number {
  return Math.round(ms);
}
