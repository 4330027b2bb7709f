import type { VoiceModel } from '../call/ports.js';
import type { Clock } from '../clock.js';
import { BridgeError } from '../errors.js';
import type { Ids } from '../ids.js';
import { SonicLeg } from './leg.js';
import { inOrder, type RegionHealth, withLoss } from './region-health.js';
import type { ModelTransport } from './stream.js';

/** Nova Sonic behind the call's port, in every region that a transport reaches; the first of them is preferred. */
export function sonicModel(transports: readonly ModelTransport[], ids: Ids, clock: Clock): VoiceModel {
  const byRegion = new Map(transports.map((transport) => [transport.region, transport]));
  let health: RegionHealth = new Map();
  const preferred = () => inOrder([...byRegion.keys()], health, clock.now());
  return {
    get regions() {
      return preferred();
    },
    open(profile, listener, { region = preferred()[0], held = false } = {}) {
      const transport = byRegion.get(region ?? '');
      if (!transport) throw new BridgeError('INTERNAL', 'there is no transport to this region', { region });
      return new SonicLeg(profile, listener, {
        transport,
        ids,
        clock,
        held,
        lost(loss) {
          health = withLoss(health, transport.region, loss, clock.now());
        },
      });
    },
  };
}
