import type { ModelKind } from './models.js';
import { type Block, INVALID_REQUEST, type InputEvent, jsonObject, parseEvent, Rejection } from './shape.js';

/** Where a session stands in the order of its input. */
export type Stage = 'NEW' | 'SESSION' | 'PROMPT' | 'SYSTEM' | 'HISTORY' | 'AUDIO' | 'CLOSING' | 'DONE';

/** An accepted event; the end of a block comes with all that the block held. */
export type AcceptedEvent =
  | Exclude<InputEvent, { name: 'contentEnd' }>
  | { name: 'contentEnd'; promptName: string; contentName: string; block: Block; text: string };

export type Verdict = { ok: true; event: AcceptedEvent } | { ok: false; message: string; detail: string };

export interface RuleOptions {
  model: ModelKind;
  /** 50 KB for one text and 200 KB for all, in any number of messages, instead of 1 KB, 40 KB and 40: sources disagree. */
  lenientHistory: boolean;
  /** Refuses audio while a tool result is outstanding, as one report says of the newest model. */
  refusesAudioDuringTools: boolean;
}

/**
 * Bytes of one text input and of the whole history, and messages of history. Strict is the narrowest reading of what is
 * documented or reported: a KB of 1,000 bytes, and for every model the 40 messages of the first generation. Sources: Nova 2
 * user guide, cross-modal input and chat history; AWS's samples.
 */
const STRICT = { textBytes: 1000, historyBytes: 40_000, messages: 40 };
const LENIENT = { textBytes: 50 * 1024, historyBytes: 200 * 1024, messages: Number.POSITIVE_INFINITY };

const HISTORY_OVER = 'Chat history is over max limit. Trim chat history and try again.';
const DUPLICATE_SYSTEM = 'Duplicate SYSTEM content. SYSTEM content can only be provided once per prompt';

interface OpenBlock {
  block: Block;
  text: string;
  hasData: boolean;
}

/**
 * The order and shape of what a client may send, in the service's own error texts. Pure: no time, no network.
 * The first refusal is fatal for the session. Source: Nova Sonic user guide, input events and error handling.
 */
export class InputRules {
  readonly #options: RuleOptions;
  readonly #usedNames = new Set<string>();
  readonly #open = new Map<string, OpenBlock>();
  readonly #outstandingTools = new Set<string>();
  #stage: Stage = 'NEW';
  #promptName: string | undefined;
  #hadAudio = false;
  #hadSystemSpeech = false;
  #lastRole: 'USER' | 'ASSISTANT' | undefined;
  #historyBytes = 0;
  #historyMessages = 0;

  constructor(options: RuleOptions) {
    this.#options = options;
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** Tells that the model has called a tool: its result may come now. */
  toolCalled(toolUseId: string): void {
    this.#outstandingTools.add(toolUseId);
  }

  /** Takes the text of one event and says whether the service would. */
  take(json: string): Verdict {
    try {
      return { ok: true, event: this.#admit(parseEvent(json)) };
    } catch (error) {
      if (error instanceof Rejection) return { ok: false, message: error.message, detail: error.detail };
      throw error;
    }
  }

  #admit(event: InputEvent): AcceptedEvent {
    switch (event.name) {
      case 'sessionStart':
        return this.#startSession(event);
      case 'promptStart':
        return this.#startPrompt(event);
      case 'sessionEnd':
        if (this.#stage === 'DONE') throw invalid('sessionEnd after the end');
        if (this.#stage !== 'CLOSING' && this.#stage !== 'SESSION') throw invalid('sessionEnd while a prompt is open');
        this.#stage = 'DONE';
        return event;
      default:
        return this.#inPrompt(event);
    }
  }

  #startSession(event: Extract<InputEvent, { name: 'sessionStart' }>): AcceptedEvent {
    if (this.#stage !== 'NEW') throw invalid('sessionStart came twice');
    if (event.sensitivity !== undefined && !this.#options.model.isSecondGeneration) {
      throw invalid(`${this.#options.model.modelId} has no turnDetectionConfiguration`);
    }
    this.#stage = 'SESSION';
    return event;
  }

  #startPrompt(event: Extract<InputEvent, { name: 'promptStart' }>): AcceptedEvent {
    if (this.#stage !== 'SESSION') throw invalid(`promptStart in stage ${this.#stage}`);
    if (!this.#options.model.voiceIds.includes(event.voiceId)) {
      throw new Rejection(`Received invalid voiceId: ${event.voiceId}`, `no voice ${event.voiceId} in this model`);
    }
    this.#stage = 'PROMPT';
    this.#promptName = event.promptName;
    return event;
  }

  #inPrompt(event: Exclude<InputEvent, { name: 'sessionStart' | 'promptStart' | 'sessionEnd' }>): AcceptedEvent {
    if (this.#stage === 'NEW') throw invalid(`${event.name} before sessionStart`);
    if (this.#promptName !== event.promptName || this.#stage === 'CLOSING' || this.#stage === 'DONE') {
      throw new Rejection(
        `No open prompt found for prompt name: ${event.promptName}`,
        `${event.name} outside its prompt`,
      );
    }
    if (event.name === 'promptEnd') {
      if (this.#open.size > 0) {
        const names = [...this.#open.keys()].join(', ');
        throw new Rejection('All contents must be closed before ending prompt', `still open: ${names}`);
      }
      if (!this.#hadAudio) {
        throw new Rejection('Prompt must have at least one audio content', 'promptEnd without an audio block');
      }
      this.#stage = 'CLOSING';
      return event;
    }
    if (event.name === 'contentStart') {
      if (this.#usedNames.has(event.contentName)) throw invalid(`contentName ${event.contentName} was used before`);
      this.#openBlock(event.block);
      this.#usedNames.add(event.contentName);
      this.#open.set(event.contentName, { block: event.block, text: '', hasData: false });
      return event;
    }
    const open = this.#open.get(event.contentName);
    if (!open) {
      throw new Rejection(
        `No open content found for content name: ${event.contentName}`,
        `${event.name} without a block`,
      );
    }
    if (event.name !== 'contentEnd') {
      this.#fill(open, event);
      return event;
    }
    if (!open.hasData) {
      throw new Rejection(
        `Cannot end content [${event.contentName}] as no content data was received`,
        'contentEnd of an empty block',
      );
    }
    this.#open.delete(event.contentName);
    if (open.block.type === 'TEXT' && open.block.role === 'SYSTEM') this.#stage = 'SYSTEM';
    return { ...event, block: open.block, text: open.text };
  }

  #openBlock(block: Block): void {
    if (block.type === 'TEXT' && block.role === 'SYSTEM') {
      if (this.#usedNames.size > 0) {
        throw new Rejection(DUPLICATE_SYSTEM, 'a SYSTEM block that is not the first content');
      }
      return;
    }
    if (this.#stage === 'PROMPT') throw invalid('the first content must be one complete SYSTEM text');
    if (block.type === 'AUDIO') {
      if (this.#stage === 'AUDIO') throw invalid('a second audio block');
      if (this.#open.size > 0) throw invalid('audio begins inside another block');
      this.#stage = 'AUDIO';
    } else if (block.type === 'TOOL') {
      if (!this.#outstandingTools.delete(block.toolUseId)) {
        throw invalid(`toolUseId ${block.toolUseId} is not outstanding`);
      }
    } else if (block.role === 'SYSTEM_SPEECH') {
      if (this.#hadSystemSpeech) throw invalid('a second SYSTEM_SPEECH block');
      this.#hadSystemSpeech = true;
    } else if (block.interactive) {
      if (!this.#options.model.isSecondGeneration) throw invalid('this model takes no interactive text');
      if (this.#stage !== 'AUDIO') throw invalid('interactive text before the audio block');
    } else if (this.#stage === 'AUDIO') {
      if (block.role === 'USER') throw invalid('history after the audio block was opened');
    } else {
      this.#openHistory(block.role as 'USER' | 'ASSISTANT');
    }
  }

  #openHistory(role: 'USER' | 'ASSISTANT'): void {
    if (this.#open.size > 0) throw invalid('a history block inside another block');
    if (this.#lastRole === undefined && role !== 'USER') throw invalid('history must begin with USER');
    if (this.#lastRole === role) throw invalid(`two ${role} blocks of history in a row`);
    this.#historyMessages++;
    const { messages } = this.#historyLimits;
    if (this.#historyMessages > messages)
      throw new Rejection(HISTORY_OVER, `more than ${messages} messages of history`);
    this.#lastRole = role;
    this.#stage = 'HISTORY';
  }

  #fill(open: OpenBlock, event: Extract<InputEvent, { name: 'textInput' | 'audioInput' | 'toolResult' }>): void {
    const expected = { TEXT: 'textInput', AUDIO: 'audioInput', TOOL: 'toolResult' }[open.block.type];
    if (event.name !== expected) throw invalid(`${event.name} in a block of type ${open.block.type}`);
    if (event.name === 'audioInput') {
      if (this.#options.refusesAudioDuringTools && this.#outstandingTools.size > 0) {
        throw invalid('audio while a tool result is outstanding');
      }
      open.hasData ||= event.s16le.length > 0;
      this.#hadAudio ||= open.hasData;
      return;
    }
    if (event.name === 'toolResult') {
      if (open.hasData) throw invalid('a second toolResult in one block');
      if (!jsonObject(event.content)) {
        throw new Rejection('Tool Response parsing error', 'toolResult.content is not the text of a JSON object');
      }
    } else {
      this.#limit(open.block, Buffer.byteLength(event.content));
    }
    open.text += event.content;
    open.hasData ||= event.content.length > 0;
  }

  get #historyLimits(): typeof STRICT {
    return this.#options.lenientHistory ? LENIENT : STRICT;
  }

  #limit(block: Block, byteLength: number): void {
    const isHistory = block.type === 'TEXT' && this.#stage === 'HISTORY';
    const limits = this.#historyLimits;
    if (isHistory) this.#historyBytes += byteLength;
    if (byteLength > limits.textBytes) {
      const detail = `textInput of ${byteLength} bytes; the limit is ${limits.textBytes}`;
      throw isHistory ? new Rejection(HISTORY_OVER, detail) : invalid(detail);
    }
    if (this.#historyBytes > limits.historyBytes) {
      throw new Rejection(HISTORY_OVER, `history of ${this.#historyBytes} bytes; the limit is ${limits.historyBytes}`);
    }
  }
}

function invalid(detail: string): Rejection {
  return new Rejection(INVALID_REQUEST, detail);
}
