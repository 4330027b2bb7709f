import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import { onServer } from './on-server.js';
import { type OpenedStore, openFreshStore, rang } from './opened-store.js';

/** Less than a heartbeat passes by it: no instance says that it lives when a test says that it does not. */
const clock = new FakeClock();
const OTHER_URL = 'http://127.0.0.1:2';

let one: OpenedStore;
let other: OpenedStore;

beforeEach(async () => {
  one = await openFreshStore({ clock });
  other = await one.another({ instanceUrl: OTHER_URL });
});
afterEach(() => one.close());

const unseen = (store: OpenedStore, interval: string) =>
  onServer(one.url, `UPDATE instances SET seen_at = now() - interval '${interval}' WHERE id = $1`, [
    store.store.instance.id,
  ]);

describe('whether another instance takes calls', () => {
  it('is so while one lives', async () => {
    expect(await one.store.hasSuccessor()).toBe(true);
    expect(await other.store.hasSuccessor()).toBe(true);
  });

  it('is not so when the other ones take none either, have not been seen of late, or have ended', async () => {
    await other.store.announceDraining();
    expect(await one.store.hasSuccessor()).toBe(false);

    const third = await one.another();
    expect(await one.store.hasSuccessor()).toBe(true);
    await unseen(third, '26 seconds');
    expect(await one.store.hasSuccessor()).toBe(false);

    const fourth = await one.another();
    await fourth.close();
    expect(await one.store.hasSuccessor()).toBe(false);
  });
});

describe('where a call is asked for', () => {
  const answered = async () => {
    other.tell('CA1', rang());
    other.tell('CA1', { kind: 'answered' });
    await other.store.flush(5000);
  };
  const id = () => other.store.instance.id;

  it('is its instance, also one that takes no more calls', async () => {
    await answered();
    await other.store.announceDraining();

    expect(await one.store.calls.holderOf('CA1')).toEqual({ id: id(), url: OTHER_URL });
  });

  it('is nowhere when its instance has missed two heartbeats', async () => {
    await answered();
    await unseen(other, '26 seconds');

    expect(await one.store.calls.holderOf('CA1')).toEqual({ id: id(), url: undefined });
  });

  it('is nowhere when its instance has given it away', async () => {
    await answered();
    const stream = { modelId: 'm', region: 'r', openedMs: 0, closedMs: 900 };
    other.tell('CA1', { kind: 'streamChanged', index: 0, stream: { ...stream, closed: 'renewed' } });
    other.tell('CA1', { kind: 'streamChanged', index: 1, stream: { ...stream, closed: 'handed-over' } });
    await other.store.flush(5000);

    expect(await one.store.calls.holderOf('CA1')).toEqual({ id: id(), url: undefined });
  });
});
