import { describe, expect, it } from 'vitest';
import { FIRST_BACK_OFF_MS, LONGEST_BACK_OFF_MS, ModelSessions } from '../../src/call/model-sessions.js';
import type { VoiceListener, VoiceLoss, VoiceModel, VoiceProfile } from '../../src/call/ports.js';
import { FakeClock } from '../../src/clock.js';

const PROFILE: VoiceProfile = {
  modelId: 'amazon.nova-2-sonic-v1:0',
  systemPrompt: '',
  voiceId: 'matthew',
  endpointing: undefined,
  inference: { maxTokens: 1, topP: 1, temperature: 1 },
  audio: { inputRateHz: 16_000, outputRateHz: 24_000 },
  tools: [],
  history: [],
};
const NOBODY: VoiceListener = { audio: () => undefined, event: () => undefined };

/** A model in these regions whose streams close when they are told to. */
function scripted(regions: readonly string[]) {
  const clock = new FakeClock();
  const sessions = new ModelSessions(clock);
  const bare: VoiceModel = {
    regions,
    open: (profile, listener, { region = regions[0]! } = {}) => {
      listeners.push(listener);
      return {
        modelId: profile.modelId,
        region,
        takesText: true,
        openedAtMs: clock.now(),
        begin: () => undefined,
        hear: () => undefined,
        tell: () => undefined,
        answerTool: () => undefined,
        close: () => listener.event({ kind: 'closed', asked: true, reason: 'ended' }),
        abort: () => undefined,
      };
    },
  };
  const listeners: VoiceListener[] = [];
  const model = sessions.counted(bare);
  const lose = (loss: VoiceLoss) =>
    listeners.at(-1)!.event({ kind: 'closed', asked: false, reason: 'ThrottlingException: slower', loss });
  return {
    clock,
    sessions,
    model,
    lose,
    open: (region = regions[0]!) => model.open(PROFILE, NOBODY, { region }),
    refuse(region = regions[0]!) {
      model.open(PROFILE, NOBODY, { region });
      lose('throttled');
    },
  };
}

describe('streams to the model', () => {
  it('are counted from their opening to their end, by region', () => {
    const { open, sessions, lose } = scripted(['us-east-1', 'us-west-2']);
    const first = open();
    open('us-west-2');
    expect(sessions.openCount).toBe(2);
    expect([...sessions.openByRegion]).toEqual([
      ['us-east-1', 1],
      ['us-west-2', 1],
    ]);

    first.close();
    lose('unreachable');

    expect(sessions.openCount).toBe(0);
    expect([...sessions.openByRegion]).toEqual([
      ['us-east-1', 0],
      ['us-west-2', 0],
    ]);
  });

  it('end once, however often they say so', () => {
    const { open, sessions } = scripted(['us-east-1']);
    const stream = open();
    open();

    stream.close();
    stream.close();

    expect(sessions.openCount).toBe(1);
  });

  it('are what the model gives, and tell their listener everything', () => {
    const { model } = scripted(['us-east-1', 'us-west-2']);
    const heard: string[] = [];

    const leg = model.open(PROFILE, { audio: () => undefined, event: ({ kind }) => void heard.push(kind) });
    leg.close();

    expect(model.regions).toEqual(['us-east-1', 'us-west-2']);
    expect(leg.region).toBe('us-east-1');
    expect(heard).toEqual(['closed']);
  });
});

describe('a model that had too many streams', () => {
  it('is asked for none by new calls for a while, and for longer each time', () => {
    const { refuse, sessions, clock } = scripted(['us-east-1']);
    const lengthsMs: number[] = [];
    for (let time = 0; time < 7; time++) {
      refuse();
      let lengthMs = 0;
      for (; sessions.isThrottled; lengthMs += 1000) clock.advance(1000);
      lengthsMs.push(lengthMs);
    }

    expect(lengthsMs.map((ms) => ms / FIRST_BACK_OFF_MS)).toEqual([1, 2, 4, 8, 16, 30, 30]);
    expect(lengthsMs.at(-1)).toBe(LONGEST_BACK_OFF_MS);
  });

  it('counts streams that were refused together as one', () => {
    const { refuse, sessions, clock } = scripted(['us-east-1']);
    for (let stream = 0; stream < 5; stream++) refuse();

    clock.advance(FIRST_BACK_OFF_MS);

    expect(sessions.isThrottled).toBe(false);
  });

  it('begins anew when it has been well for some minutes', () => {
    const { refuse, sessions, clock } = scripted(['us-east-1']);
    refuse();
    clock.advance(FIRST_BACK_OFF_MS);
    refuse();
    clock.advance(300_000);

    refuse();
    clock.advance(FIRST_BACK_OFF_MS);

    expect(sessions.isThrottled).toBe(false);
  });

  it('is asked on while another region has room', () => {
    const { refuse, sessions } = scripted(['us-east-1', 'us-west-2']);
    refuse('us-east-1');
    expect(sessions.isThrottled).toBe(false);

    refuse('us-west-2');

    expect(sessions.isThrottled).toBe(true);
  });

  it.each(['unreachable', 'refused', 'faulted'] as const)('is not one whose stream was %s', (loss) => {
    const { open, lose, sessions } = scripted(['us-east-1']);
    open();
    lose(loss);

    expect(sessions.isThrottled).toBe(false);
  });
});
