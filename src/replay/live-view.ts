import { stripVTControlCharacters } from 'node:util';
import { MultiBar, type SingleBar } from 'cli-progress';
import pc from 'picocolors';
import type { CallEvent } from '../call/events.js';
import { loadVoice } from '../emulator/bedrock/voice.js';
import { type Fixture, VOICE_DIR } from './fixture/fixture.js';
import { toolLine } from './run/report.js';
import type { ReplayNews } from './runner.js';

/** From the end of one side's words to the beginning of the other's, for guessing how long a call will take, in ms. */
const USUAL_PAUSE_MS = 1400;
const REDRAW_MS = 100;

/** Shows one call while it goes on: a line for everything that happens, and on a terminal a bar with who speaks. */
export class LiveView {
  readonly #bars: MultiBar | undefined;
  readonly #bar: SingleBar | undefined;
  readonly #guessMs: number;
  readonly #shownWords = new Map<number, number>();
  readonly #startedAtMs = performance.now();
  readonly #redraw: NodeJS.Timeout | undefined;
  #speaker = 'nobody';
  #marksSent = 0;
  #marksPlayed = 0;

  constructor(fixture: Fixture) {
    this.#guessMs = guessedMs(fixture);
    if (!process.stdout.isTTY) return;
    const format = `  ${pc.dim('{bar}')} {seconds} s  {speaker}  marks {marks}`;
    this.#bars = new MultiBar({ format, barsize: 30, hideCursor: true, clearOnComplete: true, stream: process.stdout });
    this.#bar = this.#bars.create(this.#guessMs, 0, this.#payload());
    this.#redraw = setInterval(
      () => this.#bar?.update(Math.min(this.#elapsedMs, this.#guessMs), this.#payload()),
      REDRAW_MS,
    );
  }

  /** What caller and phone do. */
  replayNews(news: ReplayNews): void {
    if (news.kind === 'stepBegan') {
      const { step, atMs } = news;
      if (step.kind === 'say') this.#line(atMs, pc.cyan('caller'), `says "${step.text}"`);
      else this.#line(atMs, pc.cyan('caller'), step.kind === 'press' ? `presses ${step.keys}` : 'hangs up');
    } else if (news.kind === 'agentStarted') {
      this.#speaker = 'agent ';
    } else if (news.kind === 'agentEnded') {
      this.#speaker = 'nobody';
    } else if (news.kind === 'phone') {
      const { event } = news;
      if (event.kind === 'saying-started') this.#speaker = 'caller';
      else if (event.kind === 'saying-ended' && this.#speaker === 'caller') this.#speaker = 'nobody';
      else if (event.kind === 'mark') this.#marksSent++;
      else if (event.kind === 'mark-played') this.#marksPlayed++;
      else if (event.kind === 'spoken') this.#line(event.atMs, pc.blue('carrier'), event.text);
    }
  }

  /** What the bridge reports. */
  callEvent(event: CallEvent): void {
    switch (event.kind) {
      case 'turnChanged': {
        const shown = this.#shownWords.get(event.index) ?? 0;
        if (event.turn.role !== 'agent' || event.turn.text.length <= shown) break;
        this.#shownWords.set(event.index, event.turn.text.length);
        this.#line(event.atMs, pc.magenta('agent'), event.turn.text.slice(shown).trim());
        break;
      }
      case 'interrupted':
        this.#line(event.atMs, pc.yellow('cut'), `the caller interrupts: ${event.unheardMs} ms of speech thrown away`);
        break;
      case 'toolChanged':
        this.#line(event.atMs, pc.green('tool'), toolLine(event.toolCall));
        break;
      case 'ended':
        this.#line(event.atMs, pc.dim('ended'), event.endReason);
        break;
    }
  }

  close(): void {
    clearInterval(this.#redraw);
    // Lines that wait for the next redraw are written with the removal, not with the stop.
    if (this.#bar) this.#bars?.remove(this.#bar);
    this.#bars?.stop();
  }

  #line(atMs: number, who: string, words: string): void {
    const padding = ' '.repeat(Math.max(1, 9 - stripVTControlCharacters(who).length));
    const line = `  ${pc.dim(`${(Math.max(0, atMs) / 1000).toFixed(1).padStart(5)} s`)}  ${who}${padding}${words}\n`;
    if (this.#bars) this.#bars.log(line);
    else process.stdout.write(line);
  }

  #payload(): Record<string, string> {
    return {
      seconds: (this.#elapsedMs / 1000).toFixed(1).padStart(5),
      speaker: this.#speaker === 'nobody' ? pc.dim('silence') : `${this.#speaker} speaks`,
      marks: `${this.#marksPlayed}/${this.#marksSent}`,
    };
  }

  get #elapsedMs(): number {
    return performance.now() - this.#startedAtMs;
  }
}

function guessedMs(fixture: Fixture): number {
  const voice = loadVoice(VOICE_DIR);
  const recordingsMs = [...fixture.recordings.values()].reduce((sum, mulaw) => sum + mulaw.length / 8, 0);
  const turns = fixture.model?.turns ?? [];
  const wordsMs = turns.reduce((sum, { say = '', audio }) => {
    if (audio !== undefined) return sum;
    const sentences = voice.speak(say, 24_000);
    return sum + sentences.reduce((length, { samples }) => length + samples.length / 24, 0);
  }, 0);
  return Math.round(recordingsMs + wordsMs + (turns.length + 1) * USUAL_PAUSE_MS);
}
