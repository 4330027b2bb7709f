import type { CallRecord } from '../call/record.js';
import { realClock } from '../clock.js';
import { createPhone } from '../emulator/phone/phone.js';
import { BridgeError } from '../errors.js';
import { adminClient } from './admin-client.js';
import { endedRecord } from './ended-record.js';
import type { Fixture } from './fixture.js';
import { lineOf } from './network-line.js';
import type { ReplayTarget } from './runner.js';

interface TestCall {
  callSid: string;
  url: string;
  ticket: string;
}

interface AgentOnBridge {
  id: string;
  name: string;
}

/**
 * A bridge that runs somewhere, reached by test calls: in real time, with its own agents and its own model. `token` is one
 * of a tester. Nothing is changed there; a fixture's agent is the bridge's agent of that id, or of the same name.
 */
export function runningBridge(url: string, token: string): ReplayTarget {
  const clock = realClock();
  const base = url.replace(/\/+$/, '');
  const api = adminClient(base, token);
  const phone = createPhone({ bridgeUrl: base, publicUrl: base, accountSid: '', authToken: '', clock });
  let agents: Promise<AgentOnBridge[]> | undefined;

  const agentFor = async (fixture: Fixture): Promise<string> => {
    agents ??= api.all<AgentOnBridge>('/agents');
    const { agent: id } = fixture.call;
    const name = fixture.agent?.agent.name;
    const found = (await agents).find((agent) => agent.id === id || agent.name === name);
    if (found) return found.id;
    const known = name === undefined ? `the id ${id}` : `the id ${id} or the name "${name}"`;
    throw new BridgeError('FIXTURE_INVALID', `${base} has no agent with ${known}`);
  };

  return {
    clock,
    async place(fixture, listeners) {
      const agentId = await agentFor(fixture);
      const { from, network } = fixture.call;
      const test = await api.post<TestCall>('/test-calls', { agentId, from });
      const call = await phone.connectStream({
        url: test.url,
        subprotocols: ['oratio.ticket', test.ticket],
        callSid: test.callSid,
        listen: listeners.phone,
        ...lineOf(network),
      });
      return {
        phone: call,
        record: () => endedRecord<CallRecord>(api, call.callSid, clock),
        // Its model streams and its log are its own.
        leftOpen: async () => [],
        prompts: () => [],
        logLines: () => [],
      };
    },
  };
}
