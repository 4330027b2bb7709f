import type { CallRecord } from '../call/record.js';
import { realClock } from '../clock.js';
import { createPhone } from '../emulator/phone/phone.js';
import { BridgeError } from '../errors.js';
import { adminClient } from './admin-client.js';
import { endedRecord } from './ended-record.js';
import type { Fixture } from './fixture/fixture.js';
import { lineOf } from './network-line.js';
import { refuseOutbound } from './outbound.js';
import { connectedWithin } from './placing.js';
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

/** Longest wait for an answer to a request, in ms: a bridge answers these from memory or from its database. */
const REQUEST_LIMIT_MS = 10_000;

/** A bridge that runs somewhere. */
export interface RunningBridge extends ReplayTarget {
  /** Rejects with `REQUEST_INVALID` when it cannot be reached, does not know the token, or is no bridge. */
  ready(): Promise<void>;
}

/**
 * A bridge that runs somewhere, reached by test calls: in real time, with its own agents and its own model. `token` is one
 * of a tester. Nothing is changed there; a fixture's agent is the bridge's agent of that id, or of the same name, in its
 * latest version when none is given.
 */
export function runningBridge(
  url: string,
  token: string,
  agentVersion?: number,
  requestLimitMs = REQUEST_LIMIT_MS,
): RunningBridge {
  const clock = realClock();
  const base = url.replace(/\/+$/, '');
  const api = adminClient(base, token, { clock, limitMs: requestLimitMs });
  const phone = createPhone({ bridgeUrl: base, publicUrl: base, accountSid: '', authToken: '', clock });
  let agents: Promise<AgentOnBridge[]> | undefined;

  const allAgents = () => {
    agents ??= api.all<AgentOnBridge>('/agents');
    return agents;
  };
  const agentFor = async (fixture: Fixture): Promise<string> => {
    const { agent: id } = fixture.call;
    const names = [id, fixture.agent?.agent.name];
    const found = (await allAgents()).find((agent) => agent.id === id || names.includes(agent.name));
    if (found) return found.id;
    const known = names[1] === undefined ? `the id or name ${id}` : `the id ${id} or the name "${names[1]}"`;
    throw new BridgeError('FIXTURE_INVALID', `${base} has no agent with ${known}`);
  };

  return {
    clock,
    async ready() {
      await allAgents();
    },
    async place(fixture, listeners) {
      refuseOutbound(fixture.call);
      const agentId = await agentFor(fixture);
      const { from, timeout: limitMs } = fixture.call;
      const test = await api.post<TestCall>('/test-calls', { agentId, agentVersion, from });
      const calling = phone.connectStream({
        url: test.url,
        subprotocols: ['oratio.ticket', test.ticket],
        callSid: test.callSid,
        listen: listeners.phone,
        ...lineOf(fixture.call, fixture.recordings),
      });
      const call = await connectedWithin(calling, { clock, limitMs }, () => 'the media socket was not opened');
      return {
        phone: call,
        recordNow: () => api.find<CallRecord>(`/calls/${call.callSid}`),
        record: () => endedRecord<CallRecord>(api, call.callSid, clock),
        // Its model streams and its log are its own.
        leftOpen: async () => [],
        prompts: () => [],
        histories: () => [],
        logLines: () => [],
      };
    },
  };
}
