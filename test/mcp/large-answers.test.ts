import { describe, expect, it } from 'vitest';
import { shortened } from '../../src/mcp/shortened-body.js';
import { spokenSize } from '../../src/tools/spoken-size.js';
import { inputSchema, rig, text } from './rig.js';

const ORDERS = Array.from({ length: 15_000 }, (_, id) => ({ id, state: 'shipped', note: 'at the "door"' }));
const sized = (name: string, result: { content: object[]; structuredContent?: object }) => ({
  ...{ name, inputSchema },
  answer: () => result,
});

describe.each(['json', 'sse'] as const)('an answer of nearly 1 MB in %s', (answers) => {
  it('is cut to what can be spoken, and says truly how much is missing', async () => {
    const { call } = await rig({
      answers,
      tools: [
        sized('structured', { content: [], structuredContent: { orders: ORDERS, total: ORDERS.length } }),
        sized('blocks', { content: ORDERS.slice(0, 9000).map((order) => text(JSON.stringify(order))) }),
      ],
    });

    const structured = await call('structured');
    const orders = structured.output.orders as unknown[];
    expect(orders.slice(0, 50)).toEqual(ORDERS.slice(0, 50));
    expect(orders.at(-1)).toBe(`(${ORDERS.length - orders.length + 1} more left out)`);
    expect(structured.output.total).toBe(ORDERS.length);
    const spoken = spokenSize(structured.output).orders as unknown[];
    expect(spoken.at(-1)).toBe(`(${ORDERS.length - spoken.length + 1} more left out)`);

    const lines = String((await call('blocks')).output.text).split('\n');
    expect(lines[0]).toBe(JSON.stringify(ORDERS[0]));
    expect(lines.at(-1)).toBe(`(${9000 - lines.length + 1} more left out)`);
  });
});

describe('a body on its way to the parser', () => {
  const through = async (isStream: boolean, body: string, pieceLength: number) => {
    const pieces = Array.from({ length: Math.ceil(body.length / pieceLength) }, (_, index) =>
      Buffer.from(body.slice(index * pieceLength, (index + 1) * pieceLength)),
    );
    return new Response(new Blob(pieces).stream().pipeThrough(shortened(isStream))).text();
  };

  it.each([
    ['JSON', false, '{"jsonrpc":"2.0","id":1,"result":{}}'],
    ['an event stream', true, 'id: 7\r\nevent: message\r\ndata: {"a":"Größe"}\r\n\r\n: note\n\ndata: 1\ndata: 2\n\n'],
    ['an event stream without its end', true, 'event: message\ndata: {"a":1}'],
  ])('stays as it is when it is small: %s', async (_what, isStream, body) => {
    for (const pieceLength of [1, 3, 1000]) expect(await through(isStream, body, pieceLength)).toBe(body);
  });

  it('loses of an event only what nobody would read', async () => {
    const message = { result: { content: [text('x'.repeat(500_000))] } };
    const body = `id: 7\ndata: ${JSON.stringify(message)}\n\ndata: {"b":2}\n\n`;
    expect(await through(true, body, 10_000)).toBe(
      `id: 7\ndata:${JSON.stringify({ result: { content: [text('x'.repeat(16_384))] } })}\n\ndata: {"b":2}\n\n`,
    );
  });

  it('is empty when something large is no JSON', async () => {
    expect(await through(false, 'x'.repeat(50_000), 10_000)).toBe('');
  });

  it('leaves audio its turn', async () => {
    let turnCount = 0;
    let isOver = false;
    const turn = () => {
      turnCount++;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    const pieces = Array.from({ length: 60 }, () => Buffer.from(' '.repeat(16_384)));
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of pieces) controller.enqueue(piece);
        controller.close();
      },
    });
    await new Response(body.pipeThrough(shortened(false))).text();
    isOver = true;

    expect(turnCount).toBeGreaterThanOrEqual(pieces.length);
  });
});
