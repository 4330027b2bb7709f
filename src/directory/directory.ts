import type { Actor } from '../access/actor.js';
import type { Page, PageRequest } from '../page.js';
import type { AgentInput, AgentVersion } from './agent.js';
import type { AgentPatch } from './agent-change.js';
import type { FieldFault } from './agent-rules.js';
import type { ListedNumber, NumberInput, PhoneNumber } from './number.js';

/** The reading side that calls use: answers from memory, at once, also while the store is away. */
export interface Directory {
  /** The number as it is administered, or undefined when nobody assigned it. */
  findNumber(e164: string): PhoneNumber | undefined;
  /** That version, or the latest when none is named. Undefined when it is not in memory: `loadAgent` may find it. */
  findAgent(id: string, version?: number): AgentVersion | undefined;
  /** The same from the store, also of agents that were deleted: a call keeps the version it began with. */
  loadAgent(id: string, version: number): Promise<AgentVersion | undefined>;
}

/** For who prepares for what may be asked next. */
export interface DirectoryFeed {
  /** Every version that may answer a call now: the latest of each agent, and those that numbers name. From memory. */
  answering(): readonly AgentVersion[];
  /** Calls `changed` whenever that has become other, whichever instance changed it; the answer ends this. */
  follow(changed: () => void): () => void;
}

/** Who changes what, and on which version they looked: VERSION_CONFLICT when it is not the latest any more. */
export interface Change {
  actor: Actor;
  ifVersion?: number | undefined;
}

export interface WrittenNumber {
  number: PhoneNumber;
  before: PhoneNumber | undefined;
}

/**
 * The writing side that administrators use. Each change and its audit entry are one transaction, and the memory of this
 * instance has it when the promise resolves. What cannot be done is a BridgeError: NOT_FOUND, REQUEST_INVALID (with
 * `field`), CONFLICT, VERSION_CONFLICT, STORE_UNAVAILABLE.
 */
export interface DirectoryStore {
  /** `id` is for who has to name it beforehand; CONFLICT when there is such an agent, or was. Left out, it gets a new one. */
  createAgent(input: AgentInput, change: Change & { id?: string | undefined }): Promise<AgentVersion>;
  /** The next version: the latest with the fields of the patch; `null` takes an optional field away. */
  patchAgent(id: string, patch: AgentPatch, change: Change): Promise<AgentVersion>;
  /** The next version, saying what version `version` said. REQUEST_INVALID (`version`) when it never was. */
  rollbackAgent(id: string, version: number, change: Change): Promise<AgentVersion>;
  /** CONFLICT, with the numbers, while numbers are answered by it. */
  deleteAgent(id: string, change: Change): Promise<void>;
  /** What is wrong with an agent beyond the form of its fields, as far as it can be read. */
  brokenRules(agent: unknown): FieldFault[];
  /** Newest agents first. */
  listAgents(page: PageRequest): Promise<Page<AgentVersion>>;
  /** Newest version first; NOT_FOUND for an agent that never was. */
  listVersions(id: string, page: PageRequest): Promise<Page<AgentVersion>>;
  putNumber(e164: string, input: NumberInput, change: Change & { onlyCreate?: boolean }): Promise<WrittenNumber>;
  deleteNumber(e164: string, change: Change): Promise<void>;
  /** In the order of the numbers; their last calls are looked up when they are asked for. */
  listNumbers(
    page: PageRequest & { agentId?: string | undefined; withLastCall?: boolean },
  ): Promise<Page<ListedNumber>>;
}
