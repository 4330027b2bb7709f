/** `call`: what the call said to the model; `tool`: what came of a tool. */
interface Text {
  readonly text: string;
  readonly from: 'call' | 'tool';
  /** Of the caller, counted: in which the tool was asked. */
  readonly turn?: number;
  /** `nothing`: no stream served then. */
  given: 'nothing' | 'text' | 'result';
}

/** What the model was given, or is to be, and has made nothing of: another stream is given it again. */
export class Outstanding {
  #texts: Text[] = [];
  #isAgentCut = false;
  #turn = 0;

  /** Of the caller, counted. */
  get turn(): number {
    return this.#turn;
  }

  /** The model has understood a turn of the caller. */
  callerSpoke(): void {
    this.#turn++;
  }

  /** Text for the model, given to the stream that serves, if one does. */
  text(text: string, isGiven: boolean): void {
    this.#texts.push({ text, from: 'call', given: isGiven ? 'text' : 'nothing' });
  }

  /** Words were not taken, and the stream with them; `isGivenToBlame`: it may have been what it was given. `text` is told instead. */
  filtered(text: string, isGivenToBlame: boolean): void {
    this.#texts = this.#texts.filter((each) => each.text !== text && (each.given === 'nothing' || !isGivenToBlame));
    this.text(text, false);
  }

  /** What came of a tool that was asked in that turn, given to the stream that had asked for it, or as text. */
  result(text: string, turn: number, given: Text['given']): void {
    this.#texts.push({ text, from: 'tool', turn, given });
  }

  /** Whether it is the caller's last words that a tool has been asked about: its result answers them. */
  get hasResultOfTurn(): boolean {
    return this.#texts.some(({ from, turn }) => from === 'tool' && turn === this.#turn);
  }

  /** The agent cannot say the rest of its words. */
  agentCut(): void {
    this.#isAgentCut = true;
  }

  /** The model speaks, has understood the caller, or asks for a tool: for what came of an earlier one only words count. */
  progress(isSpeaking: boolean): void {
    this.#isAgentCut = false;
    this.#texts = isSpeaking ? [] : this.#texts.filter(({ from }) => from === 'tool');
  }

  get isAgentCut(): boolean {
    return this.#isAgentCut;
  }

  /** Whether the model was given words to which it has to speak. */
  get isOwed(): boolean {
    return this.#isAgentCut || this.#texts.some(({ given }) => given === 'text');
  }

  /**
   * What the next stream is to be told. What the call said before is moot once the caller has spoken; the result of a tool
   * is so only when no answer is owed to it.
   */
  forNext({ isAnswerOwed, isCallerHeardAgain }: { isAnswerOwed: boolean; isCallerHeardAgain: boolean }): string[] {
    this.#texts = this.#texts.filter(({ from, given }) => {
      if (given === 'nothing') return true;
      return from === 'call' ? !isCallerHeardAgain : isAnswerOwed || given === 'text';
    });
    for (const each of this.#texts) each.given = 'text';
    return this.#texts.map(({ text }) => text);
  }
}
