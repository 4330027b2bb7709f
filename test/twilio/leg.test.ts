import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import type { TelephonyEvent, TelephonyLeg } from '../../src/call/ports.js';
import { FakeClock } from '../../src/clock.js';
import type { ErrorCode } from '../../src/errors.js';
import { serveMediaStream } from '../../src/twilio/leg.js';

/** The few things that a leg asks of a socket. */
class Socket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  sent: string[] = [];
  closedWith: number | undefined;
  terminated = false;
  send(message: string) {
    this.sent.push(message);
  }
  close(code: number) {
    this.closedWith ??= code;
    this.readyState = 2;
  }
  terminate() {
    this.terminated = true;
    this.readyState = 3;
  }
}

function stream(options: { refuses?: string; breaks?: boolean } = {}) {
  const clock = new FakeClock();
  const socket = new Socket();
  const events: TelephonyEvent[] = [];
  const heard: { byteLength: number; timestampMs: number | undefined }[] = [];
  const faults: ErrorCode[] = [];
  let leg: TelephonyLeg | undefined;
  serveMediaStream(socket as unknown as WebSocket, {
    clock,
    faulted: (code) => faults.push(code),
    failed: () => faults.push('INTERNAL'),
    started: (_start, given) => {
      leg = given;
      if (options.breaks) throw new Error('broken');
      if (options.refuses) return { refused: options.refuses };
      return {
        listener: {
          hear: (mulaw, timestampMs) => heard.push({ byteLength: mulaw.length, timestampMs }),
          event: (event) => events.push(event),
        },
      };
    },
  });
  const receive = (message: unknown) => socket.emit('message', Buffer.from(JSON.stringify(message)), false);
  const start = { event: 'start', streamSid: 'MZ1', start: { callSid: 'CA1', customParameters: {} } };
  return { clock, socket, events, heard, faults, receive, start: () => receive(start), leg: () => leg! };
}

describe('a media stream', () => {
  it('passes on audio, keys, marks and its end', () => {
    const { receive, start, heard, events, socket } = stream();
    receive({ event: 'connected', protocol: 'Call', version: '1.0.0' });
    start();
    receive({ event: 'media', streamSid: 'MZ1', media: { timestamp: '155', payload: '/////w==' } });
    receive({ event: 'dtmf', streamSid: 'MZ1', dtmf: { digit: '7' } });
    receive({ event: 'mark', streamSid: 'MZ1', mark: { name: 'm1' } });
    receive({ event: 'stop', streamSid: 'MZ1', stop: {} });
    socket.emit('close', 1000);

    expect(heard).toEqual([{ byteLength: 4, timestampMs: 155 }]);
    expect(events).toEqual([
      { kind: 'keyPressed', digit: '7' },
      { kind: 'markReturned', name: 'm1' },
      { kind: 'stopped' },
      { kind: 'closed' },
    ]);
  });

  it('is closed when no start comes', () => {
    const { clock, socket } = stream();
    clock.advance(10_000);

    expect(socket.closedWith).toBe(1008);
  });

  it('waits no longer for a start that has come, or whose socket is gone', () => {
    const started = stream();
    started.start();
    const gone = stream();
    gone.socket.emit('close', 1006);

    expect(started.clock.pendingTimers).toBe(0);
    expect(gone.clock.pendingTimers).toBe(0);
  });

  it('that is refused is closed with 1008 and heard no further', () => {
    const { start, receive, socket, faults, heard } = stream({ refuses: 'ticket expired' });
    start();
    receive({ event: 'media', streamSid: 'MZ1', media: { payload: '/w==' } });

    expect(socket.closedWith).toBe(1008);
    expect(faults).toEqual(['TWILIO_TICKET_INVALID']);
    expect(heard).toEqual([]);
  });

  it('that cannot be joined with a call is closed, and takes nothing down with it', () => {
    const { start, receive, socket, faults } = stream({ breaks: true });
    start();
    receive({ event: 'media', streamSid: 'MZ1', media: { payload: '/w==' } });

    expect(socket.closedWith).toBe(1011);
    expect(faults).toEqual(['INTERNAL']);
  });

  it('whose peer has stopped reading is given up instead of filling the memory', () => {
    const { start, leg, socket, events } = stream();
    start();
    leg().play(new Uint8Array(160));
    socket.bufferedAmount = 17 * 1024 * 1024;
    leg().play(new Uint8Array(160));
    leg().play(new Uint8Array(160));

    expect(socket.sent).toHaveLength(1);
    expect(socket.terminated).toBe(true);
    expect(events).toEqual([{ kind: 'faulted', code: 'TWILIO_PEER_SLOW' }]);
  });

  it('counts a violation of the WebSocket protocol', () => {
    const { start, socket, events } = stream();
    start();
    socket.emit('error', new Error('Invalid WebSocket frame'));

    expect(events).toEqual([{ kind: 'faulted', code: 'TWILIO_FRAME_INVALID' }]);
  });

  it('sends nothing after it was closed', () => {
    const { start, leg, socket } = stream();
    start();
    leg().close();
    leg().close();
    leg().play(new Uint8Array(160));
    leg().clear();

    expect(socket.closedWith).toBe(1000);
    expect(socket.sent).toEqual([]);
  });
});
