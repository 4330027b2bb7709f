import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AwsPlace } from '../aws.js';
import { realClock } from '../clock.js';
import { startAgentCore } from '../emulator/agentcore/server.js';
import { answerPieces, parseAsk } from './tool-ask.js';
import type { ToolRecorder } from './tool-recorder.js';

/** The agent that the bridge asks. */
export const AGENT_ARN = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/bench-Ab12Cd34Ef';
/** The same agent for the control, which signs nothing: its requests carry a token. */
const CONTROL_ARN = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/control-Ab12Cd34Ef';
const CONTROL_SESSION = 'control-session-of-at-least-33-characters';

export interface AgentService {
  place: AwsPlace;
  /** Asks as directly as can be, on connections kept open; answers the words. */
  ask(prompt: string): Promise<string>;
  close(): Promise<void>;
}

/**
 * AgentCore's stand-in with an agent that takes as long as it is told. The service has a request when its last byte is there: that it
 * looks at the signature then is its own time. An answer is out of its hands before it writes the end of it: that counts as the bridge's.
 */
export async function startAgentService(recorder: ToolRecorder, now: () => number): Promise<AgentService> {
  const answer = (payload: unknown, { receivedMs }: { receivedMs: number }) => {
    const ask = parseAsk((payload as { prompt?: unknown }).prompt);
    if (!ask) return { error: { status: 400, message: 'not a question of the bench' } };
    const { id, tookMs } = ask;
    const pieces = answerPieces(ask);
    recorder.requested(id, receivedMs);
    async function* body() {
      const [first, ...rest] = pieces;
      yield `data: ${JSON.stringify(first)}\n\n`;
      await new Promise((resolve) => setTimeout(resolve, tookMs));
      for (const piece of rest) yield `data: ${JSON.stringify(piece)}\n\n`;
      recorder.answered(id, now());
    }
    return { raw: { status: 200, contentType: 'text/event-stream', body: body() } };
  };
  const emulator = await startAgentCore({
    clock: { ...realClock(), now },
    runtimes: [
      { arn: AGENT_ARN, answer },
      { arn: CONTROL_ARN, auth: 'jwt', answer },
    ],
    issuers: [{ accepts: () => true }],
  });
  const { url, region, credentials } = emulator;
  const agent = new Agent({ keepAlive: true });
  const headers = {
    Authorization: 'Bearer control',
    'Content-Type': 'application/json',
    'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id': CONTROL_SESSION,
  };
  return {
    place: { endpoint: url, region, credentials },
    ask: (prompt) =>
      new Promise((resolve, reject) => {
        const address = `${url}/runtimes/${encodeURIComponent(CONTROL_ARN)}/invocations`;
        const sent = request(address, { method: 'POST', headers, agent }, async (response) => {
          const events = await text(response);
          const words = [...events.matchAll(/^data: (.*)$/gm)].map(([, json = '""']) => String(JSON.parse(json)));
          if (response.statusCode === 200) resolve(words.join(''));
          else reject(new Error(`the agent answered ${response.statusCode}: ${events}`));
        });
        sent.on('error', reject);
        sent.end(JSON.stringify({ prompt }));
      }),
    async close() {
      agent.destroy();
      await emulator.close();
    },
  };
}
