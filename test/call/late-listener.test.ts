import { describe, expect, it } from 'vitest';
import { LateListener } from '../../src/call/late-listener.js';
import type { TelephonyEvent } from '../../src/call/ports.js';

function listening() {
  const heard: (number | string)[] = [];
  const listener = {
    hear: (mulaw: Uint8Array, timestampMs: number | undefined) => void heard.push(mulaw[0]!, timestampMs ?? 'none'),
    event: (event: TelephonyEvent) => void heard.push(event.kind),
  };
  return { heard, listener };
}

describe('a caller to whom nobody listens yet', () => {
  it('is heard in order once somebody does, and at once from then on', () => {
    const late = new LateListener();
    const { heard, listener } = listening();
    const bytes = Uint8Array.of(1);
    late.hear(bytes, 20);
    // The bytes are somebody else's as soon as they are handed over.
    bytes[0] = 9;
    late.event({ kind: 'keyPressed', digit: '5' });
    late.hear(Uint8Array.of(2), undefined);

    late.passTo(listener);
    late.hear(Uint8Array.of(3), 60);
    late.event({ kind: 'stopped' });

    expect(heard).toEqual([1, 20, 'keyPressed', 2, 'none', 3, 60, 'stopped']);
  });

  it('is kept for three seconds, the newest, and with every key', () => {
    const late = new LateListener();
    const { heard, listener } = listening();
    late.event({ kind: 'keyPressed', digit: '5' });
    for (let frame = 0; frame < 200; frame++) late.hear(new Uint8Array(160).fill(frame), frame * 20);

    late.passTo(listener);

    expect(heard[0]).toBe('keyPressed');
    expect(heard[1]).toBe(50);
    expect(heard).toHaveLength(1 + 150 * 2);
  });

  it('may be gone before', () => {
    const late = new LateListener();
    expect(late.isClosed).toBe(false);

    late.event({ kind: 'closed' });

    expect(late.isClosed).toBe(true);
  });
});
