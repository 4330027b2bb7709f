import type { Call } from '../../api/types.ts';

type EndReason = NonNullable<Call['endReason']>;

/** Why a call was over, in words, and what that means. */
export const END_REASON_WORDS: Readonly<Record<EndReason, { name: string; meaning: string }>> = {
  'caller-hung-up': { name: 'caller hung up', meaning: 'The person on the line ended the call.' },
  'agent-hung-up': {
    name: 'agent hung up',
    meaning: 'The agent ended the call with its tool for it, after its last words had been heard.',
  },
  'operator-hung-up': {
    name: 'hung up from here',
    meaning: 'Somebody ended the call in the console or through the API. The audit trail says who.',
  },
  transferred: { name: 'transferred', meaning: 'The caller was put through to somebody, and the call ended there.' },
  silence: {
    name: 'silence',
    meaning: 'Nobody said anything for as long as the agent waits: it asked, said goodbye and hung up.',
  },
  'max-duration': {
    name: 'longest duration',
    meaning: 'The call reached the longest duration that its agent allows. The caller was warned before.',
  },
  fallback: {
    name: 'fallback',
    meaning: 'The voice model could not be reached or was lost: the caller got what the number says for that case.',
  },
  rejected: {
    name: 'rejected',
    meaning: 'The call was not taken: there was no agent for the number, or no room for another call.',
  },
  failed: {
    name: 'failed',
    meaning: 'The call could not be carried on. Streams and faults below say what went wrong.',
  },
};
