import { describe, expect, it } from 'vitest';
import type { VoiceEvent } from '../../src/call/ports.js';
import { FakeClock, realClock } from '../../src/clock.js';
import { startBedrock } from '../../src/emulator/bedrock/server.js';
import { countingIds } from '../../src/ids.js';
import { createLeanTransport } from '../../src/sonic/lean.js';
import { sonicModel } from '../../src/sonic/model.js';
import { inOrder, SHUNNED_MS, withLoss } from '../../src/sonic/region-health.js';
import type { ModelStreamHandlers, ModelTransport } from '../../src/sonic/stream.js';
import { PROFILE } from './leg-rig.js';

const DEAF = { audio: () => undefined, event: () => undefined };

function modelIn(...regions: string[]) {
  const clock = new FakeClock(0);
  const opened: { region: string; handlers: ModelStreamHandlers }[] = [];
  const transports = regions.map(
    (region): ModelTransport => ({
      region,
      open(_options, handlers) {
        opened.push({ region, handlers });
        return {
          backlogMs: 0,
          send: () => undefined,
          setAudioEnvelope: () => undefined,
          sendAudio: () => undefined,
          end: () => undefined,
          abort: () => undefined,
        };
      },
      close: () => undefined,
    }),
  );
  const model = sonicModel(transports, countingIds(), clock);
  const fail = (name: string, message = '') => opened.at(-1)!.handlers.closed({ kind: 'failed', name, message });
  return { clock, model, opened, fail, places: () => opened.map(({ region }) => region) };
}

describe('a model in several regions', () => {
  it('is opened in the first, or where it is said', () => {
    const { model, places } = modelIn('a', 'b', 'c');
    model.open(PROFILE, DEAF);
    const leg = model.open(PROFILE, DEAF, { region: 'c' });

    expect(places()).toEqual(['a', 'c']);
    expect(leg.region).toBe('c');
    expect(model.regions).toEqual(['a', 'b', 'c']);
  });

  it('is opened elsewhere first for a while after a stream was lost to the region', () => {
    const { model, places, fail, clock } = modelIn('a', 'b');
    model.open(PROFILE, DEAF);
    fail('ThrottlingException');
    model.open(PROFILE, DEAF);

    expect(places()).toEqual(['a', 'b']);
    expect(model.regions).toEqual(['b', 'a']);
    clock.advance(SHUNNED_MS);
    expect(model.regions).toEqual(['a', 'b']);
  });

  it('shuns a region whose stream the call gives up, and none whose stream it closes', () => {
    const { model, opened } = modelIn('a', 'b');
    model.open(PROFILE, DEAF, { region: 'b' }).close();
    opened.at(-1)!.handlers.closed({ kind: 'ended' });
    expect(model.regions).toEqual(['a', 'b']);

    model.open(PROFILE, DEAF).abort();
    expect(model.regions).toEqual(['b', 'a']);
  });

  it('holds no loss against the region that would have come anywhere', () => {
    const { model, fail } = modelIn('a', 'b');
    model.open(PROFILE, DEAF);
    fail('ValidationException', 'Invalid input request');
    model.open(PROFILE, DEAF);
    fail('ModelTimeoutException');

    expect(model.regions).toEqual(['a', 'b']);
  });

  it('knows no other region', () => {
    const { model } = modelIn('a');

    expect(() => model.open(PROFILE, DEAF, { region: 'b' })).toThrow('no transport to this region');
  });
});

describe('two regions over sockets', () => {
  it('of which one goes away: its stream is lost, and the next one is opened in the other', async () => {
    const [east, west] = [await startBedrock(), await startBedrock({ region: 'us-west-2' })];
    const transports = [east, west].map(({ region, credentials, url }) =>
      createLeanTransport({ region, credentials, endpoint: url }),
    );
    const model = sonicModel(transports, countingIds(), realClock());
    const open = () => {
      const seen: VoiceEvent[] = [];
      let wake = (): void => undefined;
      const leg = model.open(PROFILE, {
        audio: () => undefined,
        event(event) {
          seen.push(event);
          wake();
        },
      });
      const until = async (kind: VoiceEvent['kind']) => {
        for (;;) {
          const found = seen.find((event) => event.kind === kind);
          if (found) return found;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      };
      return { leg, until };
    };
    const first = open();
    await first.until('ready');
    await east.disappear();

    expect(await first.until('closed')).toMatchObject({ asked: false, loss: 'unreachable' });
    expect(model.regions).toEqual(['us-west-2', 'us-east-1']);
    const second = open();
    await second.until('ready');
    expect(second.leg.region).toBe('us-west-2');
    expect(west.sessions).toHaveLength(1);

    second.leg.close();
    await second.until('closed');
    for (const transport of transports) transport.close();
    await east.close();
    await west.close();
  });
});

describe('the order of regions', () => {
  it('among those that failed is by how long ago that was', () => {
    const regions = ['a', 'b', 'c'];
    const first = withLoss(withLoss(new Map(), 'b', 'faulted', 1000), 'a', 'unreachable', 2000);

    expect(inOrder(regions, first, 3000)).toEqual(['c', 'b', 'a']);
    expect(inOrder(regions, withLoss(first, 'c', 'ended', 2500), 3000)).toEqual(['b', 'a', 'c']);
    expect(inOrder(regions, first, 1000 + SHUNNED_MS)).toEqual(['b', 'c', 'a']);
  });
});
