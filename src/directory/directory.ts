import type { AgentInput, AgentVersion } from './agent.js';
import type { NumberInput, PhoneNumber } from './number.js';

export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

/** The reading side that calls use: answers from memory, at once. */
export interface Directory {
  /** The number as it is administered, or undefined when nobody assigned it. */
  findNumber(e164: string): PhoneNumber | undefined;
  /** That version, or the latest when none is named. */
  findAgent(id: string, version?: number): AgentVersion | undefined;
}

/** The writing side that administrators use. What cannot be written is a BridgeError: NOT_FOUND, REQUEST_INVALID. */
export interface DirectoryStore extends Directory {
  createAgent(input: AgentInput): Promise<AgentVersion>;
  listAgents(page: { limit: number; cursor?: string | undefined }): Promise<Page<AgentVersion>>;
  putNumber(e164: string, input: NumberInput): Promise<{ number: PhoneNumber; created: boolean }>;
  listNumbers(page: { limit: number; cursor?: string | undefined }): Promise<Page<PhoneNumber>>;
}
