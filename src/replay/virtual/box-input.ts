import type { KeptInput } from '../../blackbox/box.js';

/** An input of a call, in a few words. */
export function shownInput(input: KeptInput): string {
  switch (input.kind) {
    case 'opened':
      return 'the beginning';
    case 'started':
      return 'the start of the media stream';
    case 'callerAudio':
      return 'audio of the caller';
    case 'phone': {
      const { event } = input;
      if (event.kind === 'keyPressed') return `the key ${event.digit}`;
      if (event.kind === 'markReturned') return `the mark ${event.name} coming back`;
      return event.kind === 'faulted' ? `the telephone side's ${event.code}` : `the media stream being ${event.kind}`;
    }
    case 'modelAudio':
      return `audio of the model (block ${input.blockId})`;
    case 'voice': {
      const { event } = input;
      const more = 'text' in event ? ` "${event.text}"` : 'name' in event ? ` ${event.name}` : '';
      return `the model's ${event.kind}${more}`;
    }
    case 'toolSettled':
      return `the outcome of tool run ${input.run}`;
    case 'timerFired':
      return `timer ${input.timer}`;
    case 'callFinished':
      return "the carrier's word that the call is over";
    case 'hangUp':
      return `the order to hang up (${input.reason})`;
    case 'leaving':
      return input.reason === undefined
        ? 'the carrier keeping the call'
        : `the call being taken away (${input.reason})`;
    case 'handOver':
      return `the wish to hand the call over (${input.moment ?? 'not any more'})`;
  }
}
