import type { Call } from '../../src/console/api/types.js';

export type { Call };

/** A live call as the API answers it, in which nothing has been said. */
export function emptyCall(): Call {
  return {
    ...{ callSid: 'CA1', direction: 'inbound', from: '+14155550101', to: '+14155550100', agentId: null },
    ...{ agentVersion: null, state: 'live', endReason: null, startedAt: '2026-11-28T10:00:00.000Z' },
    ...{ mediaStartedAt: null, endedAt: null, durationMs: null, recording: null, variables: {}, test: false },
    ...{ answeredBy: null, carrierStatus: null, transferredTo: null, reconnections: [], faults: {}, cost: null },
    usage: { input: { speechTokens: 0, textTokens: 0 }, output: { speechTokens: 0, textTokens: 0 } },
    audio: { deadAirMs: 0, filledMs: 0, droppedMs: 0, clears: 0 },
    ...{ turns: [], toolCalls: [], streams: [] },
  };
}

/** So many turns, a second each, of caller and agent one after the other; all that was said was heard. */
export function manyTurns(count: number): Call['turns'] {
  return Array.from({ length: count }, (_, index) => {
    const times = { startMs: index * 1000, endMs: index * 1000 + 800 };
    if (index % 2 === 0) return { role: 'caller', text: `Question ${index}`, ...times };
    const text = `Answer ${index}`;
    return { role: 'agent', text, sentText: text, heardText: text, interrupted: false, heardMs: 800, ...times };
  });
}
