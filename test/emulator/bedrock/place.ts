import { FakeClock } from '../../../src/clock.js';
import type { ModelSession, SessionEvent } from '../../../src/emulator/bedrock/model-session.js';
import { type BedrockEmulator, type BedrockOptions, startBedrock } from '../../../src/emulator/bedrock/server.js';
import { countingIds } from '../../../src/ids.js';
import { type Received, SdkCall } from './sdk-client.js';

/** A stand-in on a clock that stands still, and one call of the real SDK to it. */
export interface Place {
  bedrock: BedrockEmulator;
  clock: FakeClock;
  call: SdkCall;
  session: ModelSession;
  /** Waits until the session has done this so many times since it was opened. */
  happens(kind: SessionEvent['kind'], count?: number): Promise<void>;
}

export async function connect(
  options: BedrockOptions = {},
  opening: Parameters<SdkCall['open']>[0] = {},
): Promise<Place> {
  const clock = new FakeClock();
  const bedrock = await startBedrock({ clock, ids: countingIds(), endpointingMs: 500, ...options });
  const opened = bedrock.nextSession();
  const call = new SdkCall(bedrock.url, bedrock.credentials);
  const session = await opened;
  const seen: string[] = [];
  const watchers = new Set<() => void>();
  session.listen((event) => {
    seen.push(event.kind);
    for (const wake of watchers) wake();
    watchers.clear();
  });
  const happens = async (kind: SessionEvent['kind'], count = 1) => {
    while (seen.filter((one) => one === kind).length < count) {
      await new Promise<void>((resolve) => watchers.add(resolve));
    }
  };
  call.open(opening);
  await happens('prompted');
  return { bedrock, clock, call, session, happens };
}

export const endOf =
  (type: string, stopReason: string) =>
  (event: Received): boolean =>
    event.name === 'contentEnd' && event.body.type === type && event.body.stopReason === stopReason;

export const isText =
  (content: string) =>
  (event: Received): boolean =>
    event.name === 'textOutput' && event.body.content === content;

/** Speaks and waits until the model has heard the turn's end; its answer is due 300 ms later. */
export async function speak({ call, happens, session }: Place, file = 'goforward.wav'): Promise<void> {
  const count = session.utterances.length + 1;
  call.speech(file);
  await happens('utteranceEnded', count);
}
