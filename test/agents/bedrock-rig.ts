import { type BedrockAgents, bedrockAgents, type DoWanted } from '../../src/agents/bedrock-agents.js';
import { FakeClock } from '../../src/clock.js';
import type { AgentAnswer, AgentScript } from '../../src/emulator/bedrock-agents/script.js';
import { startBedrockAgents } from '../../src/emulator/bedrock-agents/server.js';
import { type Answer, CALL_SID, closedAfterTests, listeningLog, placeOf, startPlainServer } from './rig.js';

export const AGENT = { agentId: 'ORDERS0001', agentAliasId: 'TSTALIASID' };
const ATTRIBUTES = { caller: '+14155550100' };
export const CANCEL = {
  functionInvocationInput: {
    actionGroup: 'orders',
    function: 'cancel_order',
    parameters: [{ name: 'order', type: 'string', value: '42' }],
  },
};

/** Agents of the local stand-in, or of a plain server; everything is closed after the test. */
export function bedrockAgentsForTests() {
  const open = closedAfterTests();

  function agentsAt(url: string, { doWanted }: { doWanted?: DoWanted } = {}) {
    const clock = new FakeClock();
    const { lines, log } = listeningLog();
    const agents: BedrockAgents = bedrockAgents({ place: placeOf(url), clock, log });
    const hangUp = new AbortController();
    const context = {
      sessionId: CALL_SID,
      signal: hangUp.signal,
      attributes: ATTRIBUTES,
      ...(doWanted && { doWanted }),
    };
    open.push(agents);
    return { agents, clock, lines, hangUp, context };
  }

  /** An agent of the local stand-in. */
  async function rig(answer: AgentScript['answer'] | AgentAnswer, options: { doWanted?: DoWanted } = {}) {
    const script = { ...AGENT, name: 'orders', answer: typeof answer === 'function' ? answer : () => answer };
    const service = await startBedrockAgents({ agents: [script] });
    open.push(service);
    return { service, ...agentsAt(service.url, options) };
  }

  /** An end point that gives what the service never would. */
  async function plainRig(answer: Answer) {
    const server = await startPlainServer(answer);
    open.push(server);
    return { server, ...agentsAt(server.url) };
  }

  return { agentsAt, rig, plainRig, open };
}
