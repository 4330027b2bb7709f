import { MULAW_SILENCE } from '../audio/mulaw.js';
import type { Box, Tick } from '../blackbox/box.js';
import type { CallFact } from '../call/events.js';
import type { VoiceEvent } from '../call/ports.js';
import type { ToolCallRecord, Turn } from '../call/record.js';
import { callerLine, Playout } from './playout.js';
import type { Exchange, RecordedCall, Speech } from './recorded-call.js';

/** Keys that come closer together than this belong to one entry, in ms; the agent's own pause may be longer. */
const KEY_PAUSE_MS = 2000;

/** Blocks of the agent's voice and their words. */
interface Voice {
  blockIds: Set<string>;
  text: string;
}

/** An exchange while it is put together. */
interface Open extends Pick<Exchange, 'cause'> {
  /** Before tools were called. */
  before: Voice;
  toolIds: string[];
  voice: Voice;
  isDuringTool: boolean;
  isDone: boolean;
}

/** What a black box tells of a call, as it is needed to make a fixture of it. */
export function recordedInBox(box: Box): RecordedCall {
  const zeroMs = box.ticks[0]?.atMs ?? 0;
  const reading = new Reading(box);
  for (const tick of box.ticks) reading.take(tick, tick.atMs - zeroMs);
  return reading.call(zeroMs);
}

class Reading {
  readonly #box: Box;
  readonly #playout = new Playout();
  readonly #heard: { mulaw: Uint8Array; timestampMs: number | undefined; atMs: number }[] = [];
  readonly #opens: Open[] = [];
  readonly #keys: { digits: string; atMs: number; pressedMs: number[] }[] = [];
  readonly #turns: Turn[] = [];
  readonly #toolCalls = new Map<string, ToolCallRecord>();
  /** Whether the model announces what it will speak; else its final text is all there is. */
  readonly #isAnnounced: boolean;
  #clears = 0;
  #hungUpMs: number | undefined;
  #lastMs = 0;

  constructor(box: Box) {
    this.#box = box;
    this.#turns.push(...(box.head.earlier?.turns ?? []));
    this.#isAnnounced = box.ticks.some(
      ({ input }) => input.kind === 'voice' && input.event.kind === 'agentText' && input.event.stage === 'spoken',
    );
  }

  take({ input, outputs, isBlanked }: Tick, atMs: number): void {
    this.#lastMs = atMs;
    if (input.kind === 'callerAudio') this.#heard.push({ ...input, atMs });
    if (input.kind === 'phone' && input.event.kind === 'keyPressed') this.#pressed(input.event.digit, atMs);
    const changed: number[] = [];
    let blockId = input.kind === 'modelAudio' ? input.blockId : undefined;
    if (input.kind === 'voice') {
      this.#model(input.event);
      if (input.event.kind === 'audioEnded') ({ blockId } = input.event);
    }
    for (const output of outputs) {
      if (output.kind === 'clear') this.#clears++;
      if (output.kind === 'play') this.#playout.sent(blockId, output.mulaw, atMs);
      else if (output.kind === 'clear' || output.kind === 'close') this.#playout.cleared(atMs);
      else if (output.kind === 'tell') this.#begin({ kind: 'told', text: output.text, atMs });
      else if (output.kind === 'decided' && output.signal.kind === 'callerGone') this.#hungUpMs = atMs;
      else if (output.kind === 'fact') this.#fact(output.fact, changed);
    }
    if (input.kind === 'voice' && input.event.kind === 'callerText') {
      const turn = this.#turns[changed[0] ?? -1];
      const isSecret = isBlanked || turn?.sensitive === true;
      const voice = turn && turn.endMs > turn.startMs ? { startMs: turn.startMs, endMs: turn.endMs } : undefined;
      this.#begin({ kind: 'words', text: input.event.text, voice, isSecret, atMs });
    }
  }

  call(zeroMs: number): RecordedCall {
    const { head, endReason } = this.#box;
    const waits = this.#playout.pieces.filter(({ blockId }) => blockId === undefined);
    return {
      callSid: head.callSid,
      startedAt: new Date(zeroMs).toISOString(),
      durationMs: this.#lastMs,
      agent: head.agent,
      caller: head.party.caller,
      line: callerLine(this.#heard, this.#lastMs),
      exchanges: this.#exchanges(),
      keys: this.#keys,
      waits: waits.filter(({ startMs, endMs }) => endMs > startMs).map(({ startMs, endMs }) => ({ startMs, endMs })),
      hungUpMs: this.#hungUpMs,
      turns: this.#turns,
      endReason,
      clears: this.#clears,
    };
  }

  #begin(cause: Exchange['cause']): void {
    this.#opens.push({ cause, before: newVoice(), toolIds: [], voice: newVoice(), isDuringTool: false, isDone: false });
  }

  #model(event: VoiceEvent): void {
    const open = event.kind === 'toolCalled' ? this.#opens.at(-1) : this.#answered();
    if (!open) return;
    switch (event.kind) {
      case 'toolCalled':
        open.toolIds.push(event.callId);
        open.before = joinedVoices(open.before, open.voice);
        open.voice = newVoice();
        break;
      case 'agentText':
        // The final text of a model that announces its words comes seconds late, and says the same again.
        if (event.stage === (this.#isAnnounced ? 'spoken' : 'confirmed')) {
          open.voice.text = `${open.voice.text} ${event.text}`.trim();
        }
        break;
      case 'audioStarted':
        open.isDuringTool ||= this.#opens.some((each) => each !== open && this.#answeredMs(each) === undefined);
        open.voice.blockIds.add(event.blockId);
        break;
      case 'audioEnded':
        open.isDone ||= event.turnEnded && open.voice.blockIds.has(event.blockId);
        break;
    }
  }

  /** What the model answers when it speaks now: what it called tools for before the newest cause came, or that. */
  #answered(): Open | undefined {
    const newest = this.#opens.at(-1);
    const waiting = this.#opens.find(
      (each) =>
        each !== newest &&
        each.toolIds.length > 0 &&
        !each.isDone &&
        (this.#answeredMs(each) ?? Number.NEGATIVE_INFINITY) > (newest?.cause.atMs ?? 0),
    );
    return waiting ?? newest;
  }

  /** When the last of its tools had answered, or it came when it called none; undefined while one runs. */
  #answeredMs({ cause, toolIds }: Open): number | undefined {
    const tools = toolIds.flatMap((id) => this.#toolCalls.get(id) ?? []);
    if (tools.some(({ outcome }) => outcome === 'running')) return undefined;
    return Math.max(cause.atMs, ...tools.map(({ startMs, durationMs }) => startMs + durationMs));
  }

  #fact(fact: CallFact, changed: number[]): void {
    if (fact.kind === 'turnChanged') {
      this.#turns[fact.index] = fact.turn;
      if (fact.turn.role === 'caller') changed.push(fact.index);
    } else if (fact.kind === 'toolChanged') {
      this.#toolCalls.set(fact.toolCall.id, fact.toolCall);
    }
  }

  #pressed(digit: string, atMs: number): void {
    const { terminator, pauseMs } = this.#box.head.agent.dtmf;
    const last = this.#keys.at(-1);
    if (last && !last.digits.endsWith(terminator) && atMs - last.pressedMs.at(-1)! <= Math.max(KEY_PAUSE_MS, pauseMs)) {
      last.digits += digit;
      last.pressedMs.push(atMs);
    } else {
      this.#keys.push({ digits: digit, atMs, pressedMs: [atMs] });
    }
  }

  #exchanges(): Exchange[] {
    // The local model begins to count when it has sent what it said before.
    let sentMs = 0;
    return this.#opens.map((open) => {
      const { cause, toolIds, isDuringTool } = open;
      const before = this.#speech(open.before);
      const speech = this.#speech(open.voice);
      const readyMs = Math.max(this.#answeredMs(open) ?? cause.atMs, sentMs);
      sentMs = Math.max(sentMs, before?.sentMs ?? 0, speech?.sentMs ?? 0);
      return {
        cause,
        before,
        tools: toolIds.flatMap((id) => this.#toolCalls.get(id) ?? []),
        speech,
        delayMs: speech && Math.max(0, speech.startMs - readyMs),
        isDuringTool,
      };
    });
  }

  #speech({ blockIds, text }: Voice): Speech | undefined {
    const pieces = this.#playout.pieces.filter(({ blockId }) => blockId !== undefined && blockIds.has(blockId));
    const first = pieces[0];
    if (!first) return undefined;
    const heard = pieces.filter(({ startMs, endMs }) => endMs > startMs);
    const mulaw = Buffer.concat(pieces.map((piece) => piece.mulaw));
    return {
      text,
      mulaw,
      sentMs: pieces.at(-1)!.sentMs,
      startMs: (heard[0] ?? first).startMs,
      endMs: (heard.at(-1) ?? first).endMs,
      isCut: pieces.some(({ isCut }) => isCut),
      isSecret: mulaw.every((code) => code === MULAW_SILENCE),
    };
  }
}

function newVoice(): Voice {
  return { blockIds: new Set(), text: '' };
}

function joinedVoices(a: Voice, b: Voice): Voice {
  return { blockIds: new Set([...a.blockIds, ...b.blockIds]), text: `${a.text} ${b.text}`.trim() };
}
