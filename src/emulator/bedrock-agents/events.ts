import { eventFrame, exceptionFrame } from '../aws/event-stream.js';
import type { AgentAnswer, AgentScript } from './script.js';

/** What the frames of an answer tell besides the answer itself. */
export interface AnswerPlace {
  script: AgentScript;
  sessionId: string;
  /** When traces are said to be made, in ISO 8601. */
  eventTime: string;
  invocationId: string;
  wantsTrace: boolean;
}

/** The events of an answer, in the order in which they are sent. Source: Bedrock agents, ResponseStream. */
export function answerFrames(answer: AgentAnswer, place: AnswerPlace): Buffer[] {
  const { chunks = [], citations, files, returnControl, exception } = answer;
  const { agentId, agentAliasId } = place.script;
  const frames: Buffer[] = [];
  if (place.wantsTrace) {
    for (const trace of answer.trace ?? []) {
      const { sessionId, eventTime } = place;
      frames.push(eventFrame('trace', { agentId, agentAliasId, agentVersion: '1', sessionId, eventTime, trace }));
    }
  }
  for (const [index, chunk] of chunks.entries()) {
    const isLast = index === chunks.length - 1;
    frames.push(
      eventFrame('chunk', {
        bytes: Buffer.from(chunk).toString('base64'),
        ...(isLast && citations && { attribution: { citations } }),
      }),
    );
  }
  if (files) {
    const coded = files.map(({ bytes, ...file }) => ({ ...file, bytes: Buffer.from(bytes).toString('base64') }));
    frames.push(eventFrame('files', { files: coded }));
  }
  if (returnControl) {
    const { invocationInputs } = returnControl;
    frames.push(eventFrame('returnControl', { invocationId: place.invocationId, invocationInputs }));
  }
  if (exception) frames.push(exceptionFrame(exception.type, exception.message));
  return frames;
}
