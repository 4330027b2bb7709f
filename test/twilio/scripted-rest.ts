import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { twilioClient } from '../../src/twilio/rest.js';

export const ACCOUNT = { accountSid: `AC${'1'.repeat(32)}`, authToken: 'a-token-that-nobody-may-see' };

export interface Asked {
  method: string;
  /** Below the account, without `.json`: `Calls/CA1`. */
  path: string;
  /** Of query and body; a name that comes more than once holds all its values. */
  params: Record<string, string | string[]>;
}

/** Something on the network that answers as a test says, for as long as the test runs. */
export async function place(answer: RequestListener): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

/** A client whose every request a test answers; for what the stand-in of Twilio cannot be brought to. */
export async function scriptedRest(script: (asked: Asked) => { status?: number; body: unknown }) {
  const asked: Asked[] = [];
  const { url } = await place((request, response) => {
    let text = '';
    request.on('data', (piece) => {
      text += piece;
    });
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://rest');
      const one: Asked = {
        method: request.method ?? '',
        path: pathname.replace(`/2010-04-01/Accounts/${ACCOUNT.accountSid}/`, '').replace(/\.json$/, ''),
        params: paramsOf([...searchParams, ...new URLSearchParams(text)]),
      };
      asked.push(one);
      const { status = 200, body } = script(one);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  return { asked, client: twilioClient({ ...ACCOUNT, apiUrl: url }) };
}

export function problem(status: number, code: number, message: string) {
  return { status, body: { status, code, message, more_info: `https://www.twilio.com/docs/errors/${code}` } };
}

function paramsOf(entries: [string, string][]): Asked['params'] {
  const params: Asked['params'] = {};
  for (const [name, value] of entries) {
    const before = params[name];
    params[name] = before === undefined ? value : [before, value].flat();
  }
  return params;
}
