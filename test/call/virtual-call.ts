import { addedAudio, NO_AUDIO } from '../../src/call/audio-count.js';
import type { CallFact } from '../../src/call/events.js';
import type {
  KnownTool,
  TelephonyLeg,
  ToolCall,
  ToolOutcome,
  VoiceEvent,
  VoiceLeg,
  VoiceListener,
} from '../../src/call/ports.js';
import type { AgentTurn, Turn } from '../../src/call/record.js';
import { CallSession } from '../../src/call/session.js';
import type { AfterStream, SessionEnd } from '../../src/call/state.js';
import type { EarlierStreams, Tape } from '../../src/call/tape.js';
import { FakeClock } from '../../src/clock.js';
import { type AgentInput, type AgentVersion, agentInputSchema, agentVersion } from '../../src/directory/agent.js';
import { createLog } from '../../src/log.js';
import { findTool, known } from '../../src/tools/catalog.js';

/** 20 ms of s16le at 8 kHz that no silence is mistaken for. */
const AGENT_FRAME = new Uint8Array(Int16Array.from({ length: 160 }, (_, i) => (i % 2 ? 6000 : -6000)).buffer);
const SPEECH = Uint8Array.from({ length: 160 }, (_, i) => (i % 16 < 8 ? 0x10 : 0x90));
const SILENCE = new Uint8Array(160).fill(0xff);

/** A number that may not be dialled. */
export const FOREIGN = '+442079460000';
/** What the caller hears while a tool works. */
const TONE = new Uint8Array(8000).fill(0x20);

function aboutNamed(agent: AgentVersion, name: string): KnownTool | undefined {
  const named = findTool(agent, undefined, name);
  return named && known(named);
}

/** A call between two scripted legs on a clock that stands still: everything the session does is written down. */
export function virtualCall(
  agent: Partial<AgentInput> = {},
  options: {
    takesText?: boolean;
    hasFallback?: boolean;
    tape?: Tape;
    earlier?: EarlierStreams;
    /** Of tools whose names only MCP servers know. */
    about?: (name: string) => KnownTool | undefined;
  } = {},
) {
  const clock = new FakeClock(0);
  const input = agentInputSchema.parse({
    name: 'Test',
    systemPrompt: 'Help.',
    audio: { inputRateHz: 8000, outputRateHz: 8000 },
    ...agent,
  });
  const version = agentVersion(input, { id: 'agent_1', version: 1, createdAt: '', defaultModelId: 'nova-2' });
  const sent: string[] = [];
  const told: string[] = [];
  const answers: { callId: string; output: unknown }[] = [];
  const facts: CallFact[] = [];
  const turns: Turn[] = [];
  const openTools: { call: ToolCall; signal: AbortSignal; finish: (outcome: ToolOutcome) => void }[] = [];
  let playedMs = 0;
  let heardMs = 0;
  let marks: string[] = [];
  let voiceClosed = 0;
  let outcome: { reason: SessionEnd; next: AfterStream | undefined } | undefined;

  const phone: TelephonyLeg = {
    play: (mulaw) => {
      playedMs += mulaw.length / 8;
      sent.push('media');
    },
    mark: (name) => {
      marks.push(name);
      sent.push('mark');
    },
    clear: () => sent.push('clear'),
    close: () => sent.push('close'),
  };
  const voice: VoiceLeg = {
    modelId: 'nova-2',
    region: 'us-east-1',
    takesText: options.takesText ?? true,
    openedAtMs: 0,
    begin: () => undefined,
    hear: (_s16le, durationMs) => {
      heardMs += durationMs;
    },
    tell: (text) => told.push(text),
    answerTool: (callId, output) => answers.push({ callId, output }),
    close: () => voiceClosed++,
    abort: () => voiceClosed++,
  };
  let listener: VoiceListener | undefined;
  const session = new CallSession(
    {
      callSid: 'CA1',
      agent: version,
      greeting: input.greeting,
      hasFallback: options.hasFallback ?? false,
      clock,
      log: createLog('silent'),
      phone,
      tape: options.tape,
      ...(options.earlier && { earlier: options.earlier }),
      party: { caller: '+14155550101', called: '+14155550102', variables: {} },
      mayDial: (to) => to !== FOREIGN,
      waitSound: () => TONE,
      tools: {
        about: (each, name) => options.about?.(name) ?? aboutNamed(each, name),
        run: (call, { signal }) => new Promise((finish) => openTools.push({ call, signal, finish })),
      },
      emit: (fact) => {
        facts.push(fact);
        if (fact.kind === 'turnChanged') turns[fact.index] = fact.turn;
      },
      ended: (reason, next) => {
        outcome = { reason, next };
      },
    },
    (given) => {
      listener = given;
      return voice;
    },
  );

  const model = (event: VoiceEvent) => listener!.event(event);
  const speak = (blockId: string, durationMs: number) => {
    for (let ms = 0; ms < durationMs; ms += 20) listener!.audio(blockId, AGENT_FRAME);
  };
  return {
    clock,
    agent: version,
    session,
    phone,
    sent,
    told,
    answers,
    facts,
    turns,
    openTools,
    model,
    speak,
    /** A whole block: text, audio, end. */
    say(blockId: string, text: string, durationMs: number, turnEnded = true) {
      model({ kind: 'agentText', text, stage: 'spoken' });
      model({ kind: 'audioStarted', blockId });
      speak(blockId, durationMs);
      model({ kind: 'audioEnded', blockId, turnEnded });
    },
    /** The caller's line for so long, spoken or silent; time passes with it. */
    line(durationMs: number, spoken = false) {
      for (let ms = 0; ms < durationMs; ms += 20) {
        clock.advance(20);
        session.caller.hear(spoken ? SPEECH : SILENCE, undefined);
      }
    },
    /** The carrier plays on and returns that many marks (all, when not said). */
    returnMarks(count = marks.length) {
      for (const name of marks.splice(0, count)) session.caller.event({ kind: 'markReturned', name });
    },
    takeMarks: () => marks.splice(0),
    count: (what: string) => sent.filter((each) => each === what).length,
    playedMs: () => playedMs,
    heardMs: () => heardMs,
    voiceClosed: () => voiceClosed,
    outcome: () => outcome,
    /** What is on record of silence, and of audio that was filled in or given up. */
    audio: () =>
      facts.reduce((sum, fact) => (fact.kind === 'audioCounted' ? addedAudio(sum, fact.audio) : sum), NO_AUDIO),
    agentTurns: () => turns.filter((turn): turn is AgentTurn => turn.role === 'agent'),
    faults: () =>
      facts.flatMap((fact) => (fact.kind === 'faulted' ? Array.from({ length: fact.count }, () => fact.code) : [])),
    clearMarks: () => {
      marks = [];
    },
  };
}

/** Lets promises that are settled be seen. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}
