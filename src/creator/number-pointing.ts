import { isDeepStrictEqual } from 'node:util';
import { type NumberInput, numberInputSchema, type PhoneNumber } from '../directory/number.js';

/** A number as it has to be written, or undefined when it is so already. */
type Change = NumberInput | undefined;

/**
 * The number while its agent gets the next version: kept at the version that answers now, so that a canary does not begin
 * with all calls. Nothing has to be done for a number of another agent, or one that is pinned.
 */
export function heldNumber(number: PhoneNumber, agent: { id: string; version: number }): Change {
  if (number.agentId !== agent.id || number.agentVersion !== undefined) return undefined;
  return { ...inputOfNumber(number), agentVersion: agent.version };
}

/**
 * The number pointed to `version` of the agent, its other settings kept. With a canary, which takes that the agent answers it
 * already, for a share of its callers: the others stay with the version that answers now. Else for all: it then follows the
 * latest version, unless it was pinned to one of this agent's.
 */
export function pointedNumber(
  number: PhoneNumber | undefined,
  agent: { id: string; version: number },
  canary?: { percent: number; versionBefore: number },
): Change {
  const { id, version } = agent;
  if (!number) return numberInputSchema.parse({ agentId: id });
  const before = inputOfNumber(number);
  const { agentVersion: pinned, canary: _canary, ...rest } = before;
  const isPinned = number.agentId === id && pinned !== undefined;
  const after: NumberInput = canary
    ? {
        ...before,
        agentVersion: pinned ?? canary.versionBefore,
        canary: { agentVersion: version, percent: canary.percent },
      }
    : { ...rest, agentId: id, ...(isPinned && { agentVersion: version }) };
  return isDeepStrictEqual(after, before) ? undefined : after;
}

/** Whether callers of the number get that version, or a share of them. */
export function leadsTo(number: PhoneNumber, agent: { id: string; version: number }): boolean {
  const { agentId, agentVersion = agent.version, canary } = number;
  return agentId === agent.id && (agentVersion === agent.version || canary?.agentVersion === agent.version);
}

/** The number as somebody would have to write it. */
export function inputOfNumber({
  number: _number,
  version: _version,
  updatedAt: _updatedAt,
  ...input
}: PhoneNumber): NumberInput {
  return input;
}
