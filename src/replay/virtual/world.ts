import { readConfig } from '../../config.js';
import { ModelService } from '../../emulator/bedrock/service.js';
import type { PlacedCall } from '../../emulator/phone/contract.js';
import { createPhone, type Phone } from '../../emulator/phone/phone.js';
import { countingIds } from '../../ids.js';
import { createLog } from '../../log.js';
import { sonicModel } from '../../sonic/model.js';
import { type Fixture, VOICE_DIR } from '../fixture/fixture.js';
import type { Outbound } from '../fixture/outbound-schema.js';
import { calleeOf, orderOf, ownNumberOf } from '../outbound.js';
import { filling } from '../stack/filling.js';
import { startLocalServices } from '../stack/local-services.js';
import { type ExpectedLine, OutboundLines } from '../stack/outbound-lines.js';
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
  /** Has the bridge place the call of its fixture. */
  order(outbound: Outbound, line: ExpectedLine['line']): Promise<PlacedCall>;
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

/** The carrier answers the order before it rings. Whoever is called and not expected is a person who answers. */
const AS_ORDERED = {
  statusEvents: ['initiated', 'ringing', 'answered', 'completed'],
  queueMs: 1,
  callee: () => ({ status: 'answered' as const }),
} as const;

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
  const lines = new OutboundLines();
  const { region } = services.places.agentCore;
  const bridge = await openBridge({
    config: CONFIG,
    agent: await run.agent(services, fill),
    number: { ...numberOf(fixture), number: ownNumberOf(fixture.call) },
    model: sonicModel([memoryTransport(model, { region: region ?? '', clock })], ids, clock),
    sessionLimitMs: fixture.call.sessionLimit,
    region: region ?? '',
    places: { ...services.places, mcpFetch: net.fetch },
    carrier: {
      end: (callSid) => void phone.change(callSid, { to: 'end', status: 'completed' }),
      run: (callSid, twiml) => void phone.change(callSid, { to: 'twiml', twiml }),
      place: (order) => lines.on(phone).place({ ...order, ...AS_ORDERED }).call.callSid,
    },
    clock,
    ids,
    log,
  });
  const phone = createPhone({
    bridgeUrl: PUBLIC_URL,
    publicUrl: PUBLIC_URL,
    ...TWILIO,
    clock,
    ids,
    seed,
    wire: memoryWire(bridge),
  });
  return {
    phone,
    bridge,
    logLines,
    async order(outbound, line) {
      const { from, to } = fixture.call;
      const placed = lines.expect({ from, to, line, callee: calleeOf(outbound) });
      await bridge.order(orderOf(fixture.call, outbound, ''));
      return placed;
    },
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
