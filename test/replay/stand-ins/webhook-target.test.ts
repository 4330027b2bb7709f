import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { servicesSchema } from '../../../src/replay/fixture/services.js';
import { replay } from '../../../src/replay/runner.js';
import { webhookTarget } from '../../../src/replay/stand-ins/webhook-target.js';
import { scriptExpecting } from '../calls.js';

const LIMIT_MS = 300;

/** A webhook that answers with this TwiML, or never. */
async function webhook(twiml: (url: string) => string | undefined): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    const body = twiml(`http://${request.headers.host}${request.url}`);
    if (body !== undefined) response.writeHead(200, { 'Content-Type': 'text/xml' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/voice`;
}

async function failuresAt(url: string) {
  const call = { ...scriptExpecting('{}'), timeout: LIMIT_MS };
  const fixture = {
    name: 'call',
    dir: '',
    call,
    agent: undefined,
    model: undefined,
    services: servicesSchema.parse({}),
    recordings: new Map(),
    notes: [],
  };
  const { failures } = await replay(fixture, webhookTarget({ url, authToken: null }));
  return failures;
}

it('a webhook that lets the caller wait before it connects is given up in the time of the call, and that is said', async () => {
  const url = await webhook(
    () => '<Response><Pause length="600"/><Connect><Stream url="wss://x/"/></Connect></Response>',
  );

  expect(await failuresAt(url)).toEqual([
    {
      field: 'call',
      message: `could not be replayed: no media stream after ${LIMIT_MS} ms: the TwiML was <Pause> <Connect>`,
      atMs: LIMIT_MS,
    },
  ]);
});

it('a webhook that leads from pause to pause is given up as well', async () => {
  const url = await webhook(
    (self) => `<Response><Pause length="0"/><Pause length="1"/><Redirect>${self}</Redirect></Response>`,
  );

  expect(await failuresAt(url)).toMatchObject([
    { field: 'call', message: expect.stringMatching(/no media stream after 300 ms/), atMs: LIMIT_MS },
  ]);
});

it('a webhook that never answers is given up before the carrier would give it up', async () => {
  const url = await webhook(() => undefined);

  expect(await failuresAt(url)).toMatchObject([
    { field: 'call', message: expect.stringMatching(/after 300 ms: the webhook gave no TwiML/), atMs: LIMIT_MS },
  ]);
});

it('a webhook that redirects to itself without end is a call that was lost, with its reason and time', async () => {
  const url = await webhook((self) => `<Response><Redirect>${self}</Redirect></Response>`);
  const call = { ...scriptExpecting('{}'), timeout: 20_000 };
  const fixture = {
    name: 'call',
    dir: '',
    call,
    agent: undefined,
    model: undefined,
    services: servicesSchema.parse({}),
    recordings: new Map(),
    notes: [],
  };

  const { failures } = await replay(fixture, webhookTarget({ url, authToken: null }));

  expect(failures[0]).toMatchObject({ field: 'caller', atMs: expect.any(Number) });
  expect(failures[0]?.message).toMatch(/more than 100 TwiML documents in one call/);
});
