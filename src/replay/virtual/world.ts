import { readConfig } from '../../config.js';
import { ModelService } from '../../emulator/bedrock/service.js';
import { createPhone, type Phone } from '../../emulator/phone/phone.js';
import { countingIds } from '../../ids.js';
import { createLog } from '../../log.js';
import { sonicModel } from '../../sonic/model.js';
import { type Fixture, VOICE_DIR } from '../fixture/fixture.js';
import { filling } from '../stack/filling.js';
import { startLocalServices } from '../stack/local-services.js';
import { ENDPOINTING_MS, type StackedCall } from '../stack/stacked-call.js';
import { openBridge, type VirtualBridge } from './bridge.js';
import type { VirtualClock } from './clock.js';
import { MemoryNet } from './memory-net.js';
import { memoryTransport } from './model-transport.js';
import { memoryWire } from './phone-wire.js';

/** All that one virtual call meets, made for it alone: so nothing in it depends on the calls before. */
export interface World {
  phone: Phone;
  bridge: VirtualBridge;
  logLines: readonly string[];
  /** Ends what is left of the call. The clock must move meanwhile. */
  close(): Promise<void>;
}

const PUBLIC_URL = 'https://bridge.virtual.test';
const TWILIO = { accountSid: `AC${'0'.repeat(32)}`, authToken: 'auth-token-of-the-virtual-bridge' } as const;
const CONFIG = readConfig({
  PUBLIC_URL,
  /** No folder: nothing is written, and callers hear a tone while tools work. */
  DATA_DIR: '/nonexistent/virtual',
  TWILIO_ACCOUNT_SID: TWILIO.accountSid,
  TWILIO_AUTH_TOKEN: TWILIO.authToken,
  ADMIN_TOKEN: 'admin-token-of-the-virtual-bridge-01',
});

/** Bridge, voice model, telephone and the services that agents ask, in memory on one clock. */
export async function openWorld(
  run: StackedCall,
  { clock, seed }: { clock: VirtualClock; seed: number },
): Promise<World> {
  const { fixture } = run;
  const ids = countingIds();
  const logLines: string[] = [];
  const log = createLog('debug', { write: (line) => logLines.push(line) });
  const net = new MemoryNet();
  const model = new ModelService({ clock, ids, voiceDir: VOICE_DIR, endpointingMs: ENDPOINTING_MS, keepsAudio: false });
  model.useFor((info) => run.joined(model.sessions, info));
  const services = await startLocalServices(clock, { reach: net.reach, httpAgent: net.agent, ids });
  const fill = filling(services, clock);
  const { region } = services.places.agentCore;
  const bridge = await openBridge({
    config: CONFIG,
    agent: await run.agent(services, fill),
    number: { ...numberOf(fixture), number: fixture.call.to },
    model: sonicModel([memoryTransport(model, { region: region ?? '', clock })], ids, clock),
    sessionLimitMs: fixture.call.sessionLimit,
    region: region ?? '',
    places: { ...services.places, mcpFetch: net.fetch },
    clock,
    log,
  });
  return {
    phone: createPhone({
      bridgeUrl: PUBLIC_URL,
      publicUrl: PUBLIC_URL,
      ...TWILIO,
      clock,
      ids,
      seed,
      wire: memoryWire(bridge),
    }),
    bridge,
    logLines,
    async close() {
      model.shutDown();
      await bridge.close();
      fill.close();
      await services.close();
      net.close();
    },
  };
}

function numberOf({ agent }: Fixture) {
  return agent?.number ?? { recording: false, timeZone: 'UTC' };
}
