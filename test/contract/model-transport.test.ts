import { describe, expect, it } from 'vitest';
import { createLeanTransport } from '../../src/sonic/lean.js';
import { createStandardTransport } from '../../src/sonic/standard.js';
import { KEYS, ModelServer } from '../sonic/h2-server.js';
import { Recorder } from '../sonic/recorder.js';
import { conversationContract } from './model-transport-conversation.js';
import { endingContract } from './model-transport-ending.js';
import {
  audioFrame,
  type Differences,
  FRAME_MS,
  HEAD,
  type MakeTransport,
  MODEL_ID,
  TAIL,
  textEvent,
} from './model-transport-rig.js';
import { sendingContract } from './model-transport-sending.js';

function modelTransportContract(name: string, makeTransport: MakeTransport, differences: Differences): void {
  sendingContract(name, makeTransport, differences);
  endingContract(name, makeTransport, differences);
  conversationContract(name, makeTransport, differences);
}

modelTransportContract('standard', createStandardTransport, {
  seesLoss: false,
  maxAheadFrames: 64,
});
modelTransportContract('lean', createLeanTransport, { seesLoss: true, maxAheadFrames: 0 });

describe('both model transports', () => {
  /** The texts that the service reads for the same conversation. */
  const textsOf = async (makeTransport: MakeTransport): Promise<string[]> => {
    const server = await ModelServer.listen();
    const transport = makeTransport({ region: 'us-east-1', credentials: KEYS, endpoint: server.url });
    const seen = new Recorder();
    const stream = transport.open({ modelId: MODEL_ID, maxBacklogMs: 60_000 }, seen);
    stream.send('{"event":{"sessionStart":{"inferenceConfiguration":{"maxTokens":1024,"topP":0.9}}}}');
    stream.send(textEvent('äöü € 😀 "quoted" \n and a long text '.repeat(40)));
    for (const [at, contentName] of ['c', 'c-2', 'c-33', 'c-444'].entries()) {
      stream.setAudioEnvelope(HEAD.replace('c-1', contentName), TAIL);
      for (const byteLength of [0, 1, 2, 3, 320, 640, 960, 1280]) {
        stream.sendAudio(audioFrame(at, byteLength), FRAME_MS);
      }
      stream.send(JSON.stringify({ event: { contentEnd: { promptName: 'p-1', contentName } } }));
    }
    stream.end();
    const served = await server.streams.next();
    served.respond();
    const texts = await served.textsUntilEnd();
    served.finish();
    await seen.whenClosed;
    transport.close();
    await server.close();
    return texts;
  };

  it('put the same events on the wire, frame by frame', async () => {
    const [standard, lean] = [await textsOf(createStandardTransport), await textsOf(createLeanTransport)];

    expect(lean.map((text) => JSON.parse(text))).toEqual(standard.map((text) => JSON.parse(text)));
    // The lean adapter pads the head of audio with spaces; all else is the same to the byte.
    const squeeze = (text: string) => text.replace(/^\{ +/, '{');
    expect(lean.map(squeeze)).toEqual(standard);
  });
});
