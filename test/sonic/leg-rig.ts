import type { VoiceEvent, VoiceProfile } from '../../src/call/ports.js';
import { FakeClock } from '../../src/clock.js';
import { countingIds } from '../../src/ids.js';
import { sonicModel } from '../../src/sonic/model.js';
import type { ModelStreamHandlers, ModelTransport } from '../../src/sonic/stream.js';

export const PROFILE: VoiceProfile = {
  modelId: 'amazon.nova-2-sonic-v1:0',
  systemPrompt: 'You help.',
  voiceId: 'matthew',
  endpointing: undefined,
  inference: { maxTokens: 1024, topP: 0.9, temperature: 0.7 },
  audio: { inputRateHz: 16000, outputRateHz: 24000 },
  tools: [],
  history: [],
};

type Sent = { name: string; body: Record<string, unknown> };

/** A leg on a transport that writes down what is sent. */
export function openLeg(profile: Partial<VoiceProfile> = {}, how: { held?: boolean } = {}) {
  const sent: Sent[] = [];
  let handlers: ModelStreamHandlers | undefined;
  let ended = 0;
  let aborted = 0;
  const transport: ModelTransport = {
    region: 'us-east-1',
    open(_options, given) {
      handlers = given;
      return {
        backlogMs: 0,
        send: (json) => {
          const [name, body] = Object.entries(
            (JSON.parse(json) as { event: Record<string, Record<string, unknown>> }).event,
          )[0]!;
          sent.push({ name, body });
        },
        setAudioEnvelope: () => undefined,
        sendAudio: (_s16le, durationMs) => sent.push({ name: 'audioInput', body: { durationMs } }),
        end: () => ended++,
        abort: () => aborted++,
      };
    },
    close: () => undefined,
  };
  const clock = new FakeClock(1000);
  const events: VoiceEvent[] = [];
  const audio: string[] = [];
  const leg = sonicModel([transport], countingIds(), clock).open(
    { ...PROFILE, ...profile },
    { event: (event) => events.push(event), audio: (blockId) => audio.push(blockId) },
    how,
  );
  const output = (event: unknown) => handlers!.event(Buffer.from(JSON.stringify({ event })));
  return {
    leg,
    clock,
    sent,
    names: () => sent.map(({ name }) => name),
    events,
    audio,
    output,
    handlers: () => handlers!,
    ended: () => ended,
    aborted: () => aborted,
  };
}
