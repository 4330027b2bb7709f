import { ApiProblem, wordsOf } from '../../api/problem.ts';
import { MicrophoneProblem } from '../../audio/microphone.ts';
import type { LineEnd } from './media-line.ts';

/** What went wrong with a test call, what to do about it, and whether a file in place of the microphone would help. */
export interface Trouble {
  readonly title: string;
  readonly advice: string;
  readonly isMicrophone: boolean;
}

/** Of what was thrown while a call was placed. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof MicrophoneProblem) return { title: error.message, advice: error.advice, isMicrophone: true };
  if (error instanceof ApiProblem && error.status === 503) {
    return { title: error.message, advice: 'Call again in a moment.', isMicrophone: false };
  }
  const fields = error instanceof ApiProblem ? Object.entries(error.fields) : [];
  const advice = fields.map(([field, message]) => `${field}: ${message}`).join('; ');
  return { title: wordsOf(error), advice, isMicrophone: false };
}

const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;
const NORMAL_CLOSURE = 1000;
const NO_STATUS = 1005;

/** Of how the line ended; undefined when that is how calls end. */
export function troubleOfEnd({ wasOpen, code, reason }: LineEnd): Trouble | undefined {
  if (!wasOpen) {
    return {
      title: 'The line was not opened.',
      advice:
        'The ticket of the call was refused, or something between here and the bridge lets no WebSocket through. The page has to ' +
        'be open under the address of PUBLIC_URL. Call again: each call has a ticket of its own.',
      isMicrophone: false,
    };
  }
  if (code === NORMAL_CLOSURE || code === NO_STATUS) return undefined;
  const why = reason === '' ? '' : ` (${reason})`;
  if (code === POLICY_VIOLATION) {
    return {
      title: `The bridge refused the call${why}.`,
      advice: 'Call again: each call has a ticket of its own.',
      isMicrophone: false,
    };
  }
  if (code === TRY_AGAIN_LATER) {
    return {
      title: `The bridge is too busy for the call${why}.`,
      advice: 'Call again in a moment.',
      isMicrophone: false,
    };
  }
  return {
    title: `The line broke off: close code ${code}${why}.`,
    advice: 'The bridge was stopped, or is out of reach. What was said until then is on record.',
    isMicrophone: false,
  };
}
