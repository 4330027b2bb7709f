import type { Clock } from '../clock.js';
import type { AgentVersion } from '../directory/agent.js';
import type { Directory } from '../directory/directory.js';
import { takesLiveText } from '../directory/model-generation.js';
import type { Fallback, PhoneNumber } from '../directory/number.js';
import { fillPrompt, type PromptValues } from '../directory/prompt.js';
import type { Logger } from '../log.js';
import type { TelephonyLeg, ToolRunner, VoiceLeg, VoiceListener, VoiceModel, VoiceProfile } from './ports.js';
import type { CallRecord, Turn } from './record.js';
import type { CallRegistry } from './registry.js';
import { CallSession } from './session.js';

/** A call as the carrier announces it. */
export interface ArrivingCall {
  callSid: string;
  from: string;
  to: string;
  direction: CallRecord['direction'];
}

/** How an arriving call is answered. */
export type Answer =
  | { kind: 'agent'; agent: AgentVersion; sayFirst: string[] }
  | { kind: 'unknown-number' }
  | { kind: 'unavailable'; fallback: Fallback | undefined };

/** A tool without a schema takes any object. */
const ANY_INPUT = { type: 'object', properties: {} } as const;

const GO_ON =
  'The telephone line was interrupted for a moment and is back. Go on with one natural sentence where the conversation was.';

export interface ReceptionOptions {
  directory: Directory;
  registry: CallRegistry;
  model: VoiceModel;
  tools: ToolRunner;
  clock: Clock;
  log: Logger;
  maxCalls: number;
  /** What is on record of a call of this instance. */
  recordOf: (callSid: string) => CallRecord | undefined;
}

/** Decides who answers a call, opens the model's stream while the caller still rings, and joins the two legs. */
export class Reception {
  readonly #options: ReceptionOptions;

  constructor(options: ReceptionOptions) {
    this.#options = options;
  }

  /** The carrier asks who answers. Opens the model's stream in the background: nobody waits for it. */
  answer(call: ArrivingCall): Answer {
    const { directory, registry, maxCalls, log } = this.#options;
    const number = directory.findNumber(call.to);
    const agent = number && directory.findAgent(number.agentId, number.agentVersion);
    registry.emit(
      call.callSid,
      {
        kind: 'rang',
        direction: call.direction,
        from: call.from,
        to: call.to,
        agentId: agent?.id ?? null,
        agentVersion: agent?.version ?? null,
        variables: {},
      },
      0,
    );
    if (!number || !agent) {
      registry.emit(call.callSid, { kind: 'ended', endReason: 'rejected' }, 0);
      return { kind: 'unknown-number' };
    }
    if (registry.isDraining || registry.activeCount >= maxCalls) {
      log.warn({ code: 'NO_CAPACITY', callSid: call.callSid, draining: registry.isDraining }, 'call not taken');
      const endReason = number.fallback ? 'fallback' : 'rejected';
      registry.emit(call.callSid, { kind: 'ended', endReason }, 0);
      return { kind: 'unavailable', fallback: number.fallback };
    }
    const values = this.#promptValues(call, number);
    registry.ring(call.callSid, (listener) => this.#openVoice(agent, values, [], listener));
    return { kind: 'agent', agent, sayFirst: this.#sayFirst(agent, number, values) };
  }

  /** The carrier asks again after a media stream that broke: the same agent goes on, knowing what was said. */
  answerAgain(call: ArrivingCall): Answer {
    const { directory, registry } = this.#options;
    const record = this.#options.recordOf(call.callSid);
    const agent = record?.agentId ? directory.findAgent(record.agentId, record.agentVersion ?? undefined) : undefined;
    const number = directory.findNumber(call.to);
    if (!record || !agent || registry.isDraining) return { kind: 'unavailable', fallback: number?.fallback };
    const values = this.#promptValues(call, number);
    registry.ring(call.callSid, (listener) => this.#openVoice(agent, values, heardTurns(record.turns), listener));
    return { kind: 'agent', agent, sayFirst: [] };
  }

  /** The fallback of the number that was dialled. */
  fallbackOf(to: string): Fallback | undefined {
    return this.#options.directory.findNumber(to)?.fallback;
  }

  /** The media stream has started: joins it with the model's stream. Undefined when the agent is not known here. */
  connect(
    call: ArrivingCall & { agentId: string; agentVersion: number },
    phone: TelephonyLeg,
  ): CallSession | undefined {
    const { directory, registry, tools, clock, log } = this.#options;
    const agent = directory.findAgent(call.agentId, call.agentVersion);
    if (!agent) return undefined;
    const number = directory.findNumber(call.to);
    const values = this.#promptValues(call, number);
    const record = this.#options.recordOf(call.callSid);
    const turns = record?.turns ?? [];
    const isBack = record !== undefined && record.streams.length > 0;
    const openVoice =
      registry.claimVoice(call.callSid) ??
      ((listener: VoiceListener) => this.#openVoice(agent, values, heardTurns(turns), listener));
    const session: CallSession = new CallSession(
      {
        callSid: call.callSid,
        agent,
        greeting: isBack ? GO_ON : this.#liveGreeting(agent, values),
        hasFallback: number?.fallback !== undefined,
        clock,
        log: log.child({ callSid: call.callSid }),
        phone,
        tools,
        emit: (fact, atMs) => registry.emit(call.callSid, fact, atMs),
        ended: (_reason, next) => registry.ended(session, next),
        ...(isBack && {
          earlier: {
            turns,
            streamCount: record.streams.length,
            elapsedMs: Math.round(clock.now() - Date.parse(record.startedAt)),
          },
        }),
      },
      openVoice,
    );
    registry.began(session);
    return session;
  }

  #promptValues(call: ArrivingCall, number: PhoneNumber | undefined): PromptValues {
    return {
      caller: call.from,
      called: call.to,
      nowMs: this.#options.clock.now(),
      timeZone: number?.timeZone ?? 'UTC',
      variables: {},
    };
  }

  #liveGreeting(agent: AgentVersion, values: PromptValues): string | undefined {
    if (agent.greeting === undefined || !takesLiveText(agent.modelId)) return undefined;
    return fillPrompt(agent.greeting, values);
  }

  /** Words of the carrier before the agent: the number's notice, and the greeting of a model that cannot speak first. */
  #sayFirst(agent: AgentVersion, number: PhoneNumber, values: PromptValues): string[] {
    const greeting = takesLiveText(agent.modelId) ? undefined : spokenGreeting(agent, values);
    return [number.notice, greeting].filter((text) => text !== undefined);
  }

  #openVoice(
    agent: AgentVersion,
    values: PromptValues,
    history: VoiceProfile['history'],
    listener: VoiceListener,
  ): VoiceLeg {
    const { voiceId, modelId, inference, audio, endpointing } = agent;
    const greeted = takesLiveText(modelId) ? undefined : spokenGreeting(agent, values);
    const prompt = fillPrompt(agent.systemPrompt, values);
    const profile: VoiceProfile = {
      modelId,
      systemPrompt:
        greeted === undefined ? prompt : `${prompt}\n\nThe caller has already heard this greeting: ${greeted}`,
      voiceId,
      endpointing,
      inference,
      audio,
      tools: agent.tools.map(({ name, description, inputSchema }) => ({
        name,
        description,
        inputSchema: inputSchema ?? ANY_INPUT,
      })),
      history,
    };
    return this.#options.model.open(profile, listener);
  }
}

/** An instruction such as "Greet the caller with: …" without the instructing words: what the carrier can say itself. */
function spokenGreeting(agent: AgentVersion, values: PromptValues): string | undefined {
  if (agent.greeting === undefined) return undefined;
  return fillPrompt(agent.greeting.replace(/^greet the caller (with|by saying):?\s*/i, ''), values);
}

function heardTurns(turns: readonly Turn[]): { role: 'caller' | 'agent'; text: string }[] {
  return turns
    .map((turn) => ({ role: turn.role, text: turn.role === 'agent' ? turn.heardText : turn.text }))
    .filter(({ text }) => text !== '');
}
