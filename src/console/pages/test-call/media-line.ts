import type { TestCall } from '../../api/types.ts';
import { type BridgeMessage, MediaMessages, readBridgeMessage } from './media-messages.ts';

export interface LineEnd {
  /** Whether it was ever open: what is refused never is. */
  readonly wasOpen: boolean;
  readonly code: number;
  readonly reason: string;
}

/** The telephone's end of a media socket. */
export interface MediaLine {
  media(mulaw: Uint8Array): void;
  mark(name: string): void;
  dtmf(digit: string): void;
  /** The caller hangs up. */
  hangUp(): void;
}

const NORMAL_CLOSURE = 1000;
const PROTOCOL = 'oratio.ticket';

/**
 * Opens the media socket of a test call and begins its stream. It is asked for under the page's own address: the page may
 * speak to no other.
 */
export function openMediaLine(
  { url, ticket, callSid }: TestCall,
  heard: { opened(): void; message(message: BridgeMessage): void; ended(end: LineEnd): void },
): MediaLine {
  const own = new URL(new URL(url).pathname, location.href);
  own.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(own, [PROTOCOL, ticket]);
  const messages = new MediaMessages({ accountSid: `AC${'0'.repeat(32)}`, callSid, streamSid: `MZ${randomHex(16)}` });
  let wasOpen = false;

  const send = (text: string) => {
    if (wasOpen && socket.readyState === WebSocket.OPEN) socket.send(text);
  };
  socket.onopen = () => {
    wasOpen = true;
    send(messages.connected());
    send(messages.start());
    heard.opened();
  };
  socket.onmessage = ({ data }: MessageEvent<string>) => {
    const message = readBridgeMessage(data);
    if (message) heard.message(message);
  };
  socket.onclose = ({ code, reason }) => heard.ended({ wasOpen, code, reason });

  return {
    media(mulaw) {
      if (wasOpen) send(messages.media(mulaw));
    },
    mark: (name) => send(messages.mark(name)),
    dtmf: (digit) => send(messages.dtmf(digit)),
    hangUp() {
      send(messages.stop());
      socket.close(NORMAL_CLOSURE);
    },
  };
}

function randomHex(byteLength: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(byteLength));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
