import { decodeMulaw } from '../../audio/mulaw.js';
import { BOX_FORMAT } from '../../blackbox/box.js';
import { boxFile } from '../../blackbox/file.js';
import { BoxWriter } from '../../blackbox/writer.js';
import type { TelephonyLeg, VoiceListener } from '../../call/ports.js';
import { CallSession } from '../../call/session.js';
import { FakeClock } from '../../clock.js';
import { agentInputSchema, agentVersion } from '../../directory/agent.js';
import { localDisk } from '../../disk.js';
import { BridgeError } from '../../errors.js';
import { createLog } from '../../log.js';
import { sharedRecording } from '../fixture/fixture.js';

const FRAME_MS = 20;
const FRAME_BYTES = FRAME_MS * 8;
/** The caller speaks for so long, and then the agent. */
const CALLER_MS = 4000;
const AGENT_MS = 6000;
/** What the model sends at once, in ms of sound. */
const CHUNK_MS = 100;
const WORDS = 'There may be so much in his power to do for them that it takes a while to be told.';

const ignore = () => undefined;

/** Sound of both sides at telephone and model rate: read once, as it is no cost of a call. */
export interface SpokenMinute {
  readonly mulaw: Uint8Array;
  /** s16le at 24 kHz. */
  readonly model: Uint8Array;
}

export function spokenMinute(): SpokenMinute {
  const mulaw = sharedRecording('librivox-0870.wav');
  const samples = new Int16Array(mulaw.length);
  decodeMulaw(mulaw, samples);
  const model = Int16Array.from({ length: samples.length * 3 }, (_, index) => samples[Math.floor(index / 3)]!);
  return { mulaw, model: new Uint8Array(model.buffer) };
}

/**
 * One call on its session, in both directions with resampling, as fast as the machine can; both legs end here. With a `folder`
 * its black box is written there, and resolves when it lies on the disk.
 */
export async function callForCost(sound: SpokenMinute, lengthMs: number, folder?: string): Promise<void> {
  const clock = new FakeClock();
  const agent = agentVersion(agentInputSchema.parse({ name: 'Cost', systemPrompt: 'Help.' }), {
    id: 'agent_cost',
    version: 1,
    createdAt: '',
    defaultModelId: 'amazon.nova-2-sonic-v1:0',
  });
  const party = { caller: '+14155550100', called: '+14155550199', variables: {} };
  const made = { callSid: 'CA1', agent, party, greeting: undefined, hasFallback: false };
  const tape =
    folder === undefined
      ? undefined
      : new BoxWriter({
          head: {
            format: BOX_FORMAT,
            ...made,
            direction: 'inbound',
            number: party.called,
            earlier: undefined,
            dialable: [],
            versions: { bridge: 'bench', node: process.version },
          },
          file: boxFile(folder, localDisk()),
          failed: (error) => {
            throw new BridgeError('RECORDING_FAILED', 'the box of the bench was given up', {}, { cause: error });
          },
        });
  const marks: { name: string; dueMs: number }[] = [];
  let playedToMs = 0;
  const phone: TelephonyLeg = {
    play: (mulaw) => {
      playedToMs = Math.max(playedToMs, clock.now()) + mulaw.length / 8;
    },
    mark: (name) => marks.push({ name, dueMs: playedToMs }),
    clear: ignore,
    close: ignore,
  };
  let model: VoiceListener | undefined;
  const session = new CallSession(
    {
      ...made,
      clock,
      log: createLog('silent'),
      phone,
      tape,
      mayDial: () => false,
      waitSound: () => new Uint8Array(8000),
      tools: { about: () => undefined, run: () => new Promise(ignore) },
      emit: ignore,
      ended: ignore,
    },
    (listener) => {
      model = listener;
      return {
        modelId: agent.modelId,
        region: 'us-east-1',
        takesText: true,
        hear: ignore,
        tell: ignore,
        answerTool: ignore,
        close: ignore,
      };
    },
  );
  session.start();
  const silence = new Uint8Array(FRAME_BYTES).fill(0xff);
  for (let atMs = 0; atMs < lengthMs; atMs += FRAME_MS) {
    clock.advance(FRAME_MS);
    while (marks[0] && marks[0].dueMs <= clock.now()) {
      session.caller.event({ kind: 'markReturned', name: marks.shift()!.name });
    }
    const inRoundMs = atMs % (CALLER_MS + AGENT_MS);
    const isCaller = inRoundMs < CALLER_MS;
    session.caller.hear(isCaller ? sound.mulaw.subarray(inRoundMs * 8, inRoundMs * 8 + FRAME_BYTES) : silence, atMs);
    const intoAnswerMs = inRoundMs - CALLER_MS;
    if (intoAnswerMs < 0 || intoAnswerMs % CHUNK_MS !== 0) continue;
    const blockId = `b${Math.floor(atMs / (CALLER_MS + AGENT_MS))}`;
    if (intoAnswerMs === 0) {
      model!.event({ kind: 'callerText', text: WORDS });
      model!.event({ kind: 'agentText', text: WORDS, stage: 'spoken' });
      model!.event({ kind: 'audioStarted', blockId });
    }
    model!.audio(blockId, sound.model.subarray(intoAnswerMs * 48, (intoAnswerMs + CHUNK_MS) * 48));
    if (intoAnswerMs + CHUNK_MS >= AGENT_MS) model!.event({ kind: 'audioEnded', blockId, turnEnded: true });
  }
  session.callFinished();
  await tape?.ended;
}
