import type { CallFact } from './events.js';
import type { AgentTurn, Turn } from './record.js';

/** Whether the end of a turn of the agent is not on record: it is being spoken, or its instance is gone. */
export function isUnended(turn: Turn): turn is AgentTurn {
  return turn.role === 'agent' && !turn.interrupted && turn.heardMs === 0;
}

/** Ends the turns that nobody can end any more where the caller is last known to have heard them. */
export function lostTurns(turns: readonly Turn[]): Extract<CallFact, { kind: 'turnChanged' }>[] {
  return turns.flatMap((turn, index) => {
    if (!isUnended(turn)) return [];
    const heardMs = turn.endMs - turn.startMs;
    return [{ kind: 'turnChanged', index, turn: { ...turn, heardMs, interrupted: true } }];
  });
}
