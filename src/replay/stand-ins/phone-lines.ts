import type { PhoneEvent } from '../../emulator/phone/phone.js';
import { ms } from './event-lines.js';

type Line = readonly [what: string, words: string];

/** What happens in a call, in words. Audio is told by stretch, not by message. */
export class PhoneLines {
  #messages = 0;
  #bytes = 0;
  #playingSinceMs: number | undefined;

  /** The lines of an event; most have one, audio messages none. */
  of(event: PhoneEvent): Line[] {
    switch (event.kind) {
      case 'twiml':
        return [['twiml', event.document.verbs.map(({ verb }) => `<${verb}>`).join(' ') || '(no verb)']];
      case 'spoken':
        return [['carrier', `says "${event.text}"`]];
      case 'stream-started':
        return [['connected', `media stream ${event.streamSid}`]];
      case 'media':
        this.#messages++;
        this.#bytes += event.byteLength;
        return [];
      case 'playing-started':
        this.#playingSinceMs = event.atMs;
        return [['media', 'the agent is heard']];
      case 'playing-ended':
        return this.#silent(event.atMs, event.cleared);
      case 'mark':
        return [['mark', `"${event.name}" came`]];
      case 'mark-played':
        return [['mark', `"${event.name}" went back${event.cleared ? ', unheard' : ''}`]];
      case 'clear':
        return [['clear', `${ms(event.queuedMs)} not yet heard thrown away`]];
      case 'pressed':
        return [['caller', `presses ${event.digit}`]];
      case 'dialled':
        return [['dial', event.dialled.targets.map(({ kind, to }) => `${kind} ${to}`).join(', ')]];
      case 'whispered':
        return [['dial', `${event.whisper.to} is told "${event.whisper.text}"`]];
      case 'dial-ended':
        return [['dial', event.status]];
      case 'warning':
        return [['warning', event.text]];
      case 'stream-closed':
        return [['disconnected', `code ${event.code}${event.reason === '' ? '' : ` (${event.reason})`}`]];
      case 'ended':
        return [['ended', endedWords(event.end)]];
      case 'saying-started':
      case 'saying-ended':
        return [];
      default:
        return event satisfies never;
    }
  }

  #silent(atMs: number, cleared: boolean): Line[] {
    const heardMs = atMs - (this.#playingSinceMs ?? atMs);
    const came = `${this.#messages} messages with ${ms(this.#bytes / 8)} came`;
    this.#messages = 0;
    this.#bytes = 0;
    this.#playingSinceMs = undefined;
    return [['media', `${ms(heardMs)} heard${cleared ? ', then cut off' : ''} (${came})`]];
  }
}

function endedWords({ by, fault }: Extract<PhoneEvent, { kind: 'ended' }>['end']): string {
  if (by === 'lost') return `lost: ${fault ?? 'no reason is known'}`;
  return by === 'caller' ? 'the caller hung up' : 'the bridge ended the call';
}
