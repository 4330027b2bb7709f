import { expect, it } from 'vitest';
import { startAgentCore } from '../../src/emulator/agentcore/server.js';
import { parseModelScript } from '../../src/emulator/bedrock/script.js';
import { startBedrock } from '../../src/emulator/bedrock/server.js';
import { createPhone } from '../../src/emulator/phone/phone.js';
import { steadyClock } from '../../src/replay/stack/steady-clock.js';
import { AUTH_TOKEN, CALLER, NUMBER, PUBLIC_URL, startBridge } from '../wire/bridge.js';
import { SPEECH_DIR } from '../wire/places.js';
import { SPEED } from '../wire/stack.js';
import { startCollector } from './collector.js';

const ARN = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/orders-Ab12Cd34Ef';
const ORDERS = { kind: 'agentcore', name: 'orders', description: 'Knows orders.', agentRuntimeArn: ARN };
const END_CALL = { kind: 'hang-up', name: 'end_call', description: 'Ends the call.' };
const SCRIPT = `
turns:
  - text: greet
    sayFirst: Hello
    call: { orders: { prompt: Where is the order? } }
    say: Thank you
  - hear: go forward ten meters
    sayFirst: Goodbye
    call: { end_call: {} }
`;

it('a call is one trace at the collector when the bridge has closed, and the agent it asked belongs to it', async () => {
  const collector = await startCollector();
  const asked: (string | undefined)[] = [];
  const agentCore = await startAgentCore({
    runtimes: [
      {
        arn: ARN,
        answer(_payload, { headers }) {
          asked.push(headers.traceparent as string | undefined);
          return { json: { answer: 'On its way.' } };
        },
      },
    ],
  });
  const clock = steadyClock({ speed: SPEED });
  const bedrock = await startBedrock({ clock, endpointingMs: 500, delivery: { burst: 0 } });
  bedrock.use(parseModelScript(SCRIPT, { dir: SPEECH_DIR }));
  const bridge = await startBridge({
    clock,
    bedrock: { endpoint: bedrock.url, credentials: bedrock.credentials },
    places: { agentCore: { endpoint: agentCore.url, credentials: agentCore.credentials } },
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, INSTANCE_URL: 'http://10.0.0.7:3000' },
  });
  await bridge.assign({ greeting: 'Greet the caller with: Hello', tools: [ORDERS, END_CALL] });
  const account = { accountSid: `AC${'0'.repeat(32)}`, authToken: AUTH_TOKEN };
  const phone = createPhone({ bridgeUrl: bridge.base, publicUrl: PUBLIC_URL, ...account, clock, seed: 7 });

  const phoneCall = await phone.call({ from: CALLER, to: NUMBER });
  const { callSid } = phoneCall;
  await bridge.when(() =>
    bridge.events.find((each) => each.kind === 'turnChanged' && 'heardText' in each.turn && each.turn.heardMs > 0),
  );
  await phoneCall.say(`${SPEECH_DIR}/goforward.wav`);
  await phoneCall.ended;
  await bridge.fact(callSid, 'ended');
  await bridge.close();

  const spans = collector.spans();
  const top = spans.find((span) => span.name === 'call')!;
  const tool = spans.find((span) => span.name === 'execute_tool orders')!;
  const children = spans.filter((span) => span !== top);
  expect(children.every((span) => span.parentSpanId === top.spanId && span.traceId === top.traceId)).toBe(true);
  expect(new Set(spans.map((span) => span.name))).toEqual(
    new Set([
      'call',
      'generate_content amazon.nova-2-sonic-v1:0',
      'agent turn',
      'caller turn',
      'execute_tool orders',
      'execute_tool end_call',
    ]),
  );
  expect(children.every((span) => span.startMs >= top.startMs && span.endMs <= top.endMs + 1)).toBe(true);
  expect(spans.map((span) => span.error)).toEqual(spans.map(() => undefined));
  expect(spans.every((span) => span.attributes['gen_ai.conversation.id'] === callSid)).toBe(true);
  expect(asked.filter((header) => header !== undefined)).toEqual([`00-${tool.traceId}-${tool.spanId}-01`]);
  expect(collector.resources()[0]).toMatchObject({ 'service.instance.id': 'http://10.0.0.7:3000' });

  await agentCore.close();
  await bedrock.close();
  clock.stop();
  await collector.close();
});
