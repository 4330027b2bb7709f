import type { SessionEvent } from '../../emulator/bedrock/model-session.js';

/** What a session of the voice model did, in words; undefined for what another line tells as well. */
export function modelLine(event: SessionEvent): string | undefined {
  switch (event.kind) {
    case 'prompted':
      return `voice ${event.voiceId}, told ${event.systemPrompt.length} characters`;
    case 'listening':
      return `listens at ${event.rateHz} Hz`;
    case 'utteranceStarted':
      return 'the caller speaks';
    case 'utteranceEnded':
      return `heard "${event.utterance.text}"`;
    case 'textHeard':
      return `read "${event.text}"${event.isAnswered ? '' : ', and does not answer: no audio came yet'}`;
    case 'toolCalled':
      return `calls ${event.name} ${JSON.stringify(event.input)}`;
    case 'toolAnswered':
      return `got ${JSON.stringify(event.content)}`;
    case 'answerStarted':
      return `says "${event.answer.text}"`;
    case 'interrupted':
      return `is interrupted after "${event.spokenText}"`;
    case 'violated':
      return `ends it: ${event.message} (${event.detail})`;
    case 'closed':
      return `closed: ${event.endedBy}`;
    case 'answerSent':
    case 'answerEnded':
      return undefined;
    default:
      return event satisfies never;
  }
}
